from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from ctxlearn import cli, corpus, manifest
from ctxlearn.errors import FetchError
from ctxlearn.fetch import Fetcher, check_writable
from ctxlearn.manifest import Origin

KALAMANG = Path(__file__).parents[2] / "shared" / "languages" / "kalamang"
BODY = bytes(range(256)) * 1200  # more than a chunk and more than a socket's buffer


@dataclass
class Site:
    """What a loopback server publishes, how it misbehaves, and what it was asked."""

    url: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    cut_after: list[int] = field(default_factory=list)  # for each next answer: close the connection after so many bytes
    statuses: list[int] = field(default_factory=list)  # for each next answer: this status and no body
    ranges: bool = True
    asked: list[tuple[str, str]] = field(default_factory=list)  # path and Range of each request

    def origin(self, path: str, content: bytes | None = None, name: str = "") -> Origin:
        """Return the origin of a file whose content should be `content` (default: what is published)."""
        wanted = self.files[path] if content is None else content
        return Origin(name or path, f"{self.url}/{path}", hashlib.sha256(wanted).hexdigest())


class Handler(BaseHTTPRequestHandler):
    site: Site

    def do_GET(self) -> None:
        site, path, wanted = self.site, self.path.lstrip("/"), self.headers.get("Range", "")
        site.asked.append((path, wanted))
        if site.statuses and (status := site.statuses.pop(0)) != 200:
            self._answer(status, b"")
        elif path == "moved":
            self._answer(302, b"", Location=f"{site.url}/words.tsv")
        elif path not in site.files:
            self._answer(404, b"not here")
        else:
            self._file(site.files[path], wanted)

    def _file(self, body: bytes, wanted: str) -> None:
        match = re.fullmatch(r"bytes=(\d+)-", wanted) if self.site.ranges else None
        start = int(match[1]) if match else 0
        if match and start >= len(body):
            self._answer(416, b"")
        elif match:
            self._answer(206, body[start:], **{"Content-Range": f"bytes {start}-{len(body) - 1}/{len(body)}"})
        else:
            self._answer(200, body)

    def _answer(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        cut = self.site.cut_after.pop(0) if self.site.cut_after and status in (200, 206) else len(body)
        self.wfile.write(body[:cut])
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class calls it so
        pass


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    published = Site(files={"words.tsv": BODY})
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("SiteHandler", (Handler,), {"site": published}))
    published.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield published
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def fetch(tmp_path: Path) -> Iterator[Callable[[Origin], str]]:
    with Fetcher(tmp_path, pauses=(0.0, 0.0)) as fetcher:
        yield fetcher.fetch


Fetch = Callable[[Origin], str]


def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


# -- one file ---------------------------------------------------------------------------------------------------------


def test_a_file_is_fetched_into_its_folder_and_not_asked_for_again(site: Site, fetch: Fetch, tmp_path: Path) -> None:
    origin = site.origin("words.tsv", name="books/words.tsv")
    assert fetch(origin) == "fetched"
    assert fetch(origin) == "there"
    assert (tmp_path / "books" / "words.tsv").read_bytes() == BODY
    assert len(site.asked) == 1
    assert not list(tmp_path.rglob("*.part"))


def test_a_wrong_checksum_leaves_nothing_and_names_both_sums(site: Site, fetch: Fetch, tmp_path: Path) -> None:
    origin = site.origin("words.tsv", b"something else")
    with pytest.raises(FetchError) as caught:
        fetch(origin)
    assert origin.sha256 in str(caught.value)
    assert hashlib.sha256(BODY).hexdigest() in str(caught.value)
    assert origin.url in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_cut_download_is_resumed_where_it_ended(site: Site, fetch: Fetch, tmp_path: Path) -> None:
    site.cut_after = [100_000, 50_000]
    assert fetch(site.origin("words.tsv")) == "fetched"
    assert (tmp_path / "words.tsv").read_bytes() == BODY
    ranges = [wanted for _, wanted in site.asked]
    assert ranges[0] == ""
    assert ranges[1:] == ["bytes=100000-", "bytes=150000-"]


def test_a_download_that_is_always_cut_keeps_its_part_for_later(site: Site, fetch: Fetch, tmp_path: Path) -> None:
    site.cut_after = [1000, 1000, 1000]
    with pytest.raises(FetchError, match="what came so far is kept"):
        fetch(site.origin("words.tsv"))
    assert not (tmp_path / "words.tsv").exists()
    assert (tmp_path / "words.tsv.part").read_bytes() == BODY[:3000]
    assert fetch(site.origin("words.tsv")) == "fetched"
    assert site.asked[-1] == ("words.tsv", "bytes=3000-")


