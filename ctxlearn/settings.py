"""Where things are kept, what a person has set, and the only reader of the environment.

The state folder may hold a settings.toml (TOML 1.0, described for people in docs/hosted.md):

    model = "embedded-quick"              # what `translate`, `warm` and the app take when none is named
    local_only = true                     # nothing leaves this machine, whatever a source's policy allows

    [spending]
    cap = 20.0                            # USD, of all that is asked of hosted models
    per = "month"                         # day, month or ever

    [models."anthropic/claude-sonnet-5-5"]
    retention = "none"                    # the provider has agreed to keep nothing of what it is sent
    api_base = "https://…"                # the server of which that is true; the provider's own when not given

    [models."gemini/gemini-3.8-flash".price]   # USD per million tokens; what is given here replaces what litellm knows
    input = 0.75
    storage = 1.0                         # and hour
    tiers = [ {above = 200_000, input = 1.5} ]
"""

from __future__ import annotations

import importlib.util
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import isfinite
from pathlib import Path
from typing import Any, Literal, NoReturn

import platformdirs

from ctxlearn.errors import SettingsError, StoreError

FILE = "settings.toml"
MODEL = "embedded"  # asked when none is named, here or on the command line

Period = Literal["day", "month", "ever"]
PERIODS: tuple[Period, ...] = ("day", "month", "ever")
RATES = ("input", "output", "cached", "written", "written_1h", "reasoning", "batch_input", "batch_output")
LIMITS = ("max_input_tokens", "max_output_tokens")


