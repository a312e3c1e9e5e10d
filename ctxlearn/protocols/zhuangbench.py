"""ZhuangBench, teaching large language models an unseen language on the fly (Zhang et al. 2024, arXiv 2402.19167).

Its scorer (`src/eval.py` of the benchmark's repository) lower-cases, cuts Chinese with sacreBLEU's `zh`, writes ’ and ‘
in Zhuang as ', and counts the whole and each level of difficulty.
"""

from __future__ import annotations

from ctxlearn.protocols.base import Protocol, Published
from scoring.bleu import BLEU_LOWERCASED
from scoring.chrf import CHRF_LOWERCASED, CHRF_PLUS_PLUS_LOWERCASED

_OUT, _INTO = "za-zh", "zh-za"
_READ = ("dictionary", "examples")
_PAPER = "Zhang et al. 2024, arXiv 2402.19167, abstract, rounded there"
_MEASURED = "the released dictionary, sentence pairs and test set"


def _floor(system: str, direction: str, bleu: float, chrf: float, chrf_plus_plus: float | None) -> list[Published]:
    values = {"bleu": bleu, "chrf": chrf, "chrf++": chrf_plus_plus}
    return [
        Published(direction, system, "", metric, value, _MEASURED, "measured")
        for metric, value in values.items()
        if value is not None
    ]


def _by_level(system: str, direction: str, *bleu: float) -> list[Published]:
    return [
        Published(direction, system, "", "bleu", value, _MEASURED, "measured", level=level)
        for level, value in zip(_LEVELS, bleu, strict=True)
    ]


_LEVELS = ("easy", "medium", "hard")
_DIPMT = "GPT-4 with DiPMT++"
_RETRIEVED = "per word: entries; 3 sentence pairs"
_EXACT = "word for word, the dictionary as it is"
_AUGMENTED = "word for word, the augmented dictionary"
_NEAREST = "nearest training sentence (BM25)"

ZHUANGBENCH = Protocol(
    name="zhuangbench",
    title="ZhuangBench: Zhuang from a dictionary and 4,944 sentence pairs",
    cite="Zhang et al. 2024, arXiv 2402.19167",
    codes=("za", "zh"),
    context="the benchmark's dictionaries and its 4,944 sentence pairs",
    metrics=(BLEU_LOWERCASED, CHRF_LOWERCASED, CHRF_PLUS_PLUS_LOWERCASED),
    sizes={_OUT: 200, _INTO: 200},
    published=(
        Published(_OUT, _DIPMT, _RETRIEVED, "bleu", 32, _PAPER, sections=_READ),
        Published(_INTO, _DIPMT, _RETRIEVED, "bleu", 16, _PAPER, sections=_READ),
        Published(_INTO, "GPT-4 that has read nothing", "", "bleu", 0, _PAPER),
        *_floor(_EXACT, _OUT, 4.47, 8.92, 6.69),
        *_floor(_EXACT, _INTO, 3.46, 27.74, 24.90),
        *_floor(_AUGMENTED, _OUT, 5.93, 11.18, 8.39),
        *_by_level(_AUGMENTED, _OUT, 5.4, 6.6, 5.6),
        *_floor(_AUGMENTED, _INTO, 4.91, 33.95, 30.39),
        *_by_level(_AUGMENTED, _INTO, 9.65, 4.49, 2.31),
        *_floor(_NEAREST, _OUT, 4.77, 6.35, None),
        *_floor(_NEAREST, _INTO, 3.47, 18.75, None),
    ),
    levels=_LEVELS,
    spelling={"za": {"’": "'", "‘": "'"}},
    spelt="apostrophes:one",
    variable="ZHUANGBENCH_PASSWORD",
    password=b"zhuangbench",
)
