from __future__ import annotations

import hashlib
import itertools
import json
import os
import stat
import subprocess
import sys
import unicodedata
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ctxlearn import render
from ctxlearn.data import Block, Direction, Entry, Example, Language, Record, Segment, Sense
from ctxlearn.errors import StoreError
from ctxlearn.models.base import Completion, Prefix, Request
from ctxlearn.models.embedded import EmbeddedModel, material, subwords, text
from ctxlearn.models.embedded import state as states
from ctxlearn.models.embedded.arrays import compiled
from ctxlearn.models.embedded.confidence import confidence
from ctxlearn.models.embedded.learn import learn
from ctxlearn.models.embedded.translate import Corrections, _named

TOK, ENG, ZHO = Language("Tok", "tok"), Language("English", "eng"), Language("Chinese", "zho")
OUT, INTO = Direction("tok", "eng"), Direction("eng", "tok")

NOUNS = {"ma": "dog", "ko": "cat", "su": "bird", "nei": "woman", "tar": "boy", "lom": "house", "pik": "fish"}
VERBS = {"he": "sees", "zu": "hears", "rak": "follows", "dol": "loves", "mit": "finds", "gan": "knows"}


def entry(word: str, *glosses: str, pos: str = "", language: str = "tok", variants: tuple[str, ...] = ()) -> Entry:
    return Entry(word, tuple(Sense(gloss) for gloss in glosses), pos, variants, language=language)


