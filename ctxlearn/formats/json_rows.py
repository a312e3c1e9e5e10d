"""Rows from JSON and JSON Lines, each with the line that it begins on.

    [{…}, {…}]                       a list of objects: an object is a row
    {"a": […], "b": […]}             columns, where the source's required columns are among the names
    {"name": [{…}, {…}], …}          tables by name; `tables` in corpus.toml says which
    {"word": "gloss", …}             rows keyed by headword: a text is the gloss,
    {"word": ["n", "gloss"], …}      a list's values are the columns "0", "1", …, an object's its own;
    {"name": {"word": …}, …}         and tables of such rows by name

An object in a cell is flattened: `{"translation": {"kgv": …}}` is the column `translation.kgv`. Numbers are kept as
written.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from itertools import zip_longest
from typing import Any

from ctxlearn.errors import FormatError
from ctxlearn.formats.base import Options
from ctxlearn.formats.delimited import Broken

Cell = str | tuple[str, ...]
Cells = dict[str, Cell]
Found = Iterator[tuple[int, Cells | Broken]]  # a line and the row that begins on it

_DECODER = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=str)
_BLANK = re.compile(r"[ \t\n\r]*")
_SURROGATE = re.compile("[\ud800-\udfff]")
_REQUIRED = {"dictionary": ("headword", "gloss")}


def json_line_rows(text: str) -> Found:
    """Yield the rows of JSON Lines; a line that is not a JSON object is broken."""
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield number, _line_row(line)


def _line_row(line: str) -> Cells | Broken:
    try:
        return _row(_DECODER.decode(line))
    except json.JSONDecodeError as error:
        return Broken(line, f"not JSON: {error.msg} at character {error.colno}")
    except RecursionError:
        return Broken(line, "nested too deeply to be a row")


def json_rows(text: str, place: str, options: Options) -> list[tuple[int, Cells | Broken]]:
    """Return the rows of a JSON file; `place` is how errors name it. Raises FormatError."""
    try:
        value = _DECODER.decode(text)
        return list(_rows(text, value, place, options))
    except json.JSONDecodeError as error:
        if error.msg == "Extra data" and not isinstance(_line_row(text.lstrip().split("\n", 1)[0]), Broken):
            return list(json_line_rows(text))  # JSON Lines under the name of JSON
        line = error.doc.split("\n")[error.lineno - 1]
        message = f"not JSON: {error.msg[:1].lower()}{error.msg[1:]}"
        raise FormatError(message, path=place, line=error.lineno, text=line, column=error.colno - 1) from error
    except RecursionError as error:
        raise FormatError("nested too deeply to be a table", path=place) from error


def _rows(text: str, value: Any, place: str, options: Options) -> Found:
    line_of = _line_counter(text)
    start = _after_blank(text, 0)
    if isinstance(value, list) and not options.tables:
        return _objects(text, start, line_of)
    if not isinstance(value, dict):
        raise FormatError(f"expected a list of objects or an object, found {_describe(value)}", path=place)
    if options.tables:
        return _tables(text, value, place, line_of, options)
    if (found := _whole(text, start, value, line_of, options)) is not None:
        return found
    lists = [name for name, member in value.items() if isinstance(member, list) and _holds_objects(member)]
    if len(lists) == 1:
        return _tables(text, value, place, line_of, options, (lists[0],))
    raise FormatError(f"which of its tables? {_remedy(value)}", path=place)


def _tables(
    text: str,
    value: Mapping[str, Any],
    place: str,
    line_of: Callable[[int], int],
    options: Options,
    wanted: tuple[str, ...] = (),
) -> Found:
    """Yield the rows of the members that are named, in the file's order."""
    wanted = wanted or options.tables
    for name in wanted:
        if name not in value:
            raise FormatError(f"no table {name!r}; {_remedy(value)}", path=place)
    for start, name, member in _members(text, _after_blank(text, 0)):
        if name not in wanted:
            continue
        if isinstance(member, list):
            yield from _objects(text, start, line_of)
        elif isinstance(member, dict):
            yield from _whole(text, start, member, line_of, options) or _keyed(text, start, line_of, options)
        else:
            raise FormatError(f"expected {name!r} to be a table, found {_describe(member)}", path=place)


def _remedy(value: Mapping[str, Any]) -> str:
    names = list(value)[:6]
    shown = ", ".join(map(repr, names)) + (", …" if len(value) > len(names) else "")
    example = names[0] if names else "…"
    return f'the object holds {shown or "nothing"}; name those to read in corpus.toml: tables = ["{example}"]'


