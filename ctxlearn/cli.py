"""The command line: find the command, run it, turn errors into messages and exit codes."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from typing import Any

from ctxlearn import __version__
from ctxlearn.commands import COMMANDS
from ctxlearn.errors import CtxlearnError, StoreError

EPILOG = "CORPUS is a folder with a corpus.toml, or the name of one below ./corpora, or a bundled one."


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code (the table is in docs/cli.md)."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        args = parser(_called(arguments)).parse_args(arguments)
        if args.command is None:
            parser().print_help()
            return 2
        code = command(args.command).run(args)
        sys.stdout.flush()
        return int(code)
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
        return 1


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


def command(name: str) -> Any:
    """Return the module of a command."""
    return importlib.import_module(f"ctxlearn.commands.{name}")


def _called(arguments: Sequence[str]) -> str | None:
    return next((argument for argument in arguments if argument in COMMANDS), None)


def _about() -> str:
    return "Translate a language no model has seen, from its books: dictionary, grammar and sentences."


def _system(error: OSError) -> str:
    where = f"{error.filename}: " if error.filename else ""
    return f"{where}{error.strerror or error}"


if __name__ == "__main__":
    sys.exit(main())
