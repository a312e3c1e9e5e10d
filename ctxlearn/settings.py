"""Where things are kept, and the only reader of the environment."""

from __future__ import annotations

import importlib.util
import os
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from ctxlearn.errors import StoreError


@dataclass(frozen=True, slots=True)
class Settings:
    """The state folder and what the environment says; made by `read`."""

    home: Path
    local_only: bool = False

    @property
    def packs(self) -> Path:
        """Packed contexts, by the hash of all that goes into them."""
        return self.folder("packs")

    @property
    def learned(self) -> Path:
        """What the embedded model learned, by the prefix's fingerprint."""
        return self.folder("learned")

    @property
    def answers(self) -> Path:
        """What hosted models answered."""
        return self.folder("answers")

    @property
    def kept(self) -> Path:
        """What is known of the objects that lie at providers."""
        return self.folder("kept")

    @property
    def ledger(self) -> Path:
        """The SQLite file with runs and segments."""
        return self.folder() / "ledger.sqlite"

    def folder(self, name: str = "") -> Path:
        """Return a folder of the state folder, made with mode 0700 when it is not there. Raises StoreError."""
        path = self.home / name
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(
                f"{path}: {error.strerror}; the state folder cannot be made; set CTXLEARN_HOME to a folder you may write"
            ) from error
        return path


def read() -> Settings:
    """Return the settings of this process, from CTXLEARN_HOME (default: the platform's user data folder)."""
    home = os.environ.get("CTXLEARN_HOME")
    return Settings(
        home=Path(home).expanduser() if home else Path(platformdirs.user_data_dir("ctxlearn", appauthor=False)),
        local_only=os.environ.get("CTXLEARN_LOCAL_ONLY", "") not in ("", "0"),
    )


def password(variable: str) -> bytes | None:
    """Return the password that an environment variable holds; None when it is not set."""
    value = os.environ.get(variable)
    return None if value is None else value.encode()


def variable(*names: str) -> str | None:
    """Return what the first of these environment variables that is set holds: a provider's key, a project."""
    return next((value for name in names if (value := os.environ.get(name, "").strip())), None)


def quieten_litellm() -> None:
    """Keep litellm, which is to be imported next, from fetching price lists and from reading .env files."""
    os.environ.update(
        LITELLM_LOCAL_MODEL_COST_MAP="True",
        LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS="True",
        LITELLM_OFFLINE_MODE="true",
        LITELLM_MODE="PRODUCTION",
    )


def point_tiktoken_at_bundled_files() -> None:
    """Let tiktoken find its encodings in litellm's package, so that counting tokens never asks the network."""
    spec = importlib.util.find_spec("litellm")
    if spec is not None and spec.origin is not None:
        bundled = Path(spec.origin).parent / "litellm_core_utils" / "tokenizers"
        os.environ.setdefault("TIKTOKEN_CACHE_DIR", str(bundled))


def terminal_wants_colour() -> bool:
    """Whether NO_COLOR is unset (https://no-color.org)."""
    return not os.environ.get("NO_COLOR")
