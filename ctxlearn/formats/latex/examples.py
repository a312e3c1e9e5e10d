"""Examples: numbered sentences with their interlinear lines, of gb4e, langsci-gb4e, linguex and expex.

    exe   ::= (\\ex ["[" judgement "]"] item | \\exi{label} item | \\sn item)*
    item  ::= text | gloss | xlist | table ...            xlist ::= as exe, lettered a, b …, within it i, ii …
    gloss ::= (\\gll line \\\\ line | \\glll line \\\\ line \\\\ line) \\\\ \\glt translation [\\jambox*{source}]
    expex ::= \\ex item \\xe | \\pex (\\a item)* \\xe     its gloss ::= \\begingl \\gla … // \\glb … // \\glft … // \\endgl
    linguex ::= (\\ex. | \\a. | \\b.) text | (\\exg. | \\ag. | \\bg.) line \\\\ line \\\\ translation

A text without glosses becomes a paragraph that begins with its number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from ctxlearn.data import Example, clean
from ctxlearn.formats.latex import commands
from ctxlearn.formats.latex.book import Book, roman
from ctxlearn.formats.latex.glosses import Lines, arrange, translation, words
from ctxlearn.formats.latex.inline import Inline
from ctxlearn.formats.latex.references import Target
from ctxlearn.formats.latex.tables import is_list, items, rows
from ctxlearn.formats.latex.tokens import Node
from ctxlearn.formats.latex.tree import EXAMPLES
from ctxlearn.formats.latex.walk import Walk
from ctxlearn.igt import surface

_GLOSS_LINES = {"gll": 2, "glll": 3, "gllll": 4, "glx": 2, "gls": 2, "gl": 1, "glllll": 5}
_TRANSLATIONS = frozenset(("glt", "trans", "glft", "tr", "mytrans", "glend"))
_SOURCES = frozenset(("jambox", "hfillcite", "source", "jamboxx"))
_EX = frozenset(("ex", "exi", "exr", "exp", "sn", "pex", "a", "exg", "exig", "sub", "subg"))
EXAMPLE_ENVIRONMENTS = EXAMPLES | {"expex", "linguex", "gl"}
_LINGUEX_SUB = frozenset("a b c d e f ag bg cg dg eg fg".split())


@dataclass(frozen=True, slots=True)
class _Item:
    """One `\\ex` with what belongs to it; without one (`command` empty) what stands before the first."""

    command: str
    line: int
    nodes: Sequence[Node]


@dataclass(slots=True)
class _Found:
    """What has been read of a glossed example."""

    lines: list[list[str]]
    translation: str = ""
    source: str = ""
    said: bool = False  # whether a translation line was there


class Examples:
    """Reads the example environments of one book into blocks."""

    def __init__(self, book: Book, inline: Inline, other: Callable[[Node], None]) -> None:
        self.book = book
        self.inline = inline
        self.other = other  # what to do with an environment that is no example

    def environment(self, env: Node, parent: str = "", depth: int = 0) -> None:
        """Read one example environment; `parent` is the number of the example it is part of."""
        before = self.book.here
        count = 0
        for item in self._items(env):
            if not item.command and not parent:
                self.book.here = Target("example", self.book.counters.upcoming("example"))
            walk = Walk(item.nodes)
            label = ""
            if item.command in ("exi", "exr", "exp", "exig"):
                label = self.inline.line(walk.argument(), "plain").strip("().")
            elif item.command in ("ex", "exg", "a", "pex", "sub", "subg"):
                count += 1
            number = self._number(item.command, parent, depth, count, label)
            if item.command:
                self.book.here = Target("example", number)
            self._item(walk, item, number, depth)
            if parent:
                self.book.here = Target("example", parent)
        if not parent:
            self._leave(before)

    def _leave(self, before: Target) -> None:
        """After the environment a label still names its last example, as in LaTeX, until the text goes on."""
        self.book.here = before

    def _number(self, command: str, parent: str, depth: int, count: int, label: str) -> str:
        if label:
            return f"{parent} {label}".strip()
        if not command or command == "sn":
            return parent
        if not parent:
            return self.book.counters.next("example")
        if depth == 1:
            return parent + (chr(ord("a") + count - 1) if count <= 26 else f"-{count}")
        return f"{parent}.{roman(count)}"

    # Items.

    def _items(self, env: Node) -> Iterator[_Item]:
        walk = Walk(list(_flat(env.children)))
        walk.option()
        command, line, nodes = "", env.line, list[Node]()
        linguex = env.text == "linguex"
        while (node := walk.take()) is not None:
            starts = _starts(node, walk, linguex, env.text == "expex")
            if starts:
                yield from self._begun(command, line, nodes)
                command, line, nodes = starts, node.line, []
            else:
                nodes.append(node)
        yield from self._begun(command, line, nodes)

    def _begun(self, command: str, line: int, nodes: list[Node]) -> Iterator[_Item]:
        if command or any(node.kind != "text" and node.kind != "par" or node.text.strip() for node in nodes):
            yield _Item(command, line, nodes)

    def _item(self, walk: Walk, item: _Item, number: str, depth: int) -> None:
        judgement = ""
        if item.command.startswith(("ex", "pex", "a", "sub")):
            walk.skip_blanks()
            option = walk.option()
            judgement = self.inline.line(option, "plain") if option else ""
            judgement = judgement if judgement and not judgement.strip("*?#%!✓ ()°†") else ""
        if item.command in ("exg", "exig", "subg"):
            self._gloss(walk, 2, number, judgement, item.line, bare=True)
            return
        text: list[Node] = []
        shown: list[str] = []
        line = item.line

        def flush() -> None:
            shown.extend(self._text_lines(text))
            if any(shown):
                prefix = f"({number}) {judgement}" if number else judgement
                self.book.paragraph([prefix + shown[0], *shown[1:]], line, "numbered paragraphs")
            text.clear()
            shown.clear()
            self.follow(line)

        while (node := walk.take()) is not None:
            if node.kind == "cmd" and node.text in _GLOSS_LINES:
                flush()
                self._gloss(walk, _GLOSS_LINES[node.text], number, judgement, node.line)
            elif node.kind == "env" and self._part(node, shown, text):
                continue
            elif node.kind == "env" and node.text != "footnotesize":
                flush()
                self._inner(node, number, depth)
            elif node.kind == "cmd" and node.text in _TRANSLATIONS:
                text.append(Node("break", "", node.line))
            elif node.kind == "cmd" and node.text == "label":
                self.inline.text((node, Node("group", "", node.line, tuple(walk.argument()))))
            else:
                text.append(node)
        flush()

    def _part(self, node: Node, shown: list[str], text: list[Node]) -> bool:
        """Take a table or list into the text of an item; False when the environment stands by itself."""
        if node.text not in commands.TABLES and not is_list(node):
            return False
        shown.extend(self._text_lines(text))
        text.clear()
        shown.extend(items(self.inline, node) if is_list(node) else rows(self.inline, node))
        return True

    def _inner(self, node: Node, number: str, depth: int) -> None:
        if node.text == "gl":
            self._expex_gloss(node, number)
        elif node.text in EXAMPLES or node.text in ("expex", "linguex"):
            self.environment(node, number, depth + 1)
        else:
            self.other(node)

    def _text_lines(self, nodes: Sequence[Node]) -> list[str]:
        kept = [node if node.kind != "par" else Node("break", "", node.line) for node in nodes]
        text = self.inline.text(_without_sources(kept))
        return [line for line in map(clean, text.split("\n")) if line]

    # Glosses.

    def _gloss(self, walk: Walk, count: int, number: str, judgement: str, line: int, bare: bool = False) -> None:
        found = _Found([])
        current: list[Node] = []
        while len(found.lines) < count and (node := walk.take()) is not None:
            if node.kind == "break":
                found.lines.append(self._words(current, found))
                current = []
            elif (node.kind == "cmd" and (node.text in _TRANSLATIONS or node.text in _GLOSS_LINES)) or (
                node.kind == "env" and node.text in EXAMPLES
            ):
                walk.at -= 1
                break
            else:
                current.append(node)
        if current:
            found.lines.append(self._words(current, found))
        found.lines = [row for row in found.lines if row]
        self._translation(walk, found, bare)
        self._emit(found, number, judgement, line)

    def _words(self, nodes: Sequence[Node], found: _Found) -> list[str]:
        walk = Walk(nodes)
        rest: list[Node] = []
        while (node := walk.take()) is not None:
            if node.kind == "cmd" and node.text.rstrip("*") in _SOURCES:
                found.source = self._source(walk)
            elif node.kind == "cmd" and node.text == "label":
                self.inline.text((node, Node("group", "", node.line, tuple(walk.argument()))))
            else:
                rest.append(node)
        return words(self.inline, rest)

    def _source(self, walk: Walk) -> str:
        walk.option()
        return _unbracketed(self.inline.line(walk.argument(), "plain"))

    def _translation(self, walk: Walk, found: _Found, bare: bool) -> None:
        """Read what follows the glosses, up to the next gloss, sub-example or blank line."""
        parts: list[Node] = []
        while (node := walk.take()) is not None:
            if node.kind == "cmd" and node.text in _GLOSS_LINES:
                walk.at -= 1
                break
            if node.kind == "env" and (node.text in EXAMPLES or node.text in commands.TABLES):
                walk.at -= 1
                break
            if node.kind == "par" and (found.said or bare) and any(part.kind != "text" or part.text.strip() for part in parts):
                break
            if node.kind == "cmd" and node.text in _TRANSLATIONS:
                found.said = True
            elif node.kind == "cmd" and node.text.rstrip("*") in _SOURCES:
                found.source = "; ".join(filter(None, (found.source, self._source(walk))))
            else:
                parts.append(node)
        found.translation, source = translation(self.inline.line(parts, "plain"))
        found.source = "; ".join(filter(None, (_unbracketed(source), found.source)))

    def _expex_gloss(self, env: Node, number: str) -> None:
        found = _Found([])
        lines: dict[str, list[Node]] = {}
        name = ""
        for node in env.children:
            if node.kind == "cmd" and node.text in ("gla", "glb", "glc", "gld", "glft", "glpreamble"):
                name = node.text
                lines[name] = []
            elif name:
                lines[name].append(node)
        for name, nodes in lines.items():
            if name in ("gla", "glb", "glc", "gld"):
                row = [word for word in words(self.inline, nodes) if word != "//"]
                found.lines.append([word.removesuffix("//") for word in row])
        found.lines = [row for row in found.lines if row]
        preamble = self.inline.line(lines.get("glpreamble", ())).removesuffix("//")
        self.book.paragraph([f"({number}) {preamble}" if preamble else ""], env.line, "numbered paragraphs")
        free = self.inline.line(_without_sources(lines.get("glft", ())), "plain").removesuffix("//").strip()
        found.translation, found.source = translation(free)
        self._emit(found, number, "", env.line)

    def _emit(self, found: _Found, number: str, judgement: str, line: int) -> None:
        shown = f"({number})" if number else ""
        if not found.lines:
            self.book.omit(line, f"example {shown}".rstrip(), "its interlinear lines are empty or broken off")
            self.book.paragraph([f"{shown} {found.translation}".strip()] if found.translation else [], line)
            return
        lines = arrange(found.lines)
        if judgement:
            lines = replace(lines, judgement=judgement)
        said = clean(" ".join(lines.surface).replace("_", " ")) if lines.surface else surface(lines.words, lines.glosses)
        place = self.book.place(line)
        if len(lines.words) != len(lines.glosses) and self.book.kept:
            self.book.unequal.append(f"{shown} {place}".strip())
        self.book.example(
            Example(
                primary_text=said,
                translated_text=found.translation,
                analyzed_words=lines.words,
                glosses=lines.glosses,
                judgement=lines.judgement,
                number=shown,
                source=found.source,
                id=self.book.next_id(),
                place=place,
            )
        )
        self._further(lines, shown, line)

    def _further(self, lines: Lines, shown: str, line: int) -> None:
        for row in lines.further:
            self.book.paragraph([f"{shown} further line: {' '.join(row)}".strip()], line, "numbered paragraphs")
        self.follow(line)

    def follow(self, line: int) -> None:
        """Add the footnotes met inside an example, then the examples met inside footnotes."""
        while self.book.notes:
            self.book.paragraph([f"[fn: {self.book.notes.pop(0)}]"], line, "numbered paragraphs")
        while self.book.asides:
            aside = self.book.asides.pop(0)
            self.book.counters.in_footnote = True
            self.other(aside)
            self.book.counters.in_footnote = False


def _flat(nodes: Sequence[Node]) -> Iterator[Node]:
    """Yield nodes with the groups around whole examples opened; a footnote's group stays."""
    previous = ""
    for node in nodes:
        if node.kind == "group" and node.text == "block" and previous not in _HOLDING:
            yield from _flat(node.children)
        else:
            yield node
        if node.kind != "text" or node.text.strip():
            previous = node.text.rstrip("*") if node.kind == "cmd" else ""


