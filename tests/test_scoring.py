"""Scores: sacrebleu's own command line is the oracle."""

from __future__ import annotations

import importlib.util
import json
import os
import random
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

import scoring
from scoring import LengthMismatch, MissingReference, ScoringError
from scoring.base import interval
from scoring.tokenizers import choose

WORDS = "the a canoe house men women went saw to from yesterday big reef (again) don't fish, island"


def sentences(count: int, seed: int) -> list[str]:
    chance = random.Random(seed)
    return [" ".join(chance.choices(WORDS.split(), k=chance.randint(2, 12))) + "." for _ in range(count)]


def garbled(texts: Sequence[str], seed: int) -> list[str]:
    """Return the texts with words replaced, moved and dropped, as a poor translation has them."""
    chance = random.Random(seed)
    found = []
    for text in texts:
        words = [word for word in text.split() if chance.random() > 0.15]
        words = [chance.choice(WORDS.split()) if chance.random() < 0.2 else word for word in words]
        at = chance.randrange(len(words) + 1)
        found.append(" ".join(words[at:] + words[:at]))
    return found


def sacrebleu(
    folder: Path, hypotheses: Sequence[str], streams: Sequence[Sequence[str]], *options: str
) -> list[dict[str, str]]:
    """Return what sacrebleu's command line says, with the network shut off by a proxy that is not there."""
    files = []
    for number, lines in enumerate([hypotheses, *streams]):
        files.append(str(folder / f"{number}.txt"))
        Path(files[-1]).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    command = [sys.executable, "-m", "sacrebleu", *files[1:], "-i", files[0], "-f", "json", "-w", "12", *options]
    shut = {"http_proxy": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9", "SACREBLEU": str(folder)}
    done = subprocess.run(command, capture_output=True, env={**os.environ, **shut}, check=True)
    found = json.loads(done.stdout)
    return found if isinstance(found, list) else [found]


def agree(score: scoring.Score, oracle: dict[str, str]) -> None:
    assert round(score.value, 12) == float(oracle["score"])
    assert score.signature == oracle["signature"]


def test_scores_and_signatures_are_those_of_sacrebleus_command_line(tmp_path: Path) -> None:
    references = sentences(60, seed=1)
    hypotheses = [*garbled(references, seed=2)[:-1], ""]
    options = ["-m", "bleu", "chrf", "ter", "--confidence"]
    bleu, chrf_plus_plus, ter = sacrebleu(tmp_path, hypotheses, [references], *options, "--chrf-word-order", "2")
    (chrf,) = sacrebleu(tmp_path, hypotheses, [references], "-m", "chrf", "--confidence")
    scores = scoring.score(hypotheses, [(reference,) for reference in references], "eng")
    for score, oracle in zip(scores, (bleu, chrf, chrf_plus_plus, ter), strict=True):
        agree(score, oracle)
        assert score.low is not None and score.high is not None
        assert (score.high - score.low) / 2 == pytest.approx(float(oracle["confidence_var"]), abs=1e-4)


def test_several_references_score_as_on_sacrebleus_command_line(tmp_path: Path) -> None:
    first, second = sentences(40, seed=3), sentences(40, seed=4)
    hypotheses = garbled(second, seed=5)
    bleu, ter = sacrebleu(tmp_path, hypotheses, [first, second], "-m", "bleu", "ter")
    scores = scoring.score(hypotheses, list(zip(first, second, strict=True)), "eng", ("bleu", "ter"), bootstrap=0)
    for score, oracle in zip(scores, (bleu, ter), strict=True):
        agree(score, oracle)


def test_chinese_is_scored_as_sacrebleu_scores_it_when_told_to(tmp_path: Path) -> None:
    references = ["我要去南宁。", "这是我的妻子，黄玲。", "哦！我也是德保人，咱们是老乡。"]
    hypotheses = ["我去南宁", "这是妻子黄玲。", "我是德保人，老乡。"]
    (bleu,) = sacrebleu(tmp_path, hypotheses, [references], "-m", "bleu", "--tokenize", "zh")
    (ter,) = sacrebleu(tmp_path, hypotheses, [references], "-m", "ter", "--ter-normalized", "--ter-asian-support")
    scores = scoring.score(hypotheses, [(each,) for each in references], "zh", ("bleu", "ter"), bootstrap=0)
    for score, oracle in zip(scores, (bleu, ter), strict=True):
        agree(score, oracle)


def test_a_script_without_blanks_is_scored_by_characters(tmp_path: Path) -> None:
    references = ["แมวกินปลา", "บ้านหลังใหญ่อยู่ใกล้ทะเล"]
    hypotheses = ["แมวกินปลาใหญ่", "บ้านอยู่ใกล้ทะเล"]
    (bleu,) = sacrebleu(tmp_path, hypotheses, [references], "-m", "bleu", "--tokenize", "char")
    (ter,) = sacrebleu(
        tmp_path, [" ".join(each) for each in hypotheses], [[" ".join(each) for each in references]], "-m", "ter"
    )
    scores = scoring.score(hypotheses, [(each,) for each in references], "tha", ("bleu", "ter"), bootstrap=0)
    agree(scores[0], bleu)
    assert round(scores[1].value, 12) == float(ter["score"])
    assert scores[1].signature == ter["signature"].replace("tok:tercom", "tok:char")


def test_references_may_be_of_unequal_number_and_none_is_made_up() -> None:
    hypotheses = ["the men went", "a big canoe", "a fish"]
    ragged = [("the men went home", "the men went"), ("a big canoe",), ("two fish", "a fish", "the fish")]
    scores = scoring.score(hypotheses, ragged, "eng", bootstrap=0)
    assert [score.value for score in scores[1:]] == [pytest.approx(100), pytest.approx(100), 0]
    assert all("nrefs:var" in score.signature for score in scores)


def test_as_many_references_as_hypotheses_are_asked_for() -> None:
    with pytest.raises(LengthMismatch, match="2 hypotheses for 1 segments"):
        scoring.score(["a b c d", "x"], [("a b c d",)], "eng")
    with pytest.raises(ValueError, match="1 hypotheses for 2 segments"):
        scoring.sentence_scores(["a"], [("a",), ("b",)])


@pytest.mark.parametrize(("references", "says"), [((), "no reference"), (("", " "), "only empty references")])
def test_a_segment_without_reference_is_refused(references: tuple[str, ...], says: str) -> None:
    with pytest.raises(MissingReference, match=f"segment 2 of 2 has {says}"):
        scoring.score(["a", "b"], [("a",), references], "eng")


def test_nothing_and_an_unknown_metric_are_refused() -> None:
    with pytest.raises(ScoringError, match="nothing to score"):
        scoring.score([], [], "eng")
    with pytest.raises(ScoringError, match=r"no metric 'comet'; the known ones are bleu, chrf, chrf\+\+, ter"):
        scoring.score(["a"], [("a",)], "eng", ("comet",))


def test_an_empty_hypothesis_counts_as_empty() -> None:
    references = [(reference,) for reference in sentences(20, seed=6)]
    hypotheses = [reference for (reference,) in references]
    whole = scoring.score(hypotheses, references, "eng")
    half = scoring.score([*hypotheses[:10], *[""] * 10], references, "eng")
    assert [score.value for score in whole] == [pytest.approx(100), pytest.approx(100), pytest.approx(100), 0]
    assert all(less.value < full.value for less, full in zip(half[:3], whole[:3], strict=True))
    assert half[3].value == pytest.approx(50, abs=15)


def test_nothing_but_empty_hypotheses_scores_as_nothing() -> None:
    scores = scoring.score(["", ""], [("a canoe",), ("a house",)], "eng")
    assert [(score.value, score.low, score.high) for score in scores[:3]] == [(0, 0, 0)] * 3
    assert (scores[3].value, scores[3].low, scores[3].high) == (100, 100, 100)


def test_one_segment_has_an_interval_without_width() -> None:
    for score in scoring.score(["the men went to the house"], [("the men went to a house",)], "eng"):
        assert score.low == score.high == pytest.approx(score.value)


def test_intervals_hold_the_score_and_are_the_same_again() -> None:
    references = [(reference,) for reference in sentences(80, seed=7)]
    hypotheses = garbled([reference for (reference,) in references], seed=8)
    scores = scoring.score(hypotheses, references, "eng", bootstrap=200)
    assert scores == scoring.score(hypotheses, references, "eng", bootstrap=200)
    for score in scores:
        assert score.low is not None and score.high is not None
        assert score.low < score.value < score.high
    other = scoring.score(hypotheses, references, "eng", bootstrap=200, seed=1)
    assert [(score.value, score.low) for score in other] != [(score.value, score.low) for score in scores]
    assert "bs:200|seed:1|" in other[0].signature


def test_the_interval_leaves_out_a_fortieth_at_either_end() -> None:
    assert interval([float(n) for n in range(40)]) == (1, 38)
    assert interval([3.0]) == (3, 3)


def test_without_resamples_there_is_no_interval() -> None:
    (score,) = scoring.score(["a"], [("a",)], "eng", ("chrf",), bootstrap=0)
    assert (score.low, score.high) == (None, None)
    assert "bs:" not in score.signature


def test_sentence_scores_put_the_best_segment_first() -> None:
    references = [("the men went to the house",)] * 4
    scores = scoring.sentence_scores(["", "the men went to the house", "a reef", "men went to the house"], references)
    assert sorted(range(4), key=lambda n: -scores[n]) == [1, 3, 2, 0]
    assert scores[0] == 0 and scores[1] == pytest.approx(100)


JAPANESE = "ja-mecab" if importlib.util.find_spec("MeCab") and importlib.util.find_spec("ipadic") else "char"


@pytest.mark.parametrize(
    ("language", "reference", "tokenizer"),
    [
        ("zh", "", "zh"),
        ("cmn-Hans-CN", "", "zh"),
        ("zh-Latn-pinyin", "wǒ yào qù Nánníng", "13a"),
        ("yue", "我哋去食飯", "zh"),
        ("ja", "", JAPANESE),
        ("jpx", "私は家へ行きました。", JAPANESE),
        ("th", "", "char"),
        ("qaa", "ແມວກິນປາ", "char"),
        ("qaa", "မြန်မာဘာသာ", "char"),
        ("qaa", "བོད་སྐད", "char"),
        ("za", "Gou yaek bae Namzningz (南宁).", "13a"),
        ("eng", "the 我 men", "13a"),
        ("rus", "Я иду домой", "13a"),
        ("qaa", "", "13a"),
    ],
)
def test_the_tokenizer_follows_the_language_and_then_the_script(language: str, reference: str, tokenizer: str) -> None:
    assert choose(language, [(reference,)]) == tokenizer


def test_importing_scoring_does_not_import_sacrebleu() -> None:
    program = "import sys, scoring; print(*sorted({'sacrebleu', 'numpy'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
