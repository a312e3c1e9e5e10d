"""Published protocols: their own scorers are the oracles, their archives are made here."""

from __future__ import annotations

import json
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF

from ctxlearn import corpus, manifest, protocols
from ctxlearn.commands import published
from ctxlearn.data import Direction
from ctxlearn.errors import FormatError, SettingsError, UsageError
from ctxlearn.protocols import base
from ctxlearn.protocols.base import Answer, Protocol, Published
from ctxlearn.protocols.mtob import MTOB
from ctxlearn.protocols.zhuangbench import ZHUANGBENCH
from tests import encrypted
from tests.tiny import main

Capture = pytest.CaptureFixture[str]
LANGUAGES = Path(__file__).parents[2] / "shared" / "languages"
READ = ("dictionary", "examples", "grammar")
CANARY = {"big-bench-canary": "26b5"}
HIDDEN = "--------------------"

WORDS = {"he": "he", "ka": "house", "ma": "see", "su": "small", "to": "dog", "wa": "water"}
TRAIN = {f"{one} {two} ma.": f"The {WORDS[one]} sees the {WORDS[two]}." for one in WORDS for two in WORDS if one < two}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for variable in ("MTOB_PASSWORD", "ZHUANGBENCH_PASSWORD"):
        monkeypatch.delenv(variable, raising=False)
    return tmp_path


def mtob_zip(folder: Path, password: bytes = b"kalamang") -> Path:
    """Write an archive with MTOB's members and fields, and other texts."""
    train = [{"original": english, "translation": text, "url": "…"} for text, english in TRAIN.items()]
    ke = [("To wa ka su ma he.", "The dog saw small water."), ("Ka su to wa he ma.", "A small house is seen by it.")]
    ek = [("Water is in the small house.", "Wa ka su he to ma."), ("He gave the dog water.", "He to wa su ka ma.")]
    tested = {
        name: [{"original": source, "translation": HIDDEN, "ground_truth": reference} for source, reference in pairs]
        for name, pairs in {"ke": ke, "ek": ek}.items()
    }
    members = {
        "resources/wordlist.json": {"ke": {word: ["n", it] for word, it in WORDS.items()}, "ek": {"dog": "to; ka"}},
        "splits/train_examples.json": [CANARY, *train],
        **{f"splits/test_examples_{name}.json": [CANARY, *pairs] for name, pairs in tested.items()},
    }
    texts = {name: json.dumps(value, ensure_ascii=False) for name, value in members.items()}
    texts["resources/grammar_book.tex"] = "\\chapter{Verbs}\nThe verb \\textit{ma} stands at the end of its clause.\n"
    return encrypted.write(folder / "dataset-encrypted-with-password-kalamang.zip", texts, password)


def zhuang_zip(folder: Path, below: str = "") -> Path:
    """Write an archive with ZhuangBench's members and fields, and other texts."""
    dictionary = [{"za_word": word, "zh_meanings": [sign]} for word, sign in zip("abc", "人水山", strict=True)]
    reverse = [{"zh_word": it["zh_meanings"][0], "za_meanings": [it["za_word"]]} for it in dictionary]
    pairs = [{"id": f"zh{n}", "za": f"a b c {n}", "zh": f"人水山{n}", "source": "textbook"} for n in range(9)]
    tested = [
        {"za": f"C b a c b a {level}’z", "zh": f"山水人山水人山水人{n}", "source": level}
        for n, level in enumerate(("easy", "easy", "hard"))
    ]
    members = {
        "dictionary_za2zh.jsonl": "\n".join(json.dumps(row) for row in dictionary),
        "dictionary_zh2za.jsonl": "\n".join(json.dumps(row) for row in reverse),
        "parallel_corpus.json": json.dumps(pairs),
        "test_translation_set.json": json.dumps(tested, ensure_ascii=False),
    }
    named = {f"{below}{name}": text for name, text in members.items()}
    return encrypted.write(folder / "data.zip", named, b"zhuangbench")


def at(protocol: Protocol, direction: str, answers: list[Answer], sections: tuple[str, ...] = READ) -> base.Comparison:
    return base.compare(protocol, Direction(*direction.split("-")), answers, sections)


# -- the published numbers --------------------------------------------------------------------------------------------