def test_a_server_that_knows_no_ranges_is_asked_for_the_whole(site: Site, fetch: Fetch, tmp_path: Path) -> None:
    site.ranges, site.cut_after = False, [100_000]
    assert fetch(site.origin("words.tsv")) == "fetched"
    assert (tmp_path / "words.tsv").read_bytes() == BODY


@pytest.mark.parametrize("kept", [b"of another version", b"x" * len(BODY), BODY + b"and more"])
def test_a_part_of_something_else_is_started_over(site: Site, fetch: Fetch, tmp_path: Path, kept: bytes) -> None:
    (tmp_path / "words.tsv.part").write_bytes(kept)
    assert fetch(site.origin("words.tsv")) == "fetched"
    assert (tmp_path / "words.tsv").read_bytes() == BODY


def test_a_part_that_is_whole_is_put_in_place_without_asking(site: Site, fetch: Fetch, tmp_path: Path) -> None:
    (tmp_path / "words.tsv.part").write_bytes(BODY)
    assert fetch(site.origin("words.tsv")) == "fetched"
    assert site.asked == []


def test_an_empty_file_is_a_file(site: Site, fetch: Fetch, tmp_path: Path) -> None:
    site.files["empty"] = b""
    assert fetch(site.origin("empty")) == "fetched"
    assert (tmp_path / "empty").read_bytes() == b""


def test_a_server_error_that_passes_is_waited_out(site: Site, fetch: Fetch) -> None:
    site.statuses = [500, 503, 200]
    assert fetch(site.origin("words.tsv")) == "fetched"
    assert len(site.asked) == 3


def test_a_server_error_that_stays_is_told(site: Site, fetch: Fetch) -> None:
    site.statuses = [500] * 3
    with pytest.raises(FetchError, match="the server answers 500; try again later"):
        fetch(site.origin("words.tsv"))


def test_a_file_that_is_not_published_is_asked_for_once(site: Site, fetch: Fetch) -> None:
    with pytest.raises(FetchError, match="404 Not Found; it is not published there any more"):
        fetch(site.origin("nosuch", b""))
    assert len(site.asked) == 1


def test_a_server_that_is_away_is_told(site: Site, fetch: Fetch, tmp_path: Path) -> None:
    away = Origin("books/words.tsv", f"http://127.0.0.1:{unused_port()}/words.tsv", "0" * 64)
    with pytest.raises(FetchError, match=r"the server cannot be reached .*; is there a network"):
        fetch(away)
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_speaks_no_tls_is_told(site: Site, fetch: Fetch) -> None:
    with pytest.raises(FetchError, match="the server cannot be reached"):
        fetch(Origin("words.tsv", site.url.replace("http:", "https:") + "/words.tsv", "0" * 64))


def test_a_redirection_is_followed(site: Site, fetch: Fetch, tmp_path: Path) -> None:
    site.files["moved"] = BODY
    assert fetch(site.origin("moved")) == "fetched"
    assert site.asked[-1][0] == "words.tsv"


@pytest.mark.parametrize(
    "url", [Path(__file__).as_uri(), "ftp://example.org/x", "words.tsv", "http://", "http://x:y/"], ids=range(5)
)
def test_only_http_is_fetched(fetch: Fetch, url: str) -> None:
    with pytest.raises(FetchError, match=r"corpus\.toml"):
        fetch(Origin("words.tsv", url, "0" * 64))


# -- what is on the disk ----------------------------------------------------------------------------------------------


def test_a_file_that_was_changed_is_replaced_only_by_force(site: Site, fetch: Fetch, tmp_path: Path) -> None:
    (tmp_path / "words.tsv").write_text("my own work")
    with pytest.raises(FetchError, match=r"another content .* --force"):
        fetch(site.origin("words.tsv"))
    assert (tmp_path / "words.tsv").read_text() == "my own work"
    assert site.asked == []
    with Fetcher(tmp_path, force=True) as forced:
        assert forced.fetch(site.origin("words.tsv")) == "fetched"
    assert (tmp_path / "words.tsv").read_bytes() == BODY