def prefix(
    entries: Iterable[Record] = (),
    examples: Iterable[Record] = (),
    grammar: Iterable[Record] = (),
    contact: Language = ENG,
) -> Prefix:
    sections = {"dictionary": entries, "examples": examples, "grammar": grammar}
    written = "".join(render.write_section(name, tuple(records)) for name, records in sections.items())
    whole = render.write_opening(TOK, contact) + written
    return Prefix(whole, len(whole) // 4, hashlib.sha256(whole.encode()).hexdigest())


def small() -> Prefix:
    """A context of a made-up language with the verb last, a question word and no article."""
    entries = [entry(word, gloss, pos="n") for word, gloss in NOUNS.items()]
    entries += [entry(word, gloss, pos="v") for word, gloss in VERBS.items()]
    examples = []
    for n, (one, other) in enumerate((a, b) for a in NOUNS for b in NOUNS if a != b):
        verb = list(VERBS)[n % len(VERBS)]
        if (one, other) != ("ko", "lom"):
            said = f"The {NOUNS[one]} {VERBS[verb]} the {NOUNS[other]}"
            examples.append(Example(f"{one.capitalize()} {other} {verb}.", f"{said}."))
            if n % 3 == 0:
                examples.append(Example(f"{one.capitalize()} {other} {verb} a?", f"Is it so that {said.lower()}?"))
    return prefix(entries, examples, [Block("The cat is an animal of the house.", headings=("1 Animals",))])


SMALL = small()


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("learned")


def ask(folder: Path, context: Prefix, direction: Direction, *sources: str, tail: str = "", n: int = 1) -> Completion:
    segments = tuple(Segment(str(number), source) for number, source in enumerate(sources))
    return EmbeddedModel(folder).complete(Request(context, direction, segments, tail=tail, n=n))


def texts(completion: Completion) -> list[str]:
    return [translation.text for translation in completion.translations]


# -- the quick setting ------------------------------------------------------------------------------------------------


def test_the_quick_model_uses_what_the_whole_one_learned(learned: Path) -> None:
    ask(learned, SMALL, OUT, "Ma ko he.")
    kept = {path: path.stat().st_mtime_ns for path in learned.rglob("*.bin")}
    quick = EmbeddedModel(learned, quick=True)
    made = quick.complete(Request(SMALL, OUT, (Segment("1", "Ko lom gan."),)))
    assert (quick.name, texts(made)) == ("embedded-quick", ["The cat knows the house."])
    assert made.usage.written == 0
    assert {path: path.stat().st_mtime_ns for path in learned.rglob("*.bin")} == kept


# -- what is translated -----------------------------------------------------------------------------------------------


def test_a_sentence_never_seen_is_put_together_from_what_was(learned: Path) -> None:
    made = texts(ask(learned, SMALL, OUT, "Ko lom gan.", "Ko lom mit."))
    assert made == ["The cat knows the house.", "The cat finds the house."]
    (back,) = texts(ask(learned, SMALL, INTO, "The cat loves the house."))
    assert sorted(back.lower().rstrip(".").split()) == ["dol", "ko", "lom"]


def test_the_last_mark_follows_the_sources(learned: Path) -> None:
    assert texts(ask(learned, SMALL, OUT, "Ma ko he a?")) == ["Is it so that the dog sees the cat?"]


def test_a_segment_of_several_sentences_keeps_them_apart(learned: Path) -> None:
    (made,) = texts(ask(learned, SMALL, OUT, "Ma ko he. Ko lom mit."))
    assert made == "The dog sees the cat. The cat finds the house."


def test_a_single_small_word_is_no_sentence(learned: Path) -> None:
    small, large = texts(ask(learned, SMALL, OUT, "lom", "Lom"))
    assert small.endswith("the house") and large == small[0].upper() + small[1:]


def test_an_unknown_name_is_taken_over_as_it_is_written(learned: Path) -> None:
    (made,) = texts(ask(learned, SMALL, OUT, "Ma Zawadi he."))
    assert "Zawadi" in made


@pytest.mark.parametrize("token", ["مرحبا", "🙂", "§"])
def test_what_no_book_has_is_not_dropped(learned: Path, token: str) -> None:
    (made,) = texts(ask(learned, SMALL, OUT, f"Ma {token} he."))
    assert token in made


def test_a_number_never_seen_is_taken_over_and_no_other_stands_for_it(learned: Path) -> None:
    alone, within = texts(ask(learned, SMALL, OUT, "12345", "Ma 70 he."))
    assert alone == "12345"
    assert "70" in within
    (made,) = texts(ask(learned, prefix([entry("120001", "the first"), entry("ko", "cat")]), OUT, "120002"))
    assert made == "120002"


def test_a_number_is_one_word_with_the_signs_inside_it(learned: Path) -> None:
    (made,) = texts(ask(learned, SMALL, OUT, "Ma 6.3 he 10,000."))
    assert "6.3" in made and "10,000" in made
    prices = prefix([entry(f"{n},500", f"{n} and a half") for n in range(1, 9)])
    assert texts(ask(learned, prices, OUT, "12,500")) == ["12,500"]


def test_a_name_with_an_ending_of_the_language_keeps_its_capital() -> None:
    assert dict(_named(["Ma", "Zawadi", "Unyil's", "Ko", "Mu"], ["zawadira", "unyilat", "kora", "he"])) == {
        "zawadira": "Zawadira",
        "unyilat": "Unyilat",
    }


def test_what_a_linguist_writes_into_a_sentence_is_not_translated(learned: Path) -> None:
    plain, marked, gap = texts(ask(learned, SMALL, OUT, "Ma ko he.", "[Ma [ko]] ∅he.", "Ma ko [...] he."))
    assert plain == marked == gap == "The dog sees the cat."
    assert texts(ask(learned, SMALL, OUT, "[…]")) == ["[…]"]


def test_the_ending_of_an_unknown_name_is_translated(learned: Path) -> None:
    people = [
        f"{a}{b}{c}"
        for a in ("Ta", "Ri", "Nos", "Bi")
        for b in ("mo", "sa", "lu", "ye")
        for c in ("l", "ra", "ni", "t")
    ]
    said = [(f"{name} {noun} he.", f"{name}'s {NOUNS[noun]} sees it.") for name in people for noun in ("ma", "ko")]
    context = prefix([entry(noun, gloss) for noun, gloss in NOUNS.items()], [Example(*pair) for pair in said])
    assert texts(ask(learned, context, INTO, "Zawadi's dog sees it.")) == ["Zawadi ma he."]
    (made,) = texts(ask(learned, context, INTO, "It's dog sees it."))
    assert "It" not in made  # a word that is known, with an ending, is no name


def test_where_a_sentence_begins_two_known_words_in_one_are_no_name(learned: Path) -> None:
    syllables = [consonant + vowel for consonant in "bdgklmn" for vowel in "aeiou"]
    words = [one + other for one, other in zip(syllables, reversed(syllables), strict=True)]
    words += [one + other for one, other in itertools.pairwise(syllables)]
    said = [(f"{words[n]} {words[n + 1]}.", f"thing{n} thing{n + 1}.") for n in range(len(words) - 1)]
    context = prefix(
        [entry(word, f"thing{n}") for n, word in enumerate(words)],
        [Example(source.capitalize(), target.capitalize()) for source, target in said],
    )
    two = words[3] + words[20]
    begins, stands = texts(
        ask(learned, context, OUT, f"{two} {words[5]}.".capitalize(), f"{words[5]} {two.capitalize()} {words[8]}.")
    )
    assert two not in begins.lower()
    assert stands == f"Thing5 {two.capitalize()} thing8."


def test_a_word_never_seen_is_taken_for_a_known_one_that_begins_alike(learned: Path) -> None:
    context = prefix([entry("kalomang", "river"), entry("zu", "deep")])
    assert texts(ask(learned, context, OUT, "kalomangat")) == ["river"]


def test_a_sentence_without_a_last_mark_gets_what_such_sentences_have(learned: Path) -> None:
    own = [Example(f"{a.capitalize()} {v}.", f"The {NOUNS[a]} {VERBS[v]}.") for a in NOUNS for v in VERBS]
    called = [Example(f"{a} {v}", f"The {NOUNS[a]} {VERBS[v]}!") for a in list(NOUNS)[:3] for v in VERBS]
    glossed = [Example(f"{a} se {v}", f"The {NOUNS[a]} {VERBS[v]} now.") for a in NOUNS for v in VERBS]
    context = prefix([], [*own, *called], [Block("", example=it) for it in glossed])
    made = texts(ask(learned, context, OUT, "ko se he", "Ko he.", "Ma gan!"))
    assert [sentence[-1] for sentence in made] == [".", ".", "!"]


def test_alternatives_differ_and_their_scores_fall(learned: Path) -> None:
    (translation,) = ask(learned, SMALL, OUT, "Ko lom dol.", n=4).translations
    told = [translation.text, *(alternative.text for alternative in translation.alternatives)]
    assert 2 <= len(told) <= 4 and len(set(told)) == len(told)
    scores = [alternative.score for alternative in translation.alternatives]
    assert scores == sorted(scores, reverse=True)


def test_each_word_of_a_translation_says_how_sure_it_is(learned: Path) -> None:
    known, name = ask(learned, SMALL, OUT, "Ko lom gan. Ma ko he.", "Ma Zawadi he.").translations
    assert " ".join(word.text for word in known.words) == "The cat knows the house The dog sees the cat"
    assert all(0 < word.confidence < 1 for word in known.words)
    assert "Zawadi" in [word.text for word in name.words]


def test_a_corrected_segment_is_sure_as_a_whole(learned: Path) -> None:
    (made,) = ask(learned, SMALL, OUT, "Ko lom gan.", tail="Ko lom gan. | The cat is at home.").translations
    assert (made.text, made.confidence, made.words) == ("The cat is at home.", 1.0, ())


@given(*[st.floats(0, 1)] * 4)
def test_confidence_rises_with_agreement_and_with_known_words(
    one: float, other: float, few: float, more: float
) -> None:
    (low, high), (few, more) = sorted((one, other)), sorted((few, more))
    assert 0 <= confidence(low, few) <= confidence(high, more) < 1
    assert confidence(high, 0.0) == 0.0


def unparted() -> Prefix:
    """A context that explains the language in a script without blanks."""
    beings = {"ma": "狗", "ko": "猫", "su": "鸟", "nei": "女人", "tar": "男孩", "pik": "鱼"}
    deeds = {"he": "看见", "zu": "听见", "rak": "跟着"}
    said = [(a, b, v) for a in beings for b in beings for v in deeds if a != b and (a, b, v) != ("ko", "su", "he")]
    return prefix(
        [entry(word, gloss) for word, gloss in (beings | deeds).items()],
        [Example(f"{a.capitalize()} {b} {v}.", f"{beings[a]}{deeds[v]}{beings[b]}。") for a, b, v in said],
        contact=ZHO,
    )


UNPARTED = unparted()


def test_an_unsegmented_language_is_written_without_blanks(learned: Path) -> None:
    (made,) = texts(ask(learned, UNPARTED, Direction("tok", "zho"), "Ko su he."))
    assert made == "猫看见鸟。"
    (back,) = texts(ask(learned, UNPARTED, Direction("zho", "tok"), "猫看见鸟。"))
    assert back == "Ko su he."


def test_a_corrected_run_of_characters_is_used_inside_others_however_they_are_cut(learned: Path) -> None:
    into, tail = Direction("zho", "tok"), "# Dictionary\n## tok\npelu | v | 鸟\n"
    assert "pelu" in texts(ask(learned, UNPARTED, into, "猫看见鸟。", tail=tail))[0]
    pairs = [example for example in render.read(UNPARTED.text).examples for _ in range(9)]
    said = [
        Example(f"{one.primary_text[:-1]} {other.primary_text}", f"{one.translated_text[:-1]}{other.translated_text}")
        for one, other in zip(pairs, pairs[7:], strict=False)
    ]
    context = prefix([], said, contact=ZHO)
    views = learn(material.gather(render.read(context.text), into)).views
    assert any("鸟" in piece and len(piece) > 2 for view in views for piece in view.source)
    assert "pelu" in texts(ask(learned, context, into, "猫看见鸟。", tail=tail))[0]


def test_where_sentences_are_long_half_of_the_views_read_them_backwards(learned: Path) -> None:
    clauses = [(a, b, v) for a in NOUNS for b in NOUNS for v in VERBS if a != b]
    said = [[clauses[41 * (5 * n + i) % len(clauses)] for i in range(5)] for n in range(120)]
    context = prefix(
        [entry(word, gloss) for word, gloss in (NOUNS | VERBS).items()],
        [
            Example(
                " ".join(f"{a} {b} {v}" for a, b, v in it).capitalize() + ".",
                " and ".join(f"the {NOUNS[a]} {VERBS[v]} the {NOUNS[b]}" for a, b, v in it).capitalize() + ".",
            )
            for it in said
        ],
    )
    made = texts(ask(learned, context, OUT, "Ko lom gan.", "Ma ko su he Zawadi.", tail="ko su | puffin"))
    assert "the cat knows the house" in made[0].lower()
    assert "puffin" in made[1] and "Zawadi" in made[1]
    views = learn(material.gather(render.read(context.text), OUT)).views
    assert [view.backwards for view in views] == [False, True]  # of so few words there is one way to cut them


def test_entries_headed_in_the_contact_language_serve_as_well(learned: Path) -> None:
    context = prefix([entry("lake", "zamor", language="eng")])
    assert texts(ask(learned, context, OUT, "zamor")) == ["lake"]
    assert texts(ask(learned, context, INTO, "lake")) == ["zamor"]


# -- corrections ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("title", ["", "# Examples\n"])
def test_a_correction_is_how_its_sentence_is_translated(learned: Path, title: str) -> None:
    ask(learned, SMALL, OUT, "Ma ko he.")  # learned, if it was not before
    tail = f"{title}Ko lom dol. | Cats are fond of houses.\n"
    completion = ask(learned, SMALL, OUT, "ko lom dol", "Ma ko he.", tail=tail)
    assert texts(completion) == ["Cats are fond of houses.", "The dog sees the cat."]
    assert completion.usage.written == 0  # the prefix was not learned again


def test_a_corrected_word_is_used_inside_other_sentences(learned: Path) -> None:
    assert "puffin" in texts(ask(learned, SMALL, OUT, "Ko su he.", tail="su | puffin"))[0].lower()
    tail = "# Dictionary\n## tok\npelu | n | puffin\n"
    assert "pelu" in texts(ask(learned, SMALL, INTO, "The cat sees the puffin.", tail=tail))[0]


@pytest.mark.parametrize("order", [1, -1])
def test_the_longest_correction_of_some_words_is_the_one_that_counts(learned: Path, order: int) -> None:
    tail = "\n".join(["su | puffin", "ko su | raft"][::order])
    made = texts(ask(learned, SMALL, OUT, "Ma ko su he.", "Ma su he.", tail=tail))
    assert "raft" in made[0].lower() and "puffin" not in made[0].lower() and "puffin" in made[1].lower()


def test_a_corrected_word_is_not_seen_in_a_longer_one(learned: Path) -> None:
    stems = [f"{one}{two}" for one in ("ka", "lom", "ti", "wur", "sen", "pod", "gim") for two in ("ra", "nek", "fo")]
    endings = {"": "one", "bat": "two", "minu": "three", "zel": "four"}
    said = [(f"{stem}{end}", f"{gloss} thing{n}") for n, stem in enumerate(stems) for end, gloss in endings.items()]
    context = prefix([entry(word, gloss) for word, gloss in said], [Example(f"{a} {a}.", f"{b} {b}.") for a, b in said])
    made = texts(ask(learned, context, OUT, "karaqqqqqqqqq kafo.", "kara kafo.", tail="kara | puffin"))
    assert ["puffin" in text.lower() for text in made] == [False, True]


# -- what is kept -----------------------------------------------------------------------------------------------------


def test_a_prefix_is_learned_once_for_each_direction(tmp_path: Path) -> None:
    used = [ask(tmp_path, SMALL, direction, "Ma ko he.").usage for direction in (OUT, OUT, INTO, OUT)]
    tokens = SMALL.tokens
    assert [(usage.written, usage.cached) for usage in used] == [(tokens, 0), (0, tokens), (tokens, 0), (0, tokens)]
    assert all(usage.read is not None and usage.read > tokens and usage.made for usage in used)


def test_what_is_read_back_is_what_was_learned_and_what_views_share_stands_there_once(tmp_path: Path) -> None:
    learned = learn(material.gather(render.read(SMALL.text), OUT))
    states.write(tmp_path / "learned" / OUT.source, learned)
    kept = states.opened(tmp_path / "learned" / OUT.source)
    assert kept is not None and len(kept.views) == len(learned.views) > 1
    for view, before in zip(kept.views, learned.views, strict=True):
        assert (view.source, view.target, view.source_pieces) == (before.source, before.target, before.source_pieces)
        there: tuple[list[Any], ...] = [*view.options, *view.model], [*before.options, *before.model]
        for one, other in zip(*there, strict=True):
            assert np.array_equal(one, other) and np.result_type(one) == np.result_type(other)
    assert np.shares_memory(kept.views[0].model.followers, kept.views[-1].model.followers)


def test_several_threads_may_learn_the_same_at_once(tmp_path: Path) -> None:
    model = EmbeddedModel(tmp_path)
    folder = model._folder(SMALL.fingerprint, OUT)
    folder.mkdir(parents=True)
    assert not model.knows(SMALL.fingerprint, OUT)  # the folder is there before what belongs into it
    learned = learn(material.gather(render.read(SMALL.text), OUT))
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: states.write(folder, learned), range(40)))
    assert model.knows(SMALL.fingerprint, OUT)
    assert [it.name for it in folder.iterdir()] == ["model.bin"]