def _whole(
    text: str, start: int, value: Mapping[str, Any], line_of: Callable[[int], int], options: Options
) -> Found | None:
    """Return the rows of an object that is itself a table, by columns or keyed by headword; None when it is not."""
    needed = _REQUIRED.get(options.kind, (options.language.code,))
    if all(isinstance(value.get(options.columns.get(name, name)), list) for name in needed):
        return _columns(text, start, line_of)
    gloss = options.columns.get("gloss", "gloss")
    if all(isinstance(m, str) or _is_plain_list(m) or (isinstance(m, dict) and gloss in m) for m in value.values()):
        return _keyed(text, start, line_of, options)
    return None


def _objects(text: str, start: int, line_of: Callable[[int], int]) -> Found:
    for position, value in _items(text, start):
        yield line_of(position), _row(value)


def _columns(text: str, start: int, line_of: Callable[[int], int]) -> Found:
    """Yield rows from columns; a row's line is where the first column has it, or ends."""
    found = [(at, name, value) for at, name, value in _members(text, start) if isinstance(value, list)]
    lines = [line_of(position) for position, _ in _items(text, found[0][0])] or [line_of(start)]
    names = [name for _, name, _ in found]
    across: Iterator[tuple[Any, ...]] = zip_longest(*(value for _, _, value in found), fillvalue="")
    for number, values in enumerate(across):
        yield lines[min(number, len(lines) - 1)], _row(dict(zip(names, values, strict=True)))


def _keyed(text: str, start: int, line_of: Callable[[int], int], options: Options) -> Found:
    for position, word, value in _members(text, start):
        if isinstance(value, list):
            value = {str(place): part for place, part in enumerate(value)}
        elif not isinstance(value, dict):
            value = {options.columns.get("gloss", "gloss"): value}
        yield line_of(position), _row({"headword": word, **value})


def _row(value: Any) -> Cells | Broken:
    """Return an object's cells; what is neither a text nor a list of texts stands under dotted names, or nowhere."""
    if not isinstance(value, dict):
        return Broken(str(value)[:60], f"expected an object, found {_describe(value)}")
    cells: Cells = {}
    for name, part in value.items():
        if isinstance(part, dict):
            inner = _row(part)
            if not isinstance(inner, Broken):
                cells |= {f"{_clean(name)}.{key}": cell for key, cell in inner.items()}
        else:
            cells[_clean(name)] = _cell(part)
    return cells


def _cell(value: Any) -> Cell:
    if isinstance(value, list):
        return tuple(_scalar(part) for part in value if not isinstance(part, (list, dict)) and part is not None)
    return _scalar(value)


def _scalar(value: Any) -> str:
    if value is None:
        return ""
    return _clean(value) if isinstance(value, str) else json.dumps(value)


def _clean(text: str) -> str:
    r"""Return `text` with halves of surrogate pairs (`"\ud800"`), which no file can hold, replaced by U+FFFD."""
    return _SURROGATE.sub("\ufffd", text)


def _is_plain_list(value: Any) -> bool:
    return isinstance(value, list) and not any(isinstance(part, (list, dict)) for part in value)


def _holds_objects(value: list[Any]) -> bool:
    return bool(value) and all(isinstance(part, dict) for part in value)


def _describe(value: Any) -> str:
    """Return what a person calls a JSON value.

    >>> _describe(["a"])
    'a list'
    """
    names = {dict: "an object", list: "a list", str: "a text", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")


# The decoder tells no positions; these walk a text that was decoded once already, so it is known to be well-formed.


def _line_counter(text: str) -> Callable[[int], int]:
    ends = [match.start() for match in re.finditer("\n", text)]
    return lambda position: bisect_left(ends, position) + 1


def _after_blank(text: str, position: int) -> int:
    match = _BLANK.match(text, position)
    return match.end() if match else position


def _items(text: str, start: int) -> Iterator[tuple[int, Any]]:
    """Yield the values of the array that begins at `start`, each with its position."""
    position = _after_blank(text, start + 1)
    while text[position] != "]":
        value, end = _DECODER.raw_decode(text, position)
        yield position, value
        position = _after_next(text, end)


def _members(text: str, start: int) -> Iterator[tuple[int, str, Any]]:
    """Yield the members of the object that begins at `start`, each with the position of its value."""
    position = _after_blank(text, start + 1)
    while text[position] != "}":
        name, end = _DECODER.raw_decode(text, position)
        begin = _after_blank(text, _after_blank(text, end) + 1)
        value, end = _DECODER.raw_decode(text, begin)
        yield begin, name, value
        position = _after_next(text, end)


def _after_next(text: str, position: int) -> int:
    """Return where the next value begins, past a comma, or where the closing bracket stands."""
    position = _after_blank(text, position)
    return _after_blank(text, position + 1) if text[position] == "," else position