def test_by_force_too_the_old_file_stays_until_the_new_one_is_whole(site: Site, tmp_path: Path) -> None:
    (tmp_path / "words.tsv").write_text("my own work")
    with Fetcher(tmp_path, force=True, pauses=()) as forced, pytest.raises(FetchError):
        forced.fetch(site.origin("words.tsv", b"something else"))
    assert (tmp_path / "words.tsv").read_text() == "my own work"


def test_a_link_does_not_lead_a_fetched_file_out_of_the_folder(site: Site, tmp_path: Path) -> None:
    (tmp_path / "corpus").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "corpus" / "books").symlink_to(tmp_path / "elsewhere")
    with Fetcher(tmp_path / "corpus") as fetcher, pytest.raises(FetchError, match="a link leads out"):
        fetcher.fetch(site.origin("words.tsv", name="books/words.tsv"))
    (tmp_path / "corpus" / "words.tsv.part").symlink_to(tmp_path / "elsewhere" / "stolen")
    with Fetcher(tmp_path / "corpus") as fetcher:
        assert fetcher.fetch(site.origin("words.tsv")) == "fetched"
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_folder_in_the_place_of_a_file_is_told(site: Site, fetch: Fetch, tmp_path: Path) -> None:
    (tmp_path / "words.tsv").mkdir()
    with pytest.raises(FetchError, match="a folder stands where"):
        fetch(site.origin("words.tsv"))


