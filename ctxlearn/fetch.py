"""Fetch a corpus's files from where they are published; each is put in place whole and with the right sha256, or not.

A download grows as `NAME.part` beside its target. One that was cut is resumed with a Range request:

    206 from where the part ends    appended
    200                             the server sends the whole: started over
    416, or another range           started over
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
import ssl
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

import httpx

from ctxlearn import __version__
from ctxlearn.errors import FetchError
from ctxlearn.manifest import Origin

State = Literal["fetched", "there"]
Received = Callable[[int, int | None], None]  # bytes so far, bytes in all where the server says

PAUSES = (0.5, 1.5, 4.0)  # seconds before each further try
_TIMEOUT = httpx.Timeout(30, connect=10)
_BUSY = frozenset({408, 425, 429, 500, 502, 503, 504})
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")


class Fetcher:
    """Fetches origins into one corpus folder over one pool of connections; a context manager.

    With `force` a file that is there with another content is replaced; without, it is refused.
    """

    def __init__(self, folder: Path, *, force: bool = False, pauses: Sequence[float] = PAUSES) -> None:
        self._folder = folder
        self._force = force
        self._pauses = pauses
        self._away: set[str] = set()  # hosts that were given up on: their further files are tried once only
        # Compressed answers cannot be resumed by byte.
        headers = {"Accept-Encoding": "identity", "User-Agent": f"ctxlearn/{__version__}"}
        self._client = httpx.Client(headers=headers, timeout=_TIMEOUT, follow_redirects=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def fetch(self, origin: Origin, received: Received = lambda _done, _size: None) -> State:
        """Put one file in place, unless it is there already. Raises FetchError; then what was there before still is."""
        target = _inside(self._folder, origin.path)
        if target.exists() and self._is_there(target, origin):
            return "there"
        part = target.with_name(target.name + ".part")
        with _disk(part):
            if part.is_symlink():
                part.unlink()
        self._complete(origin, part, received)
        _check(part, origin)
        with _disk(target):
            part.replace(target)
        return "fetched"

    def _complete(self, origin: Origin, part: Path, received: Received) -> None:
        """Download what is missing of `part`; all of it when what was kept proves to be another version's beginning."""
        kept = part.exists()
        if kept and sha256(part) == origin.sha256:
            return
        self._download(origin, part, received)
        if kept and sha256(part) != origin.sha256:
            part.unlink()
            self._download(origin, part, received)

    def _is_there(self, target: Path, origin: Origin) -> bool:
        if target.is_dir():
            raise FetchError(f"{target}: a folder stands where a file is to be fetched; move it away")
        found = sha256(target)
        if found != origin.sha256 and not self._force:
            raise FetchError(
                f"{target}: there already with another content (sha256 {found}, expected {origin.sha256}); "
                "move it away, or replace it with --force"
            )
        return found == origin.sha256

    def _download(self, origin: Origin, part: Path, received: Received) -> None:
        """Bring `part` to its full length, with further tries where the connection or the server fails for now."""
        url = _checked(origin.url)
        pauses = () if url.host in self._away else self._pauses
        for pause in (*pauses, None):
            try:
                self._try(url, part, received)
                return
            except (httpx.TransportError, _BusyError) as error:
                if pause is None or not _may_pass(error):
                    self._away.add(url.host)
                    raise FetchError(f"{url}: {_why(error)}") from error
                time.sleep(pause)
            except httpx.HTTPError as error:  # too many redirects, an answer that cannot be decoded
                raise FetchError(f"{url}: {_said(error)}; is the url in corpus.toml right?") from error

    def _try(self, url: httpx.URL, part: Path, received: Received) -> None:
        have = part.stat().st_size if part.exists() else 0
        headers = {"Range": f"bytes={have}-"} if have else {}
        with self._client.stream("GET", url, headers=headers) as response:
            if response.status_code == 416 or (response.status_code == 206 and not _continues(response, have)):
                part.unlink(missing_ok=True)
                raise _BusyError(response.status_code)
            _check_status(response)
            have = have if response.status_code == 206 else 0
            _append(response, part, have, received)


class _BusyError(Exception):
    """The server answers that it cannot for now."""

    def __init__(self, status: int) -> None:
        super().__init__(f"the server answers {status}")


