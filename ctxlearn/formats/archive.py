"""Which file of a zip archive is meant when corpus.toml does not say."""

from __future__ import annotations

import zipfile
from pathlib import Path

from ctxlearn.errors import CorpusError, FormatError
from ctxlearn.formats.base import BROKEN_ZIP


def sole_member(path: Path, wanted: str = "") -> str:
    """Return the name of the archive's only file, or of the one that ends in `wanted`. Raises FormatError."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = [info.filename for info in archive.infolist() if not info.is_dir()]
    except BROKEN_ZIP as error:
        raise FormatError(f"not a zip that can be read: {error}", path=path) from error
    except OSError as error:
        raise CorpusError(f"{path}: {error.strerror or error}; is the path in corpus.toml right?") from error
    fitting = [name for name in names if wanted and name.endswith(wanted)] or names
    if len(fitting) != 1:
        shown = ", ".join(names[:12]) or "nothing"
        raise FormatError(f'which of its files? it holds {shown}; name one in corpus.toml: member = "…"', path=path)
    return fitting[0]
