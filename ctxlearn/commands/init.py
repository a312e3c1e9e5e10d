"""`ctxlearn init`: start a corpus, a folder with a corpus.toml that names its two languages."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from ctxlearn.commands import output


def register(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.epilog = "CORPUS is made below ./corpora, or, with a slash in it or as `.`, where it says."
    parser.add_argument("corpus", metavar="CORPUS", help="the folder to make, or its name below ./corpora")
    parser.add_argument("--name", help="the language's name (default: the folder's)")
    parser.add_argument("--code", help="its code, such as kgv: a BCP 47 tag, or what you call it")
    parser.add_argument("--contact-name", metavar="NAME", help="the language of its books (default: English)")
    parser.add_argument("--contact-code", metavar="CODE", help="that language's code (default: eng)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Make the folder and its corpus.toml; what is not given is asked for at a terminal."""
    from ctxlearn import manifest, manifest_writing
    from ctxlearn.data import Language
    from ctxlearn.errors import UsageError

    folder = _folder(args.corpus)
    path = folder / manifest.FILE
    if path.exists():
        raise UsageError(f"{path}: there already; `ctxlearn add` adds a source to it")
    if bool(args.contact_name) != bool(args.contact_code):
        raise UsageError("--contact-name and --contact-code go together; give both, or neither for English (eng)")
    name = args.name or _ask("the language's name", folder.resolve().name.replace("-", " ").title())
    code = args.code or _ask("its code, such as kgv (a BCP 47 tag; look it up at glottolog.org)")
    if not code:
        raise UsageError("--code is missing: the language's code, such as kgv; it names columns and directions")
    contact_name = args.contact_name or _ask("the language its books are written in", "English")
    contact_code = args.contact_code or _ask("that language's code", "eng" if contact_name == "English" else "")
    text = manifest_writing.new(Language(name, code), Language(contact_name, contact_code))
    manifest_writing.make(path, text)
    if args.json:
        output.as_json({"corpus": folder.resolve().name, "folder": str(folder), "file": str(path)})
    else:
        print(f"{path} is made\nnext: ctxlearn add {args.corpus} FILE…")
    return 0


def _folder(corpus: str) -> Path:
    is_path = os.sep in corpus or "/" in corpus or corpus in (".", "..")
    return Path(corpus) if is_path else Path("corpora") / corpus


def _ask(what: str, default: str = "") -> str:
    """Return what a person at a terminal answers; the default when there is nobody to ask or no answer."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return default
    print(what + (f" [{default}]" if default else "") + ": ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip() or default