def rows(protocol: Protocol, direction: str, **wanted: object) -> list[Published]:
    return [
        row
        for row in protocol.published
        if row.direction == direction and all(getattr(row, name) == value for name, value in wanted.items())
    ]


@pytest.mark.parametrize(
    ("direction", "metric", "best", "value"),
    [
        ("kgv-eng", "chrf", "a person who read the book", 51.6),
        ("eng-kgv", "chrf", "Gemini 1.5 Pro", 59.1),
        ("kgv-eng", "bleu", "a person who read the book", 20.8),
    ],
)
def test_the_highest_number_of_mtob_is_the_published_one(direction: str, metric: str, best: str, value: float) -> None:
    highest = max(rows(MTOB, direction, metric=metric), key=lambda row: row.value)
    assert (highest.system, highest.value) == (best, value)


def test_the_headline_of_mtobs_paper_is_there_in_its_own_words() -> None:
    (out,), (into,) = (rows(MTOB, to, system="Claude 2", how="reported") for to in ("kgv-eng", "eng-kgv"))
    assert (out.value, into.value) == (44.7, 45.8)


@pytest.mark.parametrize("protocol", protocols.PROTOCOLS.values(), ids=protocols.PROTOCOLS)
def test_every_number_has_a_source_a_known_metric_and_a_place_on_its_scale(protocol: Protocol) -> None:
    metrics = {metric.name for metric in protocol.metrics}
    for row in protocol.published:
        assert row.direction in protocol.sizes
        assert row.metric in metrics
        assert 0 <= row.value <= 100
        assert row.source and row.system
        assert row.how in base.HOW
        assert bool(row.sections) == bool(row.material)
        assert row.level in ("", *protocol.levels)
    keys = Counter(
        (row.direction, row.system, row.material, row.metric, row.level, row.source) for row in protocol.published
    )
    assert max(keys.values()) == 1


def test_a_protocol_that_there_is_not_names_those_that_there_are() -> None:
    with pytest.raises(UsageError, match="no protocol 'flores'; the known ones are mtob, zhuangbench"):
        protocols.get("flores")


# -- scores -----------------------------------------------------------------------------------------------------------

PAIRS = [
    ("Gou bae Namzningz, dwg lwg’vunz!", "gou bae namzningz, dwg lwg'vunz!", "easy"),
    ("De gangj vah cuengh", "de gangj Vah Cuengh lo", "hard"),
    ("Mwngz ndei", "mwngz ndei ba", "easy"),
]


def evaluated(lang: str, pairs: list[tuple[str, str]]) -> dict[str, float]:
    """Return what ZhuangBench's own scorer computes for (hypothesis, reference)."""
    if lang == "za":
        pairs = [(a.replace("’", "'").replace("‘", "'"), b.replace("’", "'").replace("‘", "'")) for a, b in pairs]
    hypotheses, references = [pair[0] for pair in pairs], [[pair[1] for pair in pairs]]
    bleu = BLEU(lowercase=True, tokenize="zh") if lang == "zh" else BLEU(lowercase=True)
    chrf, chrf_plus_plus = CHRF(word_order=0, lowercase=True), CHRF(word_order=2, lowercase=True)
    found = {"bleu": bleu, "chrf": chrf, "chrf++": chrf_plus_plus}
    return {name: metric.corpus_score(hypotheses, references).score for name, metric in found.items()}


def test_zhuangbench_scores_are_its_own_scorers_for_the_whole_and_for_each_level() -> None:
    found = at(ZHUANGBENCH, "zh-za", [Answer(ours, (theirs,), level) for ours, theirs, level in PAIRS])
    assert [(level.name, level.n) for level in found.levels] == [("", 3), ("easy", 2), ("hard", 1)]
    for level in found.levels:
        pairs = [(ours, theirs) for ours, theirs, name in PAIRS if level.name in ("", name)]
        assert {it.metric: it.value for it in level.scores} == evaluated("za", pairs)


def test_into_chinese_zhuangbench_counts_characters_and_leaves_quotation_marks_alone() -> None:
    pairs = [("我去‘南宁’。", "我去'南宁'。"), ("他讲壮话OK", "他讲壮语ok")]
    found = at(ZHUANGBENCH, "za-zh", [Answer(ours, (theirs,), "easy") for ours, theirs in pairs])
    scores = {it.metric: it for it in found.levels[0].scores}
    assert {name: it.value for name, it in scores.items()} == evaluated("zh", pairs)
    assert "|case:lc|eff:no|tok:zh|" in scores["bleu"].signature
    assert "apostrophes" not in scores["bleu"].signature


