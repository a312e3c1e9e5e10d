"""The chapters of the grammar: Markdown in which `{{…}}` stands for forms that the engine makes.

    {{house.P.l}}              in a line: the form, in italics
    {{house.P.l:gloss}}        the form with its morphemes parted, in italics
    {{English. | spec}}        alone on a line: a numbered glossed example, a block quote of words, glosses, translation
    {{label: English. | spec}} the same; {{ref label}} elsewhere in the chapter gives its number

Everything else is copied.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from benchmarks.samplelang.lexicon import Lexicon
from benchmarks.samplelang.morphology import FeatureError
from benchmarks.samplelang.realise import Realised, SpecError, curly, realise, word

_EXAMPLE = re.compile(r"^\{\{(?:(?P<label>[a-z-]+): )?(?P<english>[^{}|]+)\|(?P<spec>[^{}|]+)\}\}$", re.MULTILINE)
_INLINE = re.compile(r"\{\{(?P<spec>[^{}|]+)\}\}")


def examples(text: str) -> Iterator[tuple[str, str, str]]:
    """Return label, English and specification of every glossed example in a template."""
    for found in _EXAMPLE.finditer(text):
        yield found["label"] or "", curly(found["english"].strip()), found["spec"].strip()


def render(lexicon: Lexicon, template: Path) -> str:
    """Return the chapter that a template stands for. Raises SpecError, naming the template."""
    text = template.read_text(encoding="utf-8")
    chapter = int(template.name.split("-")[0])
    numbers = {label: f"({chapter}.{n})" for n, (label, _, _) in enumerate(examples(text), start=1) if label}
    count = iter(range(1, 1000))
    try:
        text = _EXAMPLE.sub(lambda found: _block(lexicon, f"({chapter}.{next(count)})", found), text)
        return _INLINE.sub(lambda found: _inline(lexicon, found["spec"], numbers), text)
    except (FeatureError, KeyError) as error:
        raise SpecError(f"{template.name}: {error}") from error


def _block(lexicon: Lexicon, number: str, found: re.Match[str]) -> str:
    english = curly(found["english"].strip())
    made = realise(lexicon, found["spec"].strip(), english)
    return block(number, made, english)


def block(number: str, made: Realised, english: str) -> str:
    """Return a glossed example as a Markdown block quote.

    >>> print(block("(1.2)", Realised("Nokam.", ("Nok-am.",), ("horse-1SG.POSS",)), "My horse."))
    > (1.2) Nok-am.
    > horse-1SG.POSS
    > 'My horse.'
    """
    return f"> {number} {' '.join(made.words)}\n> {' '.join(made.glosses)}\n> '{english}'"


def _inline(lexicon: Lexicon, spec: str, numbers: dict[str, str]) -> str:
    if spec.startswith("ref "):
        return numbers[spec.removeprefix("ref ")]
    name, _, wanted = spec.partition(":")
    if name.startswith("stem "):
        return f"*{lexicon.stem(name.removeprefix('stem ')).form}*"
    morphs = word(lexicon, name).morphs
    return f"*{''.join(m.mark + m.form if wanted else m.form for m in morphs)}*"