@dataclass(frozen=True, slots=True)
class Cap:
    """The most to spend, in USD, in a period."""

    usd: float
    per: Period = "month"


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """What a person has set for one model: prices in USD per million tokens, limits, and what its provider keeps.

    `retention` is "none" or "" (nothing was declared), and holds of the server `api_base` alone (None: the
    provider's own). `tiers` are further prices by the number of input tokens above which they hold.
    """

    retention: Literal["none", ""] = ""
    api_base: str | None = None
    price: Mapping[str, float] = field(default_factory=dict)
    tiers: Mapping[int, Mapping[str, float]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Settings:
    """The state folder, what the environment says, and what settings.toml says; made by `read`."""

    home: Path
    local_only: bool = False
    cap: Cap | None = None
    models: Mapping[str, ModelSettings] = field(default_factory=dict)
    model: str = MODEL

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
            for folder in (self.home, path):  # each by itself: `parents` would open those above to others
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(
                f"{path}: {error.strerror}; the state folder cannot be made; "
                "set CTXLEARN_HOME to a folder you may write"
            ) from error
        return path


def read() -> Settings:
    """Return the settings of this process, from CTXLEARN_HOME (default: the platform's user data folder).

    Raises SettingsError when the settings.toml there cannot be used.
    """
    named = os.environ.get("CTXLEARN_HOME")
    home = Path(named).expanduser() if named else Path(platformdirs.user_data_dir("ctxlearn", appauthor=False))
    said = in_file(home / FILE)
    by_environment = os.environ.get("CTXLEARN_LOCAL_ONLY", "") not in ("", "0")
    return replace(said, home=home, local_only=by_environment or said.local_only)


# -- settings.toml ----------------------------------------------------------------------------------------------------


def in_file(path: Path) -> Settings:
    """Return what a settings.toml says; nothing when there is none. Raises SettingsError."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (FileNotFoundError, NotADirectoryError):  # making the folder will say what is wrong with it
        return Settings(path.parent)
    except UnicodeDecodeError as error:
        line = bytes(error.object[: error.start]).count(b"\n") + 1
        raise SettingsError(f"{path}:{line}: not UTF-8; save the file as UTF-8") from error
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror}; the settings cannot be read") from error
    reader = _Toml(path, text)
    data = reader.parsed(text)
    reader.known(data, "", "model", "local_only", "spending", "models")
    return Settings(
        path.parent,
        local_only=reader.flag(data, "local_only"),
        cap=reader.cap(reader.table(data, "spending")),
        models={name: reader.model(name, table) for name, table in reader.table(data, "models").items()},
        model=reader.text(data, "model") or MODEL,
    )


class _Toml:
    """Checks what a settings.toml says, naming file and line."""

    def __init__(self, path: Path, text: str) -> None:
        self.path = path
        self.lines = text.split("\n")

    def parsed(self, text: str) -> dict[str, Any]:
        import tomllib  # late: most state folders have no such file

        try:
            return tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            match = re.search(r"\(at line (\d+), column \d+\)", str(error))
            line = int(match[1]) if match else len(self.lines)  # "at end of document"
            message = re.sub(r" \(at .*", "", str(error))
            raise SettingsError(f"{self.path}:{line}: {message[:1].lower()}{message[1:]}") from error
        except RecursionError as error:
            raise SettingsError(f"{self.path}: lists or tables within one another beyond all need") from error

    def fail(self, message: str, *words: str) -> NoReturn:
        """Raise SettingsError at the line of the last of `words`, each looked for after the line of the one before."""
        line = 0
        for word in words:
            pattern = re.compile(rf"(?<![\w-]){re.escape(word)}(?![\w-])")
            numbers = [*range(line, len(self.lines)), *range(line)]
            found = (n for n in numbers if not self.lines[n].lstrip().startswith("#") and pattern.search(self.lines[n]))
            line = next(found, line)
        raise SettingsError(f"{self.path}:{line + 1}: {message}")

    # -- fields

    def known(self, table: Mapping[str, Any], where: str, *names: str) -> None:
        for key in table:
            if key not in names:
                known = ", ".join(names)
                self.fail(f"{where}{key!r} is not a setting; the known ones here are {known}", *_in(where), key)

    def flag(self, table: Mapping[str, Any], key: str) -> bool:
        value = table.get(key, False)
        if not isinstance(value, bool):
            self.fail(f"{key} = {value!r}; expected true or false", key)
        return bool(value)

    def text(self, table: Mapping[str, Any], key: str) -> str:
        value = table.get(key, "")
        if not isinstance(value, str):
            self.fail(f"{key} = {value!r}; expected a text in quotes", key)
        return str(value)

    def table(self, data: Mapping[str, Any], key: str, where: str = "") -> dict[str, Any]:
        value = data.get(key, {})
        if not isinstance(value, dict):
            self.fail(f"{where}{key} = {value!r}; expected a table", *_in(where), key)
        return dict(value)

    def number(self, table: Mapping[str, Any], key: str, where: str) -> float:
        """Return a number above 0; 0 would be a price that is not known, and is never taken for free."""
        value = table[key]
        if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value) or value <= 0:
            self.fail(f"{where}{key} = {value!r}; expected a number above 0", *_in(where), key)
        return float(value)

    def one_of(self, table: Mapping[str, Any], key: str, where: str, known: tuple[str, ...], default: str) -> Any:
        value = table.get(key, default)
        if value not in known:
            self.fail(f"{where}{key} = {value!r}; expected one of {', '.join(filter(None, known))}", *_in(where), key)
        return value

    # -- tables

    def cap(self, table: Mapping[str, Any]) -> Cap | None:
        where = "[spending] "
        self.known(table, where, "cap", "per")
        per = self.one_of(table, "per", where, PERIODS, "month")
        if "cap" not in table:
            return self.fail(f"{where}has no cap, in USD", "spending") if table else None
        return Cap(self.number(table, "cap", where), per)

    def model(self, name: str, table: Any) -> ModelSettings:
        where = f'[models."{name}"] '
        if not isinstance(table, dict):
            self.fail(f"models: {name} = {table!r}; expected a table", name)
        self.known(table, where, "retention", "api_base", "price")
        base = table.get("api_base")
        if base is not None and not isinstance(base, str):
            self.fail(f"{where}api_base = {base!r}; expected a text in quotes", name, "api_base")
        price = self.table(table, "price", where)
        tiers = price.pop("tiers", [])
        if not isinstance(tiers, list) or not all(isinstance(tier, dict) for tier in tiers):
            self.fail(f"{where}tiers = {tiers!r}; expected a list of tables", name, "tiers")
        return ModelSettings(
            self.one_of(table, "retention", where, ("none", ""), ""),
            base,
            self.prices(price, where, *RATES, "storage", *LIMITS),
            dict(self.tier(tier, where) for tier in tiers),
        )

    def prices(self, table: Mapping[str, Any], where: str, *names: str) -> dict[str, float]:
        self.known(table, where, *names)
        return {key: self.number(table, key, where) for key in table}

    def tier(self, table: Mapping[str, Any], where: str) -> tuple[int, dict[str, float]]:
        if "above" not in table:
            self.fail(f"{where}a tier has no 'above': from how many input tokens on it holds", *_in(where), "tiers")
        prices = self.prices(table, where, "above", *RATES)
        return int(prices.pop("above")), prices


def _in(where: str) -> tuple[str, ...]:
    """Return the words of a table's header, to find the line of a key in it.

    >>> _in('[models."gemini/x"] '), _in("[spending] "), _in("")
    (('gemini/x',), ('spending',), ())
    """
    name = where.strip().removeprefix("[").removesuffix("]").removeprefix("models.").strip('"')
    return (name,) if name else ()


# -- the environment --------------------------------------------------------------------------------------------------


def password(variable: str) -> bytes | None:
    """Return the password that an environment variable holds; None when it is not set."""
    value = os.environ.get(variable)
    return None if value is None else value.encode()


def variable(*names: str) -> str | None:
    """Return what the first of these environment variables that is set holds: a provider's key, a project."""
    return next((value for name in names if (value := os.environ.get(name, "").strip())), None)


def name_set(*names: str) -> str | None:
    """Return the first of these environment variables that is set, never what it holds."""
    return next((name for name in names if os.environ.get(name, "").strip()), None)


def person() -> str:
    """Return the name under which somebody is logged in on this machine, or ''."""
    import getpass  # late: it reads the environment, and a database of users where there is one

    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a user without a name
        return ""


def bypass_proxies(host: str) -> None:
    """Let no proxy that the environment names stand between this process and a host (NO_PROXY, in both spellings)."""
    names = ("no_proxy", "NO_PROXY")
    said = [it.strip() for name in names for it in os.environ.get(name, "").split(",") if it.strip()]
    if "*" not in said:
        os.environ.update(dict.fromkeys(names, ",".join(dict.fromkeys([*said, host]))))


def quieten_litellm() -> None:
    """Keep litellm, which is to be imported next, from fetching price lists, reading .env files, and keeping logs."""
    os.environ.update(
        LOGGING_EXECUTOR_MAX_PENDING_TASKS="0",  # nobody listens to what it would add up in threads after each answer
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


def environment_of_a_worker() -> dict[str, str]:
    """Return the environment of another process of this program, which finds the program where this one did."""
    root = str(Path(__file__).parents[1])
    others = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    return {**os.environ, "PYTHONPATH": os.pathsep.join(dict.fromkeys([root, *filter(None, others)]))}


def terminal_wants_colour() -> bool:
    """Whether NO_COLOR is unset (https://no-color.org)."""
    return not os.environ.get("NO_COLOR")