def test_into_zhuang_the_signature_says_that_apostrophes_are_one() -> None:
    found = at(ZHUANGBENCH, "zh-za", [Answer(ours, (theirs,), level) for ours, theirs, level in PAIRS])
    for it in found.levels[0].scores:
        assert "case:lc" in it.signature
        assert it.signature.endswith("|apostrophes:one")


def test_mtob_scores_are_raw_chrf_with_case_and_punctuation() -> None:
    pairs = [("Ma he.", "ma he!"), ("The dog, sees", "the dog sees")]
    (level,) = at(MTOB, "kgv-eng", [Answer(ours, (theirs,)) for ours, theirs in pairs]).levels
    hypotheses, references = [pair[0] for pair in pairs], [[pair[1] for pair in pairs]]
    assert level.scores[0].metric == "chrf"
    assert level.scores[0].value == CHRF().corpus_score(hypotheses, references).score
    assert "case:mixed|eff:yes|nc:6|nw:0|" in level.scores[0].signature


# -- what can be compared ---------------------------------------------------------------------------------------------


def test_only_systems_that_had_read_the_same_stand_beside_a_run_and_people_and_floors_always() -> None:
    for sections in (("dictionary",), ("dictionary", "examples"), READ, ("dictionary", "examples", "glossed")):
        found = at(MTOB, "kgv-eng", [Answer("a", ("a",))], sections)
        read = {"grammar" if name == "glossed" else name for name in sections}
        assert {frozenset(row.sections) for row in found.beside} == {frozenset(), frozenset(read)}
        assert not {frozenset(row.sections) for row in found.others} & {frozenset(), frozenset(read)}
        assert len(found.beside) + len(found.others) == len(rows(MTOB, "kgv-eng"))


def test_a_run_of_the_benchmarks_size_has_no_departures() -> None:
    assert at(MTOB, "kgv-eng", [Answer("a", ("a",))] * 50).departures == ()
    levels = ["easy"] * 75 + ["medium"] * 60 + ["hard"] * 65
    assert at(ZHUANGBENCH, "za-zh", [Answer("a", ("a",), level) for level in levels], READ[:2]).departures == ()


def test_a_run_on_something_else_says_in_what_it_departs() -> None:
    found = at(ZHUANGBENCH, "za-zh", [Answer("a", ("a",), "easy"), Answer("b", ("b",))], ("dictionary", "text"))
    assert found.departures == (
        "2 segments; the benchmark tests za-zh with 200",
        "1 segments have no level of easy, medium, hard",
        "a text was read that the benchmark does not give",
    )


def test_a_run_that_departs_is_marked_in_the_table_where_it_stands_among_the_others() -> None:
    shown = published.text(at(MTOB, "kgv-eng", [Answer("The dog sees.", ("The dog sees.",))]), "embedded")
    table = shown.split("\n\n")[1].split("\n")
    assert table[0].split() == ["chrF", "system", "had", "read", "where", "from"]
    assert table[1].startswith("100.00  this run: embedded")
    assert table[1].endswith("measured now, not comparable")
    assert table[2].startswith(" 51.6   a person who read the book")
    assert "not comparable with the published numbers: 1 segments; the benchmark tests kgv-eng with 50" in shown


def test_published_numbers_are_shown_as_they_were_published() -> None:
    shown = published.text(at(MTOB, "eng-kgv", [Answer("Ma.", ("Ma.",))] * 50), "embedded")
    assert "\n 55.65  Claude 3.5 Sonnet" in shown
    assert "\n 57.0   a person" in shown
    shown = published.text(at(ZHUANGBENCH, "za-zh", [Answer("人", ("人",), "easy")], READ[:2]), "embedded")
    assert "\n32     GPT-4 with DiPMT++" in shown


def test_every_number_shown_names_its_source_below_the_table() -> None:
    shown = published.text(at(MTOB, "eng-kgv", [Answer("Ma.", ("Ma.",))] * 50), "embedded")
    assert {f" [{number}]\n" in shown for number in range(1, 9)} == {True}
    for number in range(1, 10):
        assert (f" [{number}]\n" in shown) == (f"\n[{number}] " in shown)
    assert "reported: stands in the publication; digitised: " in shown