def test_what_is_kept_is_for_its_owner_alone(tmp_path: Path) -> None:
    ask(tmp_path / "learned", SMALL, OUT, "Ma ko he.")
    folders = [path for path in (tmp_path / "learned").rglob("*") if path.is_dir()]
    assert folders and all(stat.S_IMODE(folder.stat().st_mode) == 0o700 for folder in folders)
    assert [path.name for path in (tmp_path / "learned").rglob("*") if path.is_file()] == ["model.bin"]


@pytest.mark.parametrize("damage", [b"", b"x", b"\0" * 16, b"x" * 5000])
def test_a_damaged_state_is_learned_again(tmp_path: Path, damage: bytes) -> None:
    before = texts(ask(tmp_path, SMALL, OUT, "Ko lom dol."))
    (kept,) = tmp_path.rglob("model.bin")
    kept.write_bytes(damage)
    after = ask(tmp_path, SMALL, OUT, "Ko lom dol.")
    assert texts(after) == before and after.usage.written == SMALL.tokens


def test_a_state_cut_short_is_learned_again(tmp_path: Path) -> None:
    before = texts(ask(tmp_path, SMALL, OUT, "Ko lom dol."))
    (kept,) = tmp_path.rglob("model.bin")
    kept.write_bytes(kept.read_bytes()[: kept.stat().st_size // 2])
    assert texts(ask(tmp_path, SMALL, OUT, "Ko lom dol.")) == before


@settings(max_examples=200)
@given(st.lists(st.tuples(st.integers(0), st.integers(0, 255)), min_size=1, max_size=4), st.booleans())
def test_a_state_with_any_byte_changed_is_whole_or_not_there(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[int, int]], at_the_beginning: bool
) -> None:
    folder = tmp_path_factory.getbasetemp() / "damaged"
    if not folder.exists():
        ask(folder, SMALL, OUT, "Ma ko he.")
    (kept,) = folder.rglob("model.bin")
    whole = kept.read_bytes()
    damaged = bytearray(whole)
    for place, value in changes:
        damaged[place % (500 if at_the_beginning else len(whole))] = value
    kept.write_bytes(damaged)
    try:
        state = states.opened(kept.parent)
    finally:
        kept.write_bytes(whole)
    assert state is None or state.known(NOUNS) == set(NOUNS)


LIMITED = """
import resource, sys
from pathlib import Path
sys.path.insert(0, {tests!r})
import test_embedded
resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size}))
try:
    test_embedded.ask(Path({folder!r}), test_embedded.SMALL, test_embedded.OUT, "Ma ko he.")
except test_embedded.StoreError as error:
    print(error)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="limits a file's size as a POSIX system can")
@pytest.mark.parametrize("size", [0, 5000, 20000])
def test_a_full_disk_is_said_and_nothing_half_written_stays(tmp_path: Path, size: int) -> None:
    code = LIMITED.format(tests=str(Path(__file__).parent), size=size, folder=str(tmp_path / "learned"))
    run = [sys.executable, "-c", code]
    fresh = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path / "compiled")}
    for environment in (os.environ, fresh):  # what was compiled is there, or cannot be kept either
        done = subprocess.run(
            run, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[1], env=environment
        )
        assert "make room" in done.stdout and not done.stderr
    assert not [path for path in (tmp_path / "learned").rglob("*") if path.is_file()]


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="what was learned cannot be kept"):
        ask(tmp_path / "file" / "learned", SMALL, OUT, "Ma ko he.")


# -- the same everywhere ----------------------------------------------------------------------------------------------

ONCE_MORE = """
import json, sys
from pathlib import Path
sys.path.insert(0, {tests!r})
import test_embedded
from ctxlearn.models.embedded import EmbeddedModel
from ctxlearn.models.base import Request
from ctxlearn.data import Segment
sources = ["Ko lom dol.", "Ma Zawadi qwert he a?", "Lom ko gan."]
segments = tuple(Segment(str(n), text) for n, text in enumerate(sources))
model = EmbeddedModel(Path({folder!r}), threads={threads})
made = model.complete(Request(test_embedded.SMALL, test_embedded.OUT, segments, n=3))
print(json.dumps([[t.text, t.confidence, [(a.text, a.score) for a in t.alternatives]] for t in made.translations]))
"""


def test_two_processes_at_once_and_any_number_of_threads_translate_alike(tmp_path: Path) -> None:
    def start(folder: str, threads: int, seed: str) -> subprocess.Popen[str]:
        code = ONCE_MORE.format(tests=str(Path(__file__).parent), folder=str(tmp_path / folder), threads=threads)
        environment = {**os.environ, "PYTHONHASHSEED": seed, "OMP_NUM_THREADS": str(threads)}
        root = Path(__file__).parents[1]
        return subprocess.Popen(
            [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env=environment, cwd=root
        )

    started = [start("both", 1, "1"), start("both", 2, "2"), start("alone", 2, "3")]
    said = [process.communicate()[0] for process in started]
    assert all(process.returncode == 0 for process in started)
    assert json.loads(said[0]) and len(set(said)) == 1
    kept = [path.read_bytes() for path in sorted(tmp_path.rglob("model.bin"))]
    assert len(kept) == 2 and kept[0] == kept[1]


# -- hostile input ----------------------------------------------------------------------------------------------------

HOSTILE = [
    "",
    "   ",
    "?!",
    "a|||b <unk> <s> </s> {x} ▁y ‹z› \\",
    "<phr_pair_annot><src_segm>ma</src_segm></phr_pair_annot>",
    "NULL UNKNOWN_WORD <UNUSED_WORD> ||| ma",
    "مرحبا 你好 ma สวัสดี",
    "\U0001f600 ma",
    "ma\u2028he\u00a0zu",
    "\u0301\u0301",
    "\ue000\ue003",
]
CONTEXTS = {
    "nothing": prefix(),
    "one entry": prefix([entry("ma", "dog")]),
    "one pair": prefix((), [Example("Ma he.", "The dog sees.")]),
    "signs only": prefix([entry("?", "!")], [Example("...", "x"), Example("?", "!")]),
    "signs of file formats": prefix(
        [entry("<unk>", "|||"), entry("NULL", "<s>")], [Example("a ||| b </s>", "UNKNOWN_WORD {} ▁")]
    ),
    "prose only": prefix((), (), [Block("The cat sleeps all day long.", headings=("1",))]),
}


@pytest.mark.parametrize("context", CONTEXTS.values(), ids=CONTEXTS.keys())
@pytest.mark.parametrize("direction", [OUT, INTO], ids=str)
def test_poor_contexts_and_strange_segments_give_an_answer_each(
    learned: Path, context: Prefix, direction: Direction
) -> None:
    made = ask(learned, context, direction, *HOSTILE, n=2).translations
    assert len(made) == len(HOSTILE)
    assert made[0].text == made[1].text == ""
    assert all(translation.problem is None and 0 <= (translation.confidence or 0) <= 1 for translation in made)
    assert not any("\ue000" <= char <= "\ue003" for translation in made[:8] for char in translation.text)


def test_a_sentence_is_translated_alike_whatever_is_asked_with_it(learned: Path) -> None:
    sources = [f"{' '.join(words)}." for words in permutations([*NOUNS, "mi", "tarlom"], 3)][::9]
    together = ask(learned, SMALL, OUT, *sources, n=3).translations
    alone = [ask(learned, SMALL, OUT, source, n=3).translations[0] for source in sources]
    assert [it.alternatives for it in alone] == [it.alternatives for it in together]


def test_several_threads_share_a_request_and_translate_alike(learned: Path) -> None:
    sources = [f"{' '.join(words)}." for words in permutations(NOUNS, 3)][:50]
    segments = tuple(Segment(str(number), source) for number, source in enumerate(sources))
    request = Request(SMALL, OUT, segments)
    alone, shared = (EmbeddedModel(learned, threads=threads).complete(request) for threads in (1, 3))
    assert shared.translations == alone.translations


def test_nothing_learned_copies(learned: Path) -> None:
    assert texts(ask(learned, CONTEXTS["nothing"], OUT, "Ma Peter (he) zu!")) == ["Ma Peter (he) zu!"]


def test_one_entry_is_word_for_word(learned: Path) -> None:
    assert texts(ask(learned, CONTEXTS["one entry"], OUT, "ma")) == ["dog"]


def test_a_sentence_of_five_thousand_words_is_cut_and_translated(learned: Path) -> None:
    (made,) = ask(learned, SMALL, OUT, "Ma ko he " * 1667).translations
    assert made.problem is None and made.text.count("dog") > 1000


@pytest.mark.parametrize("word", ["x" * 20_000, "A" + "bcdefghij" * 20_000])
def test_a_word_without_end_is_taken_over(learned: Path, word: str) -> None:
    (made,) = ask(learned, SMALL, OUT, word).translations
    assert made.problem is None and len(made.text) >= len(word)


def test_a_megabyte_is_refused_and_its_neighbours_are_translated(learned: Path) -> None:
    first, second = ask(learned, SMALL, OUT, "ma " * 350_000, "Ma ko he.").translations
    assert first.text == "" and first.problem is not None and first.problem.kind == "too-long"
    assert second.text == "The dog sees the cat."


@settings(max_examples=60)
@given(st.lists(st.text(max_size=60), max_size=3))
def test_any_text_has_a_translation(tmp_path_factory: pytest.TempPathFactory, sources: list[str]) -> None:
    folder = tmp_path_factory.getbasetemp() / "any"
    made = ask(folder, SMALL, OUT, *sources).translations
    assert len(made) == len(sources)


def test_a_loop_that_cannot_be_kept_is_compiled_all_the_same() -> None:
    made: dict[str, Any] = {}
    exec("def more(number): return number + 1", made)  # of no file, so that there is no folder beside it
    assert compiled(made["more"])(1) == 2


# -- the stages -------------------------------------------------------------------------------------------------------


@given(st.text(max_size=80))
def test_tokens_hold_every_sign_that_is_not_blank(line: str) -> None:
    held = "".join(text.tokens(line))
    assert [char for char in held if text.kind(char) != "b"] == [char for char in line if text.kind(char) != "b"]


@given(st.text("ab é我ไป\u0301 \t\u00a0.,'-0", max_size=12))
def test_tokens_are_those_that_stand_with_their_blanks(line: str) -> None:
    assert text.tokens(line) == [token for token, _ in text.spaced_tokens(line)]


@given(
    st.lists(st.text(st.characters(categories=["Ll", "Lo", "Mn", "Nd"]), min_size=1, max_size=12), max_size=8),
    st.lists(st.sampled_from(["我们", "学校", "去", "不", "ไป", "ที่"]), max_size=8),
)
def test_pieces_join_to_their_words(words: list[str], unparted: list[str]) -> None:
    for line in (" ".join(words), "".join(unparted)):
        plain = subwords.words(unicodedata.normalize("NFC", line))
        assert subwords.joined("".join(SUBWORDS.cut(plain))) == subwords.joined("".join(HAN.cut(plain))) == tuple(plain)
        for by in (SUBWORDS, HAN, subwords.Subwords()):
            each = by.cut_each(list(subwords.runs(plain)))
            assert [piece for pieces in each for piece in pieces] == subwords.Subwords(by.model).cut(plain)


def test_a_sign_is_a_word_of_its_own_whatever_piece_follows() -> None:
    assert subwords.joined("▁ka▁“ra▁lom") == ("ka", "“", "ra", "lom")


STEMS, ENDINGS, TAILS = ("ka", "lom", "ti"), ("ra", "nin", "mun", "at"), "abcdefghijklmnopqrst"


def cut_into(pieces: int, sentences: Iterable[list[str]]) -> subwords.Subwords:
    counts = subwords.counted(map(subwords.runs, sentences))
    return subwords.learn(counts, subwords.vocabulary(counts, pieces))


SUBWORDS = cut_into(60, [[a + b for a in STEMS for b in ENDINGS] * 20, [f"word{a}{b}" for a in "xyz" for b in TAILS]])
LINES = ["".join(words) for words in permutations(["我们", "学校", "不去", "看见", "ไป", "猫"], 3)]
HAN = cut_into(60, [subwords.words(line) for line in LINES])


def test_characters_that_often_stand_together_are_one_piece() -> None:
    assert HAN.cut(subwords.words("我们看见学校")) == ["▁我们", "▁看见", "▁学校"]


def test_numbers_are_not_cut() -> None:
    assert SUBWORDS.cut(["2000", "6.3"]) == ["▁2000", "▁6.3"]


def test_signs_stand_as_the_language_has_them() -> None:
    writing = text.study(["Yes, he (the boy) came.", "She said, no.", "No: (never) at all"])
    assert writing.write(["he", ",", "(", "she", ")", "!"]) == "He, (she)!"
    beside = text.study(["He came (then), (so) I go", "(now), I go", "(so), he went"])
    assert beside.write(["he", "(", "i", ")", "went", "(", "so", ")", ","]) == "He (I) went (so),"


def test_a_number_stands_among_characters_without_blanks_and_among_words_with_them() -> None:
    assert text.study(["改造600多万套。"]).write(["造", "600", "多"]) == "造600多"
    assert text.study(["he saw 600 字 there"]).write(["saw", "600", "字", "there"]) == "saw 600 字 there"


def test_capitals_are_those_of_the_language() -> None:
    writing = text.study(["He saw Unyil.", "Then Unyil went.", "I know what I know."])
    assert writing.write(["then", "i", "saw", "unyil"]) == "Then I saw Unyil"
    assert text.study(["he saw", "she went"]).write(["she", "saw"]) == "she saw"


def test_a_name_keeps_its_capital_whatever_is_added_to_it() -> None:
    named = text.names([("Ma Unyilat.", "Nobody."), ("Unyil keweun ra.", "Unyil's house goes.")])
    writing = text.study(["Don saw it.", "Then Don said: don't go."], named)
    assert writing.write(["the", "unyil", "and", "unyil's"]) == "The Unyil and Unyil's"
    assert writing.write(["the", "don's", "don't"]) == "The Don's don't"


def test_glosses_lose_their_remarks_and_a_common_lead_may_go() -> None:
    verbs = [entry(f"v{n}", f"to verb{n} it", pos="v") for n in range(12)]
    told = prefix(
        [*verbs, entry("=at", "[object marker]"), entry("ma", "dog; hound [of hunters]", "to bark (loudly)", pos="v")]
    )
    pairs = set(material.lexicon_pairs(render.read(told.text)))
    assert {("ma", "dog"), ("ma", "hound"), ("ma", "to bark"), ("ma", "bark"), ("v1", "verb1 it")} <= pairs
    assert not any("[" in gloss or form.startswith("=") for form, gloss in pairs)


def test_the_tail_may_be_lines_or_sections() -> None:
    line = Corrections.read("ma he | it barks", SMALL.text, OUT)
    assert line == Corrections.read("# Examples\nma he | it barks\n", SMALL.text, OUT)
    assert Corrections.read("\n", SMALL.text, OUT).pairs == {}