@pytest.mark.skipif(sys.platform == "win32", reason="no file-size limit there")
def test_on_a_full_disk_the_corpus_is_as_it_was(site: Site, tmp_path: Path) -> None:
    toml = write_corpus(tmp_path, site.origin("words.tsv"))
    limited = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536)); {MAIN}"
    done = subprocess.run(
        [sys.executable, "-c", limited, "get", str(toml.parent)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert f"{os.strerror(errno.EFBIG)}; make room and run it again" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "words.tsv").exists()


# -- the command ------------------------------------------------------------------------------------------------------

MAIN = "import sys; from ctxlearn.cli import main; sys.exit(main())"


def write_corpus(folder: Path, *origins: Origin) -> Path:
    """Write a corpus with one source, words.tsv, with these origins."""
    tables = [f'[[source.origin]]\npath = "{it.path}"\nurl = "{it.url}"\nsha256 = "{it.sha256}"\n' for it in origins]
    toml = folder / manifest.FILE
    toml.write_text(
        '[language]\nname = "Foo"\ncode = "foo"\n[contact]\nname = "English"\ncode = "eng"\n'
        '[[source]]\nid = "words"\nkind = "dictionary"\npath = "words.tsv"\nlicence = "CC0-1.0"\ncite = "Foo 2001"\n'
        + "".join(tables)
    )
    return toml


def test_one_file_that_fails_does_not_keep_the_others_away(
    site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    site.files["more.tsv"] = b"more"
    write_corpus(tmp_path, site.origin("gone.tsv", b"gone"), site.origin("words.tsv"), site.origin("more.tsv"))
    assert cli.main(["get", str(tmp_path)]) == 1
    out, err = capsys.readouterr()
    assert (tmp_path / "words.tsv").read_bytes() == BODY
    assert (tmp_path / "more.tsv").read_bytes() == b"more"
    assert "words: 2 of 3 files; CC0-1.0; Foo 2001" in out
    assert "gone.tsv: " in err
    assert "words.tsv: fetched" in err


def test_a_host_that_is_away_is_waited_for_only_once(site: Site, tmp_path: Path) -> None:
    site.statuses = [503] * 10
    with Fetcher(tmp_path, pauses=(0.0, 0.0)) as fetcher:
        for name in ("one", "two"):
            with pytest.raises(FetchError):
                fetcher.fetch(site.origin("words.tsv", name=name))
    assert len(site.asked) == 3 + 1


def test_get_says_all_in_one_object(site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_corpus(tmp_path, site.origin("words.tsv"), site.origin("gone.tsv", b"gone"))
    assert cli.main(["get", "--json", str(tmp_path)]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["corpus"] == tmp_path.name
    assert [(it["path"], it["state"]) for it in found["sources"][0]["files"]] == [
        ("words.tsv", "fetched"),
        ("gone.tsv", "failed"),
    ]


def test_a_corpus_without_origins_has_nothing_to_fetch(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_corpus(tmp_path)
    assert cli.main(["get", str(tmp_path)]) == 0
    assert "nothing to fetch" in capsys.readouterr().out


def test_into_makes_a_copy_of_the_corpus_and_fetches_there(site: Site, tmp_path: Path) -> None:
    home, other = tmp_path / "home", tmp_path / "other" / "foo"
    home.mkdir()
    toml = write_corpus(home, site.origin("words.tsv"))
    toml.write_text(toml.read_text() + '[[test]]\nname = "dev"\nids = "splits/dev.ids"\nsource = "words"\n')
    (home / "splits").mkdir()
    (home / "splits" / "dev.ids").write_text("1\n")
    (home / "unrelated").write_text("stays at home")
    for _ in range(2):
        assert cli.main(["get", str(home), "--into", str(other)]) == 0
    assert sorted(path.relative_to(other).as_posix() for path in other.rglob("*") if path.is_file()) == [
        "corpus.toml",
        "splits/dev.ids",
        "words.tsv",
    ]
    assert not (home / "words.tsv").exists()


def test_into_does_not_replace_another_corpus(site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home, other = tmp_path / "home", tmp_path / "other"
    home.mkdir()
    other.mkdir()
    write_corpus(home, site.origin("words.tsv"))
    (other / manifest.FILE).write_text("# mine")
    assert cli.main(["get", str(home), "--into", str(other)]) == 1
    assert "there already with another content" in capsys.readouterr().err
    assert (other / manifest.FILE).read_text() == "# mine"


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="no folder that not even root may write")
def test_a_folder_that_may_not_be_written_is_told_with_the_way_out() -> None:
    with pytest.raises(FetchError, match=r"/proc/self: .*; `ctxlearn get \w+ --into FOLDER` makes a copy"):
        check_writable(Path("/proc/self"))


def test_an_interrupted_download_is_kept_and_continued(site: Site, tmp_path: Path) -> None:
    def interrupt(done: int, _size: int | None) -> None:
        if done >= 65536:
            raise KeyboardInterrupt

    with Fetcher(tmp_path) as fetcher:
        with pytest.raises(KeyboardInterrupt):
            fetcher.fetch(site.origin("words.tsv"), interrupt)
        kept = (tmp_path / "words.tsv.part").stat().st_size
        assert 65536 <= kept < len(BODY)
        assert fetcher.fetch(site.origin("words.tsv")) == "fetched"
    assert site.asked[-1] == ("words.tsv", f"bytes={kept}-")


# -- the real language ------------------------------------------------------------------------------------------------


def test_every_origin_of_kalamang_is_an_upstream_file_of_a_fixed_commit() -> None:
    bundled = manifest.parse(manifest.BUNDLED / "kalamang" / manifest.FILE)
    origins = [origin for source in bundled.sources for origin in source.origin]
    assert len(origins) == 31
    for source in bundled.sources:
        for origin in source.origin:
            assert (bundled.folder / origin.path).is_relative_to(source.path)
            assert re.match(r"https://raw\.githubusercontent\.com/[a-z]+/\w+/[0-9a-f]{40}/", origin.url)


@pytest.mark.real
def test_kalamang_has_the_sums_that_its_publishers_files_have() -> None:
    lines = (KALAMANG / "ORIGIN.tsv").read_text().splitlines()[1:]
    published = {url: sha256 for url, sha256, _ in (line.split("\t") for line in lines)}
    bundled = manifest.parse(manifest.BUNDLED / "kalamang" / manifest.FILE)
    for origin in (origin for source in bundled.sources for origin in source.origin):
        assert published[origin.url] == origin.sha256


@pytest.mark.real
def test_kalamang_is_fetched_whole_and_reads(site: Site, tmp_path: Path) -> None:
    bundled = manifest.BUNDLED / "kalamang"
    text = (bundled / manifest.FILE).read_text()
    for source in manifest.parse(bundled / manifest.FILE).sources:
        for origin in source.origin:
            site.files[origin.path] = (KALAMANG / origin.path).read_bytes()
            here = site.origin(origin.path)
            text = text.replace(origin.url, here.url).replace(origin.sha256, here.sha256)
    home = tmp_path / "kalamang"
    home.mkdir()
    (home / manifest.FILE).write_text(text)
    (home / "dev.ids").write_bytes((bundled / "dev.ids").read_bytes())
    assert cli.main(["get", str(home)]) == 0
    contents = corpus.read(manifest.parse(home / manifest.FILE))
    dictionary, grammar = (part.material for part in contents.parts)
    assert len(dictionary.entries) == 2737
    assert len(dictionary.examples) == 1663 - 150
    assert sum(block.example is not None for block in grammar.blocks) >= 1190
    assert len(contents.tests[0].items) == 150