# -- the archives -----------------------------------------------------------------------------------------------------


def test_mtobs_archive_is_put_in_place_read_without_a_password_and_evaluated_each_way_with_its_own_test(
    here: Path, capsys: Capture
) -> None:
    code, said, _ = main(capsys, "get", "mtob", "--into", here / "mtob", "--from", mtob_zip(here))
    assert (code, said.split("\n")[1]) == (0, f"next: ctxlearn check {here / 'mtob'}")
    code, said, problems = main(
        capsys, "evaluate", here / "mtob", "--protocol", "mtob", "--model", "nearest", "--json"
    )
    assert (code, problems) == (0, "")
    runs = json.loads(said)["runs"]
    assert [(run["test"], run["direction"], run["n"]) for run in runs] == [("ke", "kgv-eng", 2), ("ek", "eng-kgv", 2)]
    assert [run["sections"] for run in runs] == [list(READ)] * 2
    first = runs[0]["protocol"]
    assert first["scores"]["chrf"]["value"] == runs[0]["scores"]["chrf"]["value"]
    assert first["departures"] == ["2 segments; the benchmark tests kgv-eng with 50"]
    shown = {"system": "Gemini 1.5 Pro", "value": 48.0, "how": "reported", "beside": True, "metric": "chrf"}
    assert any(shown.items() <= row.items() for row in first["published"])


def test_of_mtobs_archive_the_canaries_are_no_records(here: Path) -> None:
    contents = put(here, "mtob", mtob_zip(here))
    sentences = contents.parts[2].material
    assert len(sentences.examples) == len(TRAIN)
    assert sentences.report.left_out == ()
    assert sentences.report.remarks[0].endswith("train_examples.json:1: a benchmark's canary, which is not a record")
    assert [len(test.items) for test in contents.tests] == [2, 2]
    assert contents.broken == 0


def put(here: Path, name: str, archive: Path) -> corpus.Contents:
    """Return a bundled corpus as it is read with that archive."""
    folder = here / name
    folder.mkdir()
    (folder / manifest.FILE).write_bytes((manifest.BUNDLED / name / manifest.FILE).read_bytes())
    (folder / archive.name).write_bytes(archive.read_bytes())
    return corpus.read(manifest.open_corpus(str(folder)))