def sha256(path: Path) -> str:
    """Return a file's sha256 in hexadecimal. Raises FetchError."""
    with _disk(path), path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check_writable(folder: Path) -> None:
    """Raise FetchError when no file can be made in an existing folder."""
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise FetchError(
            f"{folder}: {error.strerror}; `ctxlearn get {folder.resolve().name} --into FOLDER` makes a copy of the "
            "corpus in a folder of yours and fetches there"
        ) from error


def _inside(folder: Path, path: str) -> Path:
    """Return the target of an origin; a link on its way must not lead out of the folder."""
    target = folder / path
    if not target.parent.resolve().is_relative_to(folder.resolve()):
        raise FetchError(f"{target}: a link leads out of {folder}; a fetched file must stay in the corpus's folder")
    return target


def _checked(url: str) -> httpx.URL:
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise FetchError(f"{url!r}: not a url: {error}; mend it in corpus.toml") from error
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise FetchError(f"{url!r}: expected a url that begins http:// or https://; mend it in corpus.toml")
    return parsed


def _continues(response: httpx.Response, have: int) -> bool:
    match = _RANGE.match(response.headers.get("Content-Range", ""))
    return match is not None and int(match[1]) == have


def _check_status(response: httpx.Response) -> None:
    status = response.status_code
    if status in _BUSY:
        raise _BusyError(status)
    if status not in (200, 206):
        gone = "it is not published there any more" if status in (404, 410) else "a browser may show why"
        raise FetchError(f"{response.url}: the server answers {status} {response.reason_phrase}; {gone}")


def _append(response: httpx.Response, part: Path, have: int, received: Received) -> None:
    """Write the body behind the `have` bytes that are kept; what arrived before an error stays."""
    length = response.headers.get("Content-Length", "")
    size = have + int(length) if length.isdecimal() else None
    with _disk(part):
        part.parent.mkdir(parents=True, exist_ok=True)
    with _disk(part), part.open("ab" if have else "wb") as file:
        for chunk in response.iter_bytes():  # as they come: a chunk size would hold back what a cut then loses
            file.write(chunk)
            have += len(chunk)
            received(have, size)
        file.flush()
        os.fsync(file.fileno())


def _check(part: Path, origin: Origin) -> None:
    found = sha256(part)
    if found != origin.sha256:
        part.unlink(missing_ok=True)
        raise FetchError(
            f"{origin.url}: what came has sha256 {found}, expected {origin.sha256}; it was thrown away; "
            "the file has changed where it is published, or on its way"
        )


def _may_pass(error: Exception) -> bool:
    """Whether another try may go better; a certificate that cannot be trusted stays so."""
    return not isinstance(error, httpx.UnsupportedProtocol | httpx.ProxyError) and not _is_certificate(error)


def _is_certificate(error: BaseException | None) -> bool:
    while error is not None and not isinstance(error, ssl.SSLCertVerificationError):
        error = error.__cause__ or error.__context__
    return error is not None


def _why(error: Exception) -> str:
    if _is_certificate(error):
        said = f"its certificate cannot be trusted ({_said(error)})"
        return f"{said}; is the clock right? SSL_CERT_FILE names other certificates"
    if isinstance(error, httpx.TimeoutException):
        return "no answer in time; try again later: what came so far is kept"
    if isinstance(error, httpx.ConnectError):
        return f"the server cannot be reached ({_said(error)}); is there a network? try again later"
    if isinstance(error, httpx.ProxyError):
        return f"the proxy refuses ({_said(error)}); HTTPS_PROXY and NO_PROXY say which is used"
    if isinstance(error, httpx.UnsupportedProtocol):
        return f"leads to something that is not http or https ({_said(error)}); mend the url in corpus.toml"
    return f"{_said(error)}; try again later: what came so far is kept"


def _said(error: Exception) -> str:
    return str(error).strip().rstrip(".") or type(error).__name__


@contextlib.contextmanager
def _disk(path: Path) -> Iterator[None]:
    """Turn what the disk refuses into FetchError; httpx's own errors are no OSErrors."""
    try:
        yield
    except OSError as error:
        remedy = "; make room and run it again: what came so far is kept" if error.errno in _FULL else ""
        raise FetchError(f"{error.filename or path}: {error.strerror or error}{remedy}") from error
