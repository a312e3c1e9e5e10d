"""The command line: find the command, run it, turn errors into messages and exit codes."""

from __future__ import annotations

import argparse
import gc
import importlib
import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ctxlearn import __version__
from ctxlearn.commands import COMMANDS
from ctxlearn.errors import CtxlearnError, StoreError, UsageError

# New objects before Python looks for cycles. By its own measure (700) it does so hundreds of times over what importing
# leaves behind for good: a sixth of the time to a first translation.
_NEW_OBJECTS = 100_000

EPILOG = "CORPUS is a folder with a corpus.toml, or the name of one below ./corpora, or a bundled one."


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code (the table is in docs/cli.md)."""
    gc.set_threshold(_NEW_OBJECTS)
    _speak_utf8()
    try:
        try:
            return call(list(sys.argv[1:] if argv is None else argv))
        finally:
            sys.stdout.flush()
    except CtxlearnError as error:
        print(f"ctxlearn: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("ctxlearn: interrupted; what was finished is kept", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # The reader has gone (`| head`): nothing more to say, and Python must not try to flush either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        print(f"ctxlearn: {StoreError(_system(error))}", file=sys.stderr)
        return StoreError.exit_code


def call(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code. Raises CtxlearnError, KeyboardInterrupt, OSError."""
    if arguments and arguments[0] in COMMANDS:
        name, *rest = arguments
        # Intermixed: `translate CORPUS --to eng TEXT` is as good as with the option at either end.
        args = parser_of(name).parse_intermixed_args(rest)
        return int(command(name).run(args))
    parser().parse_args(arguments)
    parser().print_help(sys.stderr)
    return UsageError.exit_code


def parser(called: str | None = None) -> argparse.ArgumentParser:
    """Return the parser; only the command `called` gets its options (all of them when it is `*`)."""
    top = argparse.ArgumentParser(prog="ctxlearn", description=_about(), epilog=EPILOG)
    top.add_argument("--version", action="version", version=f"ctxlearn {__version__}")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    for name, about in COMMANDS.items():
        it = commands.add_parser(name, help=about, description=about[:1].upper() + about[1:] + ".", epilog=EPILOG)
        if called in (name, "*"):
            command(name).register(it)
    return top


def parser_of(name: str) -> argparse.ArgumentParser:
    """Return the parser of one command."""
    commands = next(it for it in parser(name)._actions if isinstance(it, argparse._SubParsersAction))
    found: argparse.ArgumentParser = commands.choices[name]
    return found


def command(name: str) -> Any:
    """Return the module of a command."""
    return importlib.import_module(f"ctxlearn.commands.{name}")


def _speak_utf8() -> None:
    """Write UTF-8 into files and pipes whatever the locale says, as it is read from them; a terminal keeps its own."""
    if sys.stdout is None:  # closed by the caller: then results go nowhere
        sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115  # as long as the process
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            encoding = None if stream.isatty() else "utf-8"
            stream.reconfigure(encoding=encoding, errors="backslashreplace")


def _about() -> str:
    return "Translate a language no model has seen, from its books: dictionary, grammar and sentences."


def _system(error: OSError) -> str:
    where = f"{error.filename}: " if error.filename else ""
    return f"{where}{error.strerror or error}"


if __name__ == "__main__":
    sys.exit(main())
