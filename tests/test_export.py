"""Exports: each is read back by a reader of its own format, and holds every text as it was."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import openpyxl
import pandas  # type: ignore[import-untyped]  # it ships no types
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree  # type: ignore[import-untyped]  # nor does it

import scoring
from ctxlearn.cli import main
from ctxlearn.errors import UsageError
from ctxlearn.export import FORMATS, Exported, export, gather, html, latex, latex_fonts, markdown, report
from ctxlearn.export.base import one_line
from ctxlearn.manifest import Origin
from ctxlearn.runs import Ledger, RunSegment
from ctxlearn.settings import read
from scoring import Score
from tests.ledgers import RUN, entered
from tests.tiny import TINY

NASTY = [
    "=at",
    "-an",
    "+1",
    "@x",
    "a\tb\nc\rd",
    "\"quoted\" 'and' not",
    "<b>&amp; <script>alert(1)</script>",
    "\\input{x} 50% $x_1^2$ #~{}|",
    "*bold* _it_ [l](u) `c` ![i](u)",
    "line\u2028end\u0085x",
    "שלום مرحبا",
    "e\u0301 𐐀 \u200d",
    "\x01\x0b",
    "000123",
]
REFERENCES = [(text, f"{text} two") if number % 2 else (text,) for number, text in enumerate(NASTY)]


@pytest.fixture
def ledger(home: Path) -> Iterator[Ledger]:
    with Ledger(read().ledger) as opened:
        yield opened


@pytest.fixture
def run_id(ledger: Ledger) -> str:
    return entered(
        ledger,
        NASTY,
        REFERENCES,
        sources=NASTY[::-1],
        tags=("paper", "=1+1"),
        leaks={"removed": 2, "items": [{"kind": "exact", "section": "examples"}] * 2},
        floors={"copy": {"chrf": 12.5}},
        coverage={"types": 0.5, "tokens": 0.25},
    )


def written(ledger: Ledger, name: str, *run_ids: str, normalised: bool = False) -> bytes:
    return export(gather(ledger, run_ids, normalised=normalised), name).content


# -- for programs -----------------------------------------------------------------------------------------------------


def test_json_lines_hold_every_segment_as_it_is_in_the_ledger(ledger: Ledger, run_id: str) -> None:
    content = written(ledger, "jsonl", run_id)
    lines = content.decode().splitlines()
    assert len(lines) == len(NASTY)
    rows = [json.loads(line) for line in lines]
    assert [row["hypothesis"] for row in rows] == NASTY
    assert [tuple(row["references"]) for row in rows] == REFERENCES
    first = rows[0]
    assert (first["id"], first["source"], first["position"], first["run"]) == ("d0", NASTY[-1], 0, run_id)
    assert first["tags"] == ["paper", "=1+1"]
    assert first["scores"] == {"chrf++": ledger.segments(run_id)[0].score}
    assert len({row["id"] for row in rows}) == len(rows)


def test_pandas_reads_the_json_lines(ledger: Ledger, run_id: str) -> None:
    frame = pandas.read_json(io.BytesIO(written(ledger, "jsonl", run_id)), lines=True, dtype=False)
    assert frame["hypothesis"].tolist() == NASTY


def test_the_hypotheses_of_an_export_score_on_sacrebleu_what_the_ledger_says(ledger: Ledger, run_id: str) -> None:
    rows = [json.loads(line) for line in written(ledger, "jsonl", run_id).splitlines()]
    hypotheses, references = [row["hypothesis"] for row in rows], [row["references"] for row in rows]
    scores = scoring.score(hypotheses, references, "eng", ("chrf",), bootstrap=100)
    assert scores[0] == next(it for it in ledger.show(run_id).scores if it.metric == "chrf")


def test_tab_separated_values_have_a_row_a_segment_and_no_other_tab(ledger: Ledger, run_id: str) -> None:
    text = written(ledger, "tsv", run_id).decode()
    table = [line.split("\t") for line in text.removesuffix("\n").split("\n")]
    assert {len(row) for row in table} == {len(table[0])} and len(table) == len(NASTY) + 1
    hypotheses = [row[table[0].index("hypothesis")] for row in table[1:]]
    assert hypotheses == [one_line(text) for text in NASTY]
    assert hypotheses[4] == "a b c d"
    assert table[2][table[0].index("reference_2")] == f"{NASTY[1]} two"
    frame = pandas.read_csv(io.StringIO(text), sep="\t", quoting=csv.QUOTE_NONE, dtype=str, keep_default_na=False)
    assert frame["hypothesis"].tolist() == hypotheses


def test_a_workbook_holds_texts_and_no_formula(ledger: Ledger, run_id: str) -> None:
    book = openpyxl.load_workbook(io.BytesIO(written(ledger, "xlsx", run_id)))
    assert book.sheetnames == ["runs", "segments"]
    names = [cell.value for cell in book["segments"][1]]
    column = names.index("hypothesis") + 1
    cells = [book["segments"].cell(row, column) for row in range(2, len(NASTY) + 2)]
    assert [cell.value for cell in cells[:4]] == ["=at", "-an", "+1", "@x"]
    assert {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row} <= {"s", "n", "inlineStr"}
    assert cells[12].value == "\ufffd\ufffd" and cells[13].value == "000123"
    scores = dict(zip([cell.value for cell in book["runs"][1]], [cell.value for cell in book["runs"][2]], strict=True))
    assert scores["chrf"] == next(it.value for it in ledger.show(run_id).scores if it.metric == "chrf")


def test_a_text_too_long_for_a_cell_is_cut_and_told() -> None:
    segment = RunSegment(0, "d0", "s", ("r",), "x" * 40_000)
    found = export([Exported(replace(RUN, id="r", n=1), (segment,))], "xlsx")
    assert found.remarks == ("a text of 40,000 characters was cut to the 32,767 that a cell can hold",)


# What TMX 1.4b's own document type says of the elements that are written here.
TMX = """
<!ELEMENT tmx (header, body)> <!ATTLIST tmx version CDATA #FIXED "1.4">
<!ELEMENT header EMPTY>
<!ATTLIST header creationtool CDATA #REQUIRED creationtoolversion CDATA #REQUIRED adminlang CDATA #REQUIRED
  segtype (block|paragraph|sentence|phrase) #REQUIRED o-tmf CDATA #REQUIRED srclang CDATA #REQUIRED
  datatype CDATA #REQUIRED>
