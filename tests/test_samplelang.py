from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

import pytest

from benchmarks.samplelang import build, scale
from benchmarks.samplelang.analyse import Analyser, words
from benchmarks.samplelang.chapters import examples, render
from benchmarks.samplelang.lexicon import read_lexicon
from benchmarks.samplelang.morphology import FeatureError
from benchmarks.samplelang.realise import SpecError, read_items, realise
from ctxlearn import context, corpus, leaks
from ctxlearn.manifest import parse
from ctxlearn.tokens import counter

LEXICON = read_lexicon()
WRITTEN = ("dictionary.tsv", "sentences.tsv", "test.tsv")


def table(name: str) -> list[dict[str, str]]:
    with (build.CORPUS / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


@cache
def contents() -> corpus.Contents:
    return corpus.read(parse(build.CORPUS / "corpus.toml"))


def word(spec: str) -> str:
    return LEXICON.word(spec).form


def test_the_committed_files_are_what_the_sources_make(tmp_path: Path) -> None:
    build.write_corpus(tmp_path)
    chapters = sorted(path.name for path in (build.CORPUS / "grammar").iterdir())
    assert sorted(path.name for path in (tmp_path / "grammar").iterdir()) == chapters
    for name in (*WRITTEN, *(f"grammar/{chapter}" for chapter in chapters)):
        assert (tmp_path / name).read_bytes() == (build.CORPUS / name).read_bytes(), name


def test_dictionary_sentences_and_test_set_are_large_enough_and_their_ids_unique() -> None:
    for name, least in zip(WRITTEN, (600, 800, 100), strict=True):
        rows = table(name)
        assert len(rows) >= least
        assert len({row["id"] for row in rows}) == len(rows)


def test_no_two_sentences_are_the_same_in_either_language() -> None:
    rows = [*table("sentences.tsv"), *table("test.tsv")]
    for code in (build.CODE, build.CONTACT):
        assert len({row[code] for row in rows}) == len(rows)


def test_every_word_of_every_sentence_can_be_analysed() -> None:
    analyser = Analyser(LEXICON)
    forms = {form for name in WRITTEN[1:] for row in table(name) for form in words(row[build.CODE])}
    assert [form for form in sorted(forms) if not analyser.analyses(form)] == []


def test_a_word_that_is_none_has_no_analysis() -> None:
    assert Analyser(LEXICON).analyses("kwijibo") == []


def test_every_stem_of_the_test_set_stands_in_the_dictionary() -> None:
    analyser = Analyser(LEXICON)
    headwords = {row["headword"].lower() for row in table("dictionary.tsv")}
    known = [
        any(made.morphs[0].form.lower()[:-1] in {head[:-1] for head in headwords} for made in analyser.analyses(form))
        for row in table("test.tsv")
        for form in words(row[build.CODE])
    ]
    assert sum(known) >= 0.9 * len(known)


def test_fewer_than_one_record_in_twenty_leaks_the_test_set() -> None:
    packed = context.pack(contents(), counter())
    pairs = len(table("sentences.tsv"))
    assert packed.removed < pairs / 20


def test_no_glossed_example_and_no_dictionary_example_is_a_held_out_sentence() -> None:
    held = {leaks.normalise(row[code]) for row in table("test.tsv") for code in (build.CODE, build.CONTACT)}
    grammar = [
        english for path in (build.HERE / "grammar").iterdir() for _, english, _ in examples(path.read_text("utf-8"))
    ]
    assert len(grammar) >= 150
    assert not held & {
        leaks.normalise(text) for text in [*grammar, *(row["translation"] for row in table("dictionary.tsv"))]
    }


def test_the_grammar_has_six_thousand_words_of_prose() -> None:
    blocks = [block for part in contents().parts for block in part.material.blocks]
    prose = [block.text for block in blocks if block.example is None and not block.text.startswith("|")]
    assert sum(len(text.split()) for text in prose) >= 6000


def test_every_glossed_example_has_as_many_marks_in_its_words_as_in_its_glosses() -> None:
    found = [block.example for part in contents().parts for block in part.material.blocks if block.example]
    for example in found:
        assert len(example.analyzed_words) == len(example.glosses), example.number
        for form, gloss in zip(example.analyzed_words, example.glosses, strict=True):
            assert form.count("-") == gloss.count("-"), example.number
            assert form.count("=") == gloss.count("="), example.number


@pytest.mark.parametrize(
    ("spec", "form"),
    [
        ("boat.P", "simolu"),
        ("dog.P", "rapisli"),
        ("house.P", "yubalnu"),
        ("knife.a", "sadal"),
        ("knife.d", "sattu"),
        ("bottle.a", "flasketel"),
        ("market.l", "pušpive"),
        ("village.l", "ninmimbe"),
        ("river.l", "vehotpa"),
        ("bring.p", "yepekte"),
        ("bring", "yepegi"),
        ("see.r.1", "ekanlagam"),
        ("see.k.n.p.4", "ekanguñadamur"),
        ("go.p", "halda"),
        ("go.f", "yošu"),
        ("I.e", "nek"),
        ("big.sup", "tu" + LEXICON.stem("big").form),
        ("teacher.P", "vumozalnu"),
    ],
)
def test_a_word_takes_the_shape_that_the_grammar_says(spec: str, form: str) -> None:
    assert word(spec) == form


def test_only_the_last_vowel_before_a_suffix_decides_its_colour() -> None:
    assert word("slow.adv.cmp").endswith("lokaš")
    assert word("pear.l")[-1] == "a"
    assert word("dog.l")[-1] == "e"


@pytest.mark.parametrize("spec", ["dog.p", "nosuchword", "dog.P.P", "eat.p.f", "eat=x"])
def test_a_feature_that_a_word_cannot_have_is_an_error(spec: str) -> None:
    with pytest.raises(FeatureError):
        realise(LEXICON, spec)


def test_capitals_and_quotation_marks_are_set_where_a_sentence_begins() -> None:
    made = realise(LEXICON, '"come.i!" Selu say.p.', "“Come!” said Selu.")
    assert made.text == "“Tahu!” Selu tomakta."
    assert made.glosses == ("come-IMP", "Selu", "say-PST")
    assert realise(LEXICON, "yes, come.1", "Yes, I come.").text.endswith("m.")


def test_a_broken_sentence_file_says_where(tmp_path: Path) -> None:
    path = tmp_path / "sentences.txt"
    path.write_text("# topic\nThe dog sleeps. | dog sleep\nThe dog sleeps.\n", encoding="utf-8")
    with pytest.raises(SpecError, match=r"sentences\.txt:3"):
        list(read_items(path))
    path.write_text("The cat sleeps. | cat.zz sleep\n", encoding="utf-8")
    with pytest.raises(SpecError, match=r"here:1: no feature 'zz'"):
        build.pairs(LEXICON, read_items(path), "here")


def test_a_chapter_numbers_its_examples_and_refers_to_them(tmp_path: Path) -> None:
    template = tmp_path / "03-x.md"
    template.write_text("See {{ref cat}} and {{dog.P}}.\n\n{{A dog.|dog}}\n\n{{cat: A cat.|cat.P}}\n", encoding="utf-8")
    shown = render(LEXICON, template)
    assert shown.startswith("See (3.2) and *rapisli*.")
    assert "> (3.2) Munto-lu.\n> cat-PL\n> 'A cat.'" in shown


def test_the_generator_writes_a_corpus_of_the_size_asked_for_and_the_same_one_twice(tmp_path: Path) -> None:
    for name in ("one", "two"):
        scale.scale(80_000, tmp_path / name, seed=3)
    files = sorted(path.relative_to(tmp_path / "one") for path in (tmp_path / "one").rglob("*.*"))
    assert all((tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes() for file in files)
    packed = context.pack(corpus.read(parse(tmp_path / "one" / "corpus.toml")), counter())
    assert abs(packed.tokens - 80_000) < 0.02 * 80_000
    assert packed.removed < packed.tokens / 1000


def test_generated_sentences_are_like_the_written_ones_and_their_words_can_be_analysed(tmp_path: Path) -> None:
    scale.scale(80_000, tmp_path, seed=3)
    lines = (tmp_path / "sentences.tsv").read_text(encoding="utf-8").splitlines()[1:]
    pairs = [line.split("\t")[1:] for line in lines]
    written, made = pairs[: len(table("sentences.tsv"))], pairs[len(table("sentences.tsv")) :]
    assert len(made) > 300
    for side in (0, 1):
        lengths = [sum(len(pair[side].split()) for pair in some) / len(some) for some in (written, made)]
        assert abs(lengths[0] - lengths[1]) < 0.15 * lengths[0]