def test_the_variable_overrides_the_published_password(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(FormatError, match="password is missing or wrong"):
        put(here, "mtob", mtob_zip(here, b"another"))
    monkeypatch.setenv("MTOB_PASSWORD", "another")
    assert corpus.read(manifest.open_corpus(str(here / "mtob"))).parts


def test_no_other_variable_has_a_published_password(here: Path) -> None:
    folder = here / "own"
    folder.mkdir()
    text = (manifest.BUNDLED / "mtob" / manifest.FILE).read_text(encoding="utf-8")
    (folder / manifest.FILE).write_text(text.replace("MTOB_PASSWORD", "MY_PASSWORD"), encoding="utf-8")
    mtob_zip(folder)
    with pytest.raises(SettingsError, match="MY_PASSWORD is not set"):
        corpus.read(manifest.open_corpus(str(folder)))


@pytest.mark.parametrize("below", ["", "data/"])
def test_zhuangbenchs_archive_gives_levels_whether_or_not_its_folder_was_packed_with_it(
    here: Path, capsys: Capture, below: str
) -> None:
    contents = put(here, "zhuangbench", zhuang_zip(here, below))
    assert [item.level for item in contents.tests[0].items] == ["easy", "easy", "hard"]
    options = ["--protocol", "zhuangbench", "--model", "nearest", "--direction", "za-zh"]
    code, said, _ = main(capsys, "evaluate", here / "zhuangbench", *options)
    assert code == 0
    shown = said[said.index("protocol zhuangbench") :].split("\n")
    assert [line.split()[:2] for line in shown if line.startswith(("all ", "easy ", "hard "))] == [
        ["all", "3"],
        ["easy", "2"],
        ["hard", "1"],
    ]
    assert "tok:zh" in said


def test_no_text_of_an_archive_is_left_in_the_corpus(here: Path) -> None:
    put(here, "zhuangbench", zhuang_zip(here))
    assert sorted(path.name for path in (here / "zhuangbench").iterdir()) == ["corpus.toml", "data.zip"]
    with zipfile.ZipFile(here / "zhuangbench" / "data.zip") as archive:
        assert all(info.flag_bits & 1 for info in archive.infolist())


@pytest.mark.parametrize("name", ["mtob", "zhuangbench"])
def test_without_its_archive_a_benchmark_says_how_to_bring_it(name: str, here: Path, capsys: Capture) -> None:
    folder = here / name
    code, said, _ = main(capsys, "get", name, "--into", folder)
    assert (code, said.endswith(f"cannot be fetched; `ctxlearn get {name} --from FILE` puts it there\n")) == (1, True)
    code, _, problem = main(capsys, "check", folder)
    assert code == 1
    assert f"is not there; `ctxlearn get {name} --from FILE` puts it there" in problem


def test_a_file_goes_to_the_one_place_that_it_can_be_for(here: Path, capsys: Capture) -> None:
    archive = zhuang_zip(here).rename(here / "downloaded (1).zip")
    target = here / "zhuangbench"
    assert main(capsys, "get", "zhuangbench", "--into", target, "--from", archive)[0] == 0
    assert (target / "data.zip").read_bytes() == archive.read_bytes()
    assert main(capsys, "get", "zhuangbench", "--into", target, "--from", archive)[0] == 0
    (other := here / "other.zip").write_bytes(b"other")
    code, _, problem = main(capsys, "get", target, "--from", other)
    assert (code, "there already with another content" in problem) == (1, True)
    code, _, problem = main(capsys, "get", "tarivel", "--into", here / "tarivel", "--from", other)
    assert (code, "which of the corpus's files is it?" in problem) == (2, True)
    code, _, problem = main(capsys, "get", target, "--from", here / "nosuch.zip")
    assert (code, "nosuch.zip: no such file" in problem) == (2, True)


# -- directions -------------------------------------------------------------------------------------------------------


def test_a_test_for_one_direction_is_not_run_the_other_way(here: Path, capsys: Capture) -> None:
    put(here, "mtob", mtob_zip(here))
    options = ["--model", "copy", "--test", "ke", "--json"]
    runs: list[dict[str, Any]] = json.loads(main(capsys, "evaluate", here / "mtob", *options)[1])["runs"]
    assert [(run["test"], run["direction"]) for run in runs] == [("ke", "kgv-eng")]
    assert "protocol" not in runs[0]
    code, _, problem = main(capsys, "evaluate", here / "mtob", *options, "--direction", "eng-kgv")
    assert (code, "is for eng-kgv" in problem) == (2, True)


def test_a_direction_of_other_languages_is_refused_on_its_line(here: Path) -> None:
    folder = here / "mtob"
    folder.mkdir()
    text = (manifest.BUNDLED / "mtob" / manifest.FILE).read_text(encoding="utf-8")
    (folder / manifest.FILE).write_text(text.replace('"eng-kgv"', '"deu-kgv"'), encoding="utf-8")
    with pytest.raises(FormatError, match="test ek: direction = 'deu-kgv'; expected kgv-eng or eng-kgv") as caught:
        manifest.open_corpus(str(folder))
    assert 'direction = "deu-kgv"' in str(caught.value)


def test_a_protocol_is_refused_for_a_corpus_of_other_languages(here: Path, capsys: Capture) -> None:
    code, _, problem = main(capsys, "evaluate", "tarivel", "--protocol", "mtob")
    assert code == 2
    assert "protocol mtob is for kgv and eng; this corpus has" in problem


@pytest.mark.real
def test_the_released_zhuang_material_reads_as_the_benchmark_counts_it(here: Path) -> None:
    folder = here / "zhuangbench"
    folder.mkdir()
    text = (manifest.BUNDLED / "zhuangbench" / manifest.FILE).read_text(encoding="utf-8")
    sources = text[: text.index("# The level of difficulty")]
    (folder / manifest.FILE).write_text(sources, encoding="utf-8")
    (folder / "data.zip").symlink_to(LANGUAGES / "zhuang" / "zhuang-train.zip")
    words, reverse, sentences = (part.material for part in corpus.read(manifest.open_corpus(str(folder))).parts)
    assert (len(words.entries), len(reverse.entries)) == (16_029, 13_619)
    assert len(sentences.examples) == 4_943  # one of the 4,944 is a test sentence too
