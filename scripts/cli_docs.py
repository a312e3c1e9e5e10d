"""Write docs/cli.md from the parsers, or with --check say whether it is what they say."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from ctxlearn import cli

DOCS = Path(__file__).parent.parent / "docs" / "cli.md"
HEAD = """# The command line

Made from the program by `make docs`; edit the program, not this page.

Results go to stdout; progress, warnings and costs go to stderr; `--json` prints one object.

| exit code | meaning |
|---|---|
| 0 | done |
| 1 | failure: the message says where and why |
| 2 | asked for something that there is not |
| 3 | some segments failed; the others are there |
| 4 | a check or a threshold failed, or a held-out sentence leaks |
| 5 | the spending cap was reached |
| 6 | refused by a source's policy |
| 130 | interrupted; what was finished is kept, and the same call goes on from there |
"""


def page() -> str:
    """Return the page: the help of the program and of every command."""
    os.environ["COLUMNS"] = "100"
    os.environ["NO_COLOR"] = "1"
    top = cli.parser("*")
    commands = next(action for action in top._actions if isinstance(action, argparse._SubParsersAction))
    helps = [("ctxlearn", top), *((f"ctxlearn {name}", parser) for name, parser in commands.choices.items())]
    return HEAD + "".join(f"\n## {name}\n\n```\n{parser.format_help().rstrip()}\n```\n" for name, parser in helps)


def main() -> int:
    """Write the page, or compare it."""
    if "--check" not in sys.argv:
        DOCS.write_text(page(), encoding="utf-8")
        return 0
    if DOCS.read_text(encoding="utf-8") == page():
        return 0
    print(f"{DOCS.name} is not what the program says; `make docs` writes it anew", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