<!ELEMENT body (tu*)>
<!ELEMENT tu ((note|prop)*, tuv+)> <!ELEMENT note (#PCDATA)>
<!ATTLIST tu tuid CDATA #IMPLIED creationid CDATA #IMPLIED creationdate CDATA #IMPLIED>
<!ELEMENT prop (#PCDATA)> <!ATTLIST prop type CDATA #REQUIRED>
<!ELEMENT tuv (seg)> <!ATTLIST tuv xml:lang CDATA #REQUIRED>
<!ELEMENT seg (#PCDATA)>
"""


def test_a_translation_memory_is_valid_and_says_where_each_unit_comes_from(ledger: Ledger, run_id: str) -> None:
    found = export(gather(ledger, [run_id]), "tmx")
    root = etree.fromstring(found.content, etree.XMLParser(load_dtd=False, no_network=True, resolve_entities=False))
    etree.DTD(io.StringIO(TMX)).assertValid(root)
    units = root.findall("body/tu")
    # A control character alone is no text that XML could hold; the unit stays, the character is replaced.
    assert len(units) == len(NASTY) and found.remarks == ()
    first = units[6]
    props = {prop.get("type"): prop.text for prop in first.findall("prop")}
    run = ledger.show(run_id)
    expected = {"x-machine-translation": "yes", "x-run": run_id, "x-model": "embedded", "x-context": run.context}
    assert expected.items() <= props.items()
    lang = "{http://www.w3.org/XML/1998/namespace}lang"
    assert [(tuv.get(lang), tuv.findtext("seg")) for tuv in first.findall("tuv")] == [
        ("qaa", NASTY[::-1][6]),
        ("eng", NASTY[6]),
    ]
    assert re.fullmatch(r"\d{8}T\d{6}Z", first.get("creationdate") or "")
    assert units[0].get("tuid") == f"{run_id}:d0"


def test_exports_name_the_id_that_answered_where_it_is_another_than_was_asked_for(ledger: Ledger, run_id: str) -> None:
    run_id = ledger.begin(replace(ledger.show(run_id), status="running", model="x/gpt", n=2), ledger.context("f1"))
    segments = [RunSegment(n, f"d{n}", "a", ("b",), "b", model=("gpt-2026-05", "x/gpt")[n], attempts=n) for n in (0, 1)]
    ledger.enter_segments(run_id, segments)
    ledger.finish(run_id, ledger.list()[1].scores)
    memory = written(ledger, "tmx", run_id).decode()
    assert re.findall(r'"x-answered-by">(.*?)<', memory) == ["gpt-2026-05"]
    lines = [json.loads(line) for line in written(ledger, "jsonl", run_id).splitlines()]
    assert [(it["answered_by"], it["attempts"]) for it in lines] == [("gpt-2026-05", 0), ("x/gpt", 1)]
    rows = [
        *csv.DictReader(io.StringIO(written(ledger, "tsv", run_id).decode()), delimiter="\t", quoting=csv.QUOTE_NONE)
    ]
    assert [(it["answered_by"], it["attempts"]) for it in rows] == [("gpt-2026-05", "0"), ("x/gpt", "1")]
    assert "answered by: gpt-2026-05, x/gpt" in written(ledger, "md", run_id).decode().replace("\\", "")


def test_translations_entered_from_a_file_are_not_said_to_be_a_machines(ledger: Ledger) -> None:
    run_id = entered(ledger, ["a"], [("a",)], model="elder", system="model:elder|dir:qaa-eng|file:12ab34cd")
    assert b'<prop type="x-machine-translation">unknown</prop>' in written(ledger, "tmx", run_id)


def test_segments_without_a_translation_are_left_out_of_a_memory_and_counted(ledger: Ledger) -> None:
    run_id = entered(ledger, ["a house", ""], [("a house",), ("two",)])
    found = export(gather(ledger, [run_id]), "tmx")
    assert found.content.count(b"<tu ") == 1 and b">two<" not in found.content
    assert found.remarks == ("1 of 2 segments have no translation and are left out",)


def test_a_memory_is_from_one_language(ledger: Ledger, run_id: str) -> None:
    other = entered(ledger, ["a"], [("a",)], direction="eng-qaa")
    with pytest.raises(UsageError, match="runs from eng and qaa"):
        export(gather(ledger, [run_id, other]), "tmx")


@pytest.mark.parametrize("name", ["jsonl", "tsv", "xlsx", "tmx"])
def test_an_unfinished_run_is_exported_as_one(ledger: Ledger, name: str) -> None:
    run_id = entered(ledger, ["a house"], [("a house",)], scored=False)
    content = written(ledger, name, run_id)
    assert name not in ("jsonl", "tsv") or b"running" in content


# -- reports ----------------------------------------------------------------------------------------------------------


class Texts(HTMLParser):
    """What a page shows, its tags, and the addresses it refers to."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.shown: list[str] = []
        self.tags: set[str] = set()
        self.addresses: list[str] = []
        self.open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href", "action", "data")]
        if tag not in ("meta", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.shown.append(data)


@pytest.mark.parametrize("name", ["md", "html", "latex"])
def test_a_report_has_scores_signatures_leaks_floors_coverage_and_worst_sentences(
    ledger: Ledger, run_id: str, name: str
) -> None:
    text = written(ledger, name, run_id).decode()
    score = next(it for it in ledger.show(run_id).scores if it.metric == "chrf")
    assert f"{score.value:.2f}" in text and "12.50" in text
    plain = {"latex": lambda it: latex.escape(it), "md": markdown.escape, "html": html.escape}[name]
    for said in (score.signature, f"[{score.low:.1f}, ", "2 exact in examples", "50.0% of word types", run_id):
        assert plain(said) in text
    assert "its sources cannot be named here" in text
    assert "script>alert" not in text or name == "latex"


def test_a_page_is_well_formed_shows_every_text_and_fetches_nothing(ledger: Ledger, run_id: str) -> None:
    page = Texts(written(ledger, "html", run_id).decode())
    assert page.open == [] and "script" not in page.tags
    assert all(address.startswith("data:image/svg+xml;base64,") for address in page.addresses) and page.addresses
    worst = sorted(ledger.segments(run_id), key=lambda it: it.score or 0)[:10]
    for segment in worst:
        assert one_line(segment.hypothesis) in page.shown


@given(st.text(max_size=40))
@settings(max_examples=300)
def test_no_text_opens_or_closes_anything_in_a_report(text: str) -> None:
    page = Texts(f"<p>{html.escape(text)}</p>")
    assert page.tags == {"p"} and page.open == []
    row = markdown.escape(text)
    assert "\n" not in row and not re.search(r"(?<!\\)(\\\\)*[|<`*_\[]", row)
    tex = latex.escape(text)
    assert _balanced(tex) and "\n" not in tex
    commands = set(re.findall(r"\\[a-zA-Z]+", tex))
    allowed = "backslash asciicircum asciitilde less greater bar quotesingle asciigrave quotedbl"
    commands -= {latex_fonts.command(script) for script, _ in latex_fonts.pieces(text)}
    assert commands <= {*(f"\\text{name}" for name in allowed.split()), "\\allowbreak"}
    assert not re.search(r"(?<!\\)[$&#_%^~]", tex)


def _balanced(tex: str) -> bool:
    depth = 0
    for brace in re.findall(r"(?<!\\)[{}]", tex):
        depth += 1 if brace == "{" else -1
        if depth < 0:
            return False
    return depth == 0


def test_a_latex_report_opens_and_closes_all_it_uses(ledger: Ledger, run_id: str) -> None:
    other = entered(ledger, NASTY[::-1], REFERENCES)
    text = written(ledger, "latex", run_id, other).decode()
    assert _balanced(text)
    opened: list[str] = []
    for kind, name in re.findall(r"\\(begin|end)\{(\w+)\}", text):
        if kind == "begin":
            opened.append(name)
        else:
            assert opened.pop() == name
    assert opened == []
    for table in re.findall(r"\\begin\{longtable\}\{([^\n]*)\}\n(.*?)\\end\{longtable\}", text, re.DOTALL):
        columns = len(re.findall(r"L\{\d+mm\}|r", table[0]))
        rows = [line for line in table[1].splitlines() if line.endswith(r" \\")]
        assert rows and {len(re.findall(r"(?<!\\)&", row)) + 1 for row in rows} == {columns}


def test_letters_that_no_plain_tex_has_are_each_set_in_a_font_of_their_script_or_stop_the_compiler(
    ledger: Ledger,
) -> None:
    texts = ["ŋa 树下 ทะเล", "ma he", "ʼa̰ɣu"]
    text = written(ledger, "latex", entered(ledger, texts, [(it,) for it in texts])).decode()
    head, _, body = text.partition("\\begin{document}")
    assert r"{\scriptcjk 树下}" in body and r"{\scriptthai ทะเล}" in body and "ʼa̰ɣu" in body and "ŋa" in body
    for needed in (r"\newfontfamily\scriptcjk{Noto Serif CJK SC}", r"\newfontfamily\scriptthai{Noto Serif Thai}"):
        assert needed in head
    assert r"\PackageError{ctxlearn}{this report has letters beyond those of pdfLaTeX" in head
    assert r"\tracinglostchars=3" in head
    plain = written(ledger, "latex", entered(ledger, ["Ça va – ŋő", "a"], [("ß",), ("a",)])).decode()
    assert "PackageError" not in plain


def test_latex_says_that_it_sets_words_from_right_to_left_the_wrong_way_round(ledger: Ledger, run_id: str) -> None:
    assert [len(export(gather(ledger, [run_id]), name).remarks) for name in ("latex", "html")] == [1, 0]
    plain = entered(ledger, ["ma he"], [("ma",)])
    assert export(gather(ledger, [plain]), "latex").remarks == ()


@pytest.mark.skipif(shutil.which("xelatex") is None, reason="no XeLaTeX here")
@pytest.mark.parametrize("engine", ["pdflatex", "xelatex"])
def test_a_report_compiles(ledger: Ledger, tmp_path: Path, engine: str) -> None:
    texts = [text for text in NASTY if all(ord(char) < 0x300 for char in text)]
    path = tmp_path / "report.tex"
    path.write_bytes(written(ledger, "latex", entered(ledger, texts[:10], [(text,) for text in texts[:10]])))
    command = [engine, "-interaction=nonstopmode", "-halt-on-error", path.name]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, errors="replace", check=False)
    assert done.returncode == 0, done.stdout[-2000:]
    assert path.with_suffix(".pdf").stat().st_size > 10_000


def test_of_a_source_in_many_files_the_folder_is_named_and_their_number() -> None:
    files = tuple(Origin("f", f"https://a.org/x/{name}", "") for name in ("a.csv", "b.csv"))
    far = tuple(Origin("f", f"https://{host}.org/x", "") for host in "ab")
    found = [report._where([it.url for it in origins]) for origins in (files, files[:1], far, ())]
    assert found == ["https://a.org/x/ (2 files)", "https://a.org/x/a.csv", "https://a.org/x, https://b.org/x", ""]


def test_a_markdown_table_has_as_many_cells_in_each_row(ledger: Ledger, run_id: str) -> None:
    blocks = written(ledger, "md", run_id).decode().split("\n\n")
    tables = [block.splitlines() for block in blocks if block.startswith("|")]
    assert len(tables) == 2
    for table in tables:
        assert len({len(re.findall(r"(?<!\\)\|", row)) for row in table}) == 1


def test_several_runs_stand_in_one_table_with_their_differences(ledger: Ledger) -> None:
    texts = [f"the men went to house {number}" for number in range(40)]
    references = [(text,) for text in texts]
    nothing = entered(ledger, ["the x"] * 40, references, sections=("nothing",), context="f0")
    whole = entered(ledger, texts, references, sections=("dictionary", "examples"))
    elsewhere = entered(ledger, texts, references, direction="eng-qaa")
    text = written(ledger, "md", nothing, whole, elsewhere).decode()
    assert text.count("| run | model | sections |") == 2
    row = next(line for line in text.splitlines() if line.startswith(f"| {whole} | +"))
    assert row.endswith("| yes |")
    assert "●" in text


def test_a_report_has_the_scores_by_coverage_and_by_length(ledger: Ledger) -> None:
    chrf = {"chrf": {"value": 40.0, "low": 30.0, "high": 50.0, "signature": "s"}}
    slices = {"length": [{"slice": "1 – 4 words", "n": 1, "scores": chrf}]}
    coverage: dict[str, object] = {"types": 0.5, "tokens": 0.5, "slices": slices}
    run_id = entered(ledger, ["a"], [("a",)], coverage=coverage)
    text = written(ledger, "md", run_id).decode()
    assert "chrF by length of the source." in text and "40.0 \\[30.0, 50.0\\] (n \\= 1)" in text


def test_a_report_names_the_sources_of_the_corpus_with_licence_and_citation(ledger: Ledger) -> None:
    run_id = entered(ledger, ["a"], [("a",)], corpus_path=str(TINY))
    text = written(ledger, "html", run_id).decode()
    assert "not stated" in text and "Sources of toy" in text
    assert str(TINY) not in text


def test_tags_have_a_column_when_a_run_has_any(ledger: Ledger) -> None:
    one, other = (entered(ledger, texts, REFERENCES) for texts in (NASTY, NASTY[::-1]))
    assert "| run | model | sections |" in written(ledger, "md", one, other).decode()
    ledger.tag(other, ["ablation: nothing"])
    text = written(ledger, "md", one, other).decode()
    assert "| run | tags | model | sections |" in text and f"| {other} | ablation: nothing | embedded |" in text


def test_where_one_run_was_entered_with_scores_in_one_orthography_all_have_them(ledger: Ledger, run_id: str) -> None:
    texts = [it.hypothesis for it in ledger.segments(run_id)]
    run = ledger.show(run_id)
    both = (*run.scores, *scoring.normalised_score(texts, REFERENCES, "eng", ("chrf",), bootstrap=0))
    other = ledger.begin(replace(run, status="running"), ledger.context(run.context))
    ledger.enter_segments(other, ledger.segments(run_id))
    ledger.finish(other, both)
    for each in gather(ledger, [run_id, other]):
        assert [it.metric for it in each.run.scores].count("chrf-norm") == 1


def test_what_a_run_had_read_is_written_byte_by_byte(
    ledger: Ledger, run_id: str, tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    path = tmp_path / "context.txt"
    assert main(["runs", "context", run_id]) == 0
    assert main(["runs", "context", run_id, "-o", str(path)]) == 0
    text = ledger.context(ledger.show(run_id).context).text
    assert (capsysbinary.readouterr().out, path.read_bytes()) == (text.encode(), text.encode())
    assert main(["runs", "context", run_id, run_id]) == 2


def test_the_scores_in_one_orthography_stand_beside_the_raw_ones(ledger: Ledger, run_id: str) -> None:
    text = written(ledger, "md", run_id, normalised=True).decode()
    assert "chrF (normalised)" in text and "orth:nfkc+casefold+marks.1" in text
    assert "orth:" not in written(ledger, "md", run_id).decode()


def test_imported_scores_stand_in_every_export(ledger: Ledger, run_id: str) -> None:
    mean = Score("COMET", 0.5, 0.4, 0.6, "mean-of-segments|file:c.tsv")
    ledger.enter_outside(run_id, mean, [0.125 * number for number in range(len(NASTY))])
    assert json.loads(written(ledger, "jsonl", run_id).splitlines()[3])["scores"]["COMET"] == 0.375
    names = written(ledger, "tsv", run_id).decode().splitlines()[0].split("\t")
    assert names[-2:] == ["score_chrf++", "score_COMET"]
    assert b"file:c.tsv" in written(ledger, "html", run_id)


def test_a_report_is_on_finished_runs(ledger: Ledger, run_id: str) -> None:
    unfinished = entered(ledger, ["a"], [("a",)], scored=False)
    for name in ("md", "html", "latex"):
        with pytest.raises(UsageError, match=f"run {unfinished} is .*; a report is on finished runs"):
            export(gather(ledger, [run_id, unfinished]), name)


# -- the command ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FORMATS)
def test_the_format_follows_from_the_ending_of_the_file(ledger: Ledger, run_id: str, tmp_path: Path, name: str) -> None:
    file = tmp_path / f"out{FORMATS[name].suffix}"
    assert main(["runs", "export", run_id, "-o", str(file)]) == 0
    if name != "xlsx":  # a workbook holds the time at which it was written
        assert file.read_bytes() == written(ledger, name, run_id)
    else:
        assert file.read_bytes()[:2] == b"PK"


def test_without_a_file_an_export_goes_to_stdout(
    ledger: Ledger, run_id: str, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert main(["runs", "export", run_id, "--format", "tmx"]) == 0
    out, err = capfdbinary.readouterr()
    assert (out, err) == (written(ledger, "tmx", run_id), b"")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "which runs?"),
        (["nosuch"], "no run 'nosuch'"),
        (["RUN", "RUN"], "is named twice"),
        (["RUN", "--format", "docx"], "format 'docx': the known ones are jsonl, tsv, xlsx, tmx, md, html, latex"),
        (["RUN", "-o", "/nowhere/x.md"], "there is no folder /nowhere"),
    ],
)
def test_an_export_that_cannot_be_is_a_wrong_question(
    run_id: str, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert main(["runs", "export", *(run_id if it == "RUN" else it for it in arguments)]) == 2
    assert said in capsys.readouterr().err