_HOLDING = commands.FOOTNOTES | commands.BOLD | commands.ITALIC | {"parbox", "jambox"}


def _starts(node: Node, walk: Walk, linguex: bool, expex: bool) -> str:
    """Return the command that a node begins an item with, or `` when it begins none."""
    if node.kind != "cmd":
        return ""
    if linguex:
        following = walk.nodes[walk.at] if walk.at < len(walk.nodes) else None
        if following is None or following.kind != "text" or not following.text.startswith("."):
            return ""
        if node.text in _EX or node.text in _LINGUEX_SUB:
            walk.nodes[walk.at] = Node("text", following.text[1:], following.line)
            if node.text in _LINGUEX_SUB:
                return "subg" if len(node.text) == 2 else "sub"
            return node.text
        return ""
    if node.text == "a":
        return "sub" if expex else ""
    return node.text if node.text in _EX and node.text not in ("sub", "subg") else ""


def _without_sources(nodes: Sequence[Node]) -> list[Node]:
    """Return nodes with a `\\jambox` as plain text after a blank."""
    return [
        Node("text", " ", node.line) if node.kind == "cmd" and node.text.rstrip("*") in _SOURCES else node for node in nodes
    ]


def _unbracketed(text: str) -> str:
    """Return a source's label without the brackets around the whole of it."""
    if text[:1] + text[-1:] in ("[]", "()", "{}") and not set(text[1:-1]) & set("[](){}"):
        return text[1:-1].strip()
    return text
