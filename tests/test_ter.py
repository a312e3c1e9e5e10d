"""TER's edits: the same number as sacrebleu's own, which are counted one by one."""

from __future__ import annotations

import random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as some
from sacrebleu.metrics.lib_ter import translation_edit_rate
from sacrebleu.metrics.ter import TER as SACREBLEUS

import scoring
from scoring import edits
from scoring.tokenizers import choose

HAN = "我你他们的了是在有人这中大来上国和地到以说时要就出会可也对生能而子那得于着下自之"


def shuffled(text: str, chance: random.Random) -> str:
    """Return a text with its parts in another order, some of them another one's."""
    parts = [text[start : start + 3] for start in range(0, len(text), 3)]
    chance.shuffle(parts)
    return "".join(part if chance.random() < 0.7 else chance.choice(HAN) for part in parts)


def sentences(lengths: list[int], seed: int) -> tuple[list[str], list[str]]:
    chance = random.Random(seed)
    references = ["".join(chance.choices(HAN, k=length)) for length in lengths]
    return [shuffled(text, chance) for text in references], references


@pytest.fixture(autouse=True)
def _none_is_short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let short sentences, which sacrebleu counts as quickly, be counted here too."""
    monkeypatch.setattr(edits, "_SHORT", 0)


@settings(max_examples=150)
@given(some.lists(some.sampled_from("abcdef"), max_size=24), some.lists(some.sampled_from("abcdef"), max_size=24))
@example(["a"], ["b"] * 60)  # the beam is widened
@example(["a", "b"] * 30, ["b"])
@example([], ["a"])
@example(["a"], [])
def test_edits_are_those_of_sacrebleu(hypothesis: list[str], reference: list[str]) -> None:
    assert edits.edits(hypothesis, reference) == translation_edit_rate(hypothesis, reference)[0]


@pytest.mark.parametrize(("length", "letters"), [(70, 3), (90, 20), (40, 8)])
def test_where_the_beam_and_the_limits_bind_edits_are_those_of_sacrebleu(length: int, letters: int) -> None:
    for seed in range(4):
        chance = random.Random(seed)
        reference = chance.choices(HAN[:letters], k=length)
        moved = reference[length // 2 :] + reference[: length // 2]
        other = [word if chance.random() < 0.6 else chance.choice(HAN[:letters]) for word in moved][: length - seed]
        assert edits.edits(other, reference) == translation_edit_rate(other, reference)[0]


def test_ter_of_long_chinese_sentences_is_sacrebleus_to_the_last_digit() -> None:
    hypotheses, references = sentences([12, 30, 45, 60], seed=3)
    (score,) = scoring.score(hypotheses, [(it,) for it in references], "zh", ("ter",), bootstrap=0)
    theirs = SACREBLEUS(normalized=True, asian_support=True).corpus_score(hypotheses, [references])
    assert score.value == theirs.score
    assert choose("zh", []) == "zh"


def test_of_several_references_the_nearest_counts_and_their_mean_length() -> None:
    hypotheses, references = sentences([14, 20], seed=4)
    others = [text[::-1] + text[:3] for text in references]
    pairs = [*zip(references, others, strict=True)]
    (score,) = scoring.score(hypotheses, pairs, "zh", ("ter",), bootstrap=0)
    theirs = SACREBLEUS(normalized=True, asian_support=True).corpus_score(hypotheses, [references, others])
    assert score.value == theirs.score
