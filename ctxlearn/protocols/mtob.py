"""MTOB, learning to translate a new language from one grammar book (Tanzer et al. 2024, arXiv 2309.16575).

The publications score with raw sacreBLEU chrF. The scorer released with the benchmark strips punctuation first; with it
the published figures of the human translator do not come out, without it they do (51.6 and 57.0).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ctxlearn.protocols.base import How, Protocol, Published
from scoring.bleu import BLEU
from scoring.chrf import CHRF, CHRF_PLUS_PLUS

_KE, _EK = "kgv-eng", "eng-kgv"
_W, _S, _G = "dictionary", "examples", "grammar"
_MATERIALS: dict[str, tuple[str, tuple[str, ...]]] = {
    "W": ("word list", (_W,)),
    "S": ("sentences", (_S,)),
    "WS": ("word list, sentences", (_W, _S)),
    "half": ("word list, sentences, half the book", (_W, _S, _G)),
    "full": ("word list, sentences, the book", (_W, _S, _G)),
    "half'": ("half the book", (_W, _S, _G)),
    "full'": ("the book", (_W, _S, _G)),
    "Gm": ("a sixth of the book", (_G,)),
    "Gl": ("half the book", (_G,)),
    "W2": ("per word: 2 entries", (_W,)),
    "S2": ("per word: 2 sentences", (_S,)),
    "WS2": ("per word: 2 entries, 2 sentences", (_W, _S)),
    "WSG2": ("per word: 2 entries, 2 sentences; 2 passages", (_W, _S, _G)),
    "WSGm": ("per word: 2 entries, 2 sentences; a sixth of the book", (_W, _S, _G)),
    "WSGl": ("per word: 2 entries, 2 sentences; half the book", (_W, _S, _G)),
    "RL": ("per word: 2 entries; 5 sentences, 2 passages", (_W, _S, _G)),
    "RLWS": ("per word: 2 entries; 5 sentences", (_W, _S)),
}

_Cells = tuple[str, float | None, float | None]

_PAPER = "Tanzer et al. 2024, arXiv 2309.16575"
_FIGURE = "Tanzer et al. 2024, arXiv 2309.16575, figure 3"
_GEMINI = "Gemini 1.5 report, arXiv 2403.05530, tables 4 and 5"
_GEMINI_FIRST = "Gemini 1.5 report, arXiv 2403.05530, table 57"
_LLAMA = "Llama 4 model card, Meta"
_MINIMAX = "MiniMax-Text-01 model card; MiniMax's own runs"
_RL = "arXiv 2606.06428"
_RELEASED = "the benchmark's released outputs and test set"


def _rows(system: str, source: str, how: How, cells: Iterable[_Cells]) -> list[Published]:
    """Return the rows of a system from (material, kgv-eng, eng-kgv) in chrF; None where nothing was published."""
    found = []
    for key, *values in cells:
        material, sections = _MATERIALS[key]
        for direction, value in zip((_KE, _EK), values, strict=True):
            if value is not None:
                found.append(Published(direction, system, material, "chrf", value, source, how, sections))
    return found


def _across(
    systems: Sequence[str], table: dict[str, tuple[Sequence[float | None], Sequence[float | None]]]
) -> Iterator[Published]:
    """Yield the rows of a table of the Gemini report: by material the values of each system, kgv-eng and eng-kgv."""
    for number, system in enumerate(systems):
        cells = [(key, ke[number], ek[number]) for key, (ke, ek) in table.items()]
        yield from _rows(system, _GEMINI, "reported", cells)


def _floor(system: str, *scores: tuple[str, str, float]) -> list[Published]:
    return [Published(to, system, "", metric, value, _RELEASED, "measured") for to, metric, value in scores]


_PEOPLE_AND_FLOORS = [
    Published(_KE, "a person who read the book", "", "chrf", 51.6, _PAPER),
    Published(_EK, "a person who read the book", "", "chrf", 57.0, _PAPER),
    *_floor("a person who read the book", (_KE, "chrf++", 49.53), (_EK, "chrf++", 54.49)),
    *_floor("a person who read the book", (_KE, "bleu", 20.8), (_EK, "bleu", 24.6)),
    *_floor("copy of the source", (_KE, "chrf", 13.4), (_EK, "chrf", 16.6)),
    *_floor("word for word, exact look-up", (_KE, "chrf", 21.5), (_KE, "chrf++", 18.0), (_KE, "bleu", 1.2)),
    *_floor("word for word, exact look-up", (_EK, "chrf", 22.1), (_EK, "chrf++", 17.5), (_EK, "bleu", 0.3)),
    *_floor("word for word, nearest look-up", (_KE, "chrf", 23.3), (_KE, "chrf++", 20.1), (_KE, "bleu", 1.7)),
    *_floor("word for word, nearest look-up", (_EK, "chrf", 24.9), (_EK, "chrf++", 20.0), (_EK, "bleu", 0.5)),
    *_floor("nearest training sentence", (_KE, "chrf", 26.4), (_KE, "chrf++", 24.5), (_KE, "bleu", 5.4)),
    *_floor("nearest training sentence", (_EK, "chrf", 21.6), (_EK, "chrf++", 20.1), (_EK, "bleu", 2.6)),
]

_FIGURE_3 = [
    *_rows(
        "Claude 2",
        _FIGURE,
        "digitised",
        [
            ("W2", 29.7, 27.9),
            ("S2", 35.1, 36.2),
            ("WS2", 43.7, 39.3),
            ("WSG2", 42.9, 40.8),
            ("Gm", 36.3, 36.5),
            ("Gl", 32.7, 35.4),
            ("WSGm", 42.0, 42.6),
        ],
    ),
    *_rows("Claude 2", _PAPER, "reported", [("WSGl", 44.7, 45.8)]),
    *_rows(
        "GPT-4",
        _FIGURE,
        "digitised",
        [("W2", 33.3, 31.8), ("S2", 31.4, 37.3), ("WS2", 37.4, 40.0), ("WSG2", 38.5, 39.9)],
    ),
    *_rows("GPT-3.5 Turbo", _FIGURE, "digitised", [("WS2", 31.1, 30.6), ("WSG2", 31.7, 31.4)]),
    *_rows("text-davinci-003", _FIGURE, "digitised", [("WS2", 36.9, 34.8), ("WSG2", 38.4, 27.9)]),
    *_rows("Llama 2 70B", _FIGURE, "digitised", [("WS2", 34.9, 40.2), ("WSG2", 37.9, 38.0)]),
    *_rows("Llama 2 13B", _FIGURE, "digitised", [("WS2", 29.8, 28.9), ("WSG2", 30.4, 31.8)]),
    *_rows("Llama 2 7B", _FIGURE, "digitised", [("WS2", 26.8, 15.2), ("WSG2", 19.6, 14.2)]),
]

_GEMINI_REPORT = [
    *_across(
        ("GPT-4 Turbo", "Claude 3 Haiku", "Claude 3 Sonnet", "Claude 3 Opus", "Gemini 1.5 Flash", "Gemini 1.5 Pro"),
        {
            "W": ((32.0, 28.9, 30.4, 37.1, 31.2, 35.9), (35.1, 32.8, 34.9, 37.3, 37.9, 40.6)),
            "S": ((30.6, 31.4, 36.9, 35.3, 33.0, 35.1), (39.3, 35.4, 38.8, 42.1, 38.7, 43.7)),
            "WS": ((40.0, 42.9, 43.2, 47.8, 41.6, 47.4), (49.7, 48.8, 49.7, 53.3, 49.6, 55.5)),
            "half": ((35.7, 40.7, 43.6, 45.1, 41.7, 48.1), (45.4, 51.7, 49.2, 55.5, 54.6, 59.1)),
            "full": ((None, None, None, None, 44.6, 48.0), (None, None, None, None, 52.0, 59.0)),
        },
    ),
    *_rows(
        "Gemini 1.5 Pro of February 2024",
        _GEMINI_FIRST,
        "reported",
        [("W", 34.6, 36.9), ("S", 32.8, 43.5), ("WS", 47.3, 54.1), ("half", 49.3, 58.3), ("full", 50.0, 56.9)],
    ),
]

_LATER = [
    *_rows("Llama 4 Scout", _LLAMA, "reported", [("half", 36.6, 42.2), ("full", 36.3, 39.7)]),
    *_rows("Llama 4 Maverick", _LLAMA, "reported", [("half", 46.4, 54.0), ("full", 46.7, 50.8)]),
    *_rows("GPT-4o of 2024-11-20", _MINIMAX, "reported", [("half'", None, 54.30)]),
    *_rows("Claude 3.5 Sonnet of 2024-10-22", _MINIMAX, "reported", [("half'", None, 53.62), ("full'", None, 55.65)]),
    *_rows("Gemini 1.5 Pro 002", _MINIMAX, "reported", [("half'", None, 53.68), ("full'", None, 57.90)]),
    *_rows("Gemini 2.0 Flash, experimental", _MINIMAX, "reported", [("half'", None, 49.50), ("full'", None, 53.30)]),
    *_rows("Qwen-Long", _MINIMAX, "reported", [("half'", None, 48.48), ("full'", None, 45.94)]),
    *_rows("MiniMax-Text-01", _MINIMAX, "reported", [("half'", None, 51.74), ("full'", None, 51.60)]),
    *_rows("Qwen3 4B, trained by reinforcement", _RL, "reported", [("RL", 38.43, 34.64), ("RLWS", 38.21, 33.19)]),
]

MTOB = Protocol(
    name="mtob",
    title="MTOB: Kalamang from one grammar book",
    cite=_PAPER,
    codes=("kgv", "eng"),
    context="the benchmark's word list, its 375 training pairs, and the grammar, whole or in part",
    metrics=(CHRF, CHRF_PLUS_PLUS, BLEU),
    sizes={_KE: 50, _EK: 50},
    published=(*_PEOPLE_AND_FLOORS, *_FIGURE_3, *_GEMINI_REPORT, *_LATER),
    variable="MTOB_PASSWORD",
    password=b"kalamang",
)
