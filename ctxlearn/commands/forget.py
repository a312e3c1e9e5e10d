"""`ctxlearn forget`: delete all of a corpus's traces from the state folder; the corpus's own files stay."""

from __future__ import annotations

import argparse
from pathlib import Path

from ctxlearn.commands import output


def register(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("corpus", metavar="CORPUS", help="a corpus, or the path where one was")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Delete jobs, packs, what was learned from them, runs with their texts, translations and corrections."""
    from ctxlearn import manifest, models, packs, settings
    from ctxlearn.corrections import Corrections
    from ctxlearn.errors import UsageError
    from ctxlearn.history import History
    from ctxlearn.jobs import Jobs
    from ctxlearn.runs import Ledger

    here = settings.read()
    try:
        folder, unknown = manifest.find(args.corpus), None
    except UsageError as error:
        folder, unknown = Path(args.corpus), error  # the folder may be gone, its traces need not be
    path = str(folder.resolve())
    with Jobs(here) as held:
        jobs = held.forget(path)  # first: a job that goes on would leave new traces
    stored = packs.of_corpus(here.packs, folder)
    others = packs.fingerprints(here.packs, without=folder)
    for pack in stored:
        packs.delete(pack, learned=pack.fingerprint not in others)
    packs.sweep(here.packs)
    with Corrections(here.ledger, folder) as said, History(here.ledger) as history:
        corrected, translated = said.forget(), history.forget(path)
    with Ledger(here.ledger) as ledger:  # last: it writes the file anew, so that nothing deleted stays in it
        read = {it.context for it in ledger.list() if it.corpus_path == path}  # also of packs that are gone already
        others |= {it.context for it in ledger.list() if it.corpus_path != path}
        runs = ledger.forget(path)
    gone = (read | {pack.fingerprint for pack in stored}) - others
    answers, laid = models.forget(here, gone)
    if unknown is not None and not any((stored, runs, jobs, corrected, translated)):
        raise UsageError(f"{unknown}; nothing of {folder.resolve()} is kept either")
    if args.json:
        found = {"packs": len(stored), "runs": runs, "jobs": jobs, "translations": translated}
        found |= {"corrections": corrected, "answers": answers, "provider": laid}
        output.as_json({"corpus": str(folder), **found})
    else:
        contexts = output.counted(len(stored), "packed context")
        counts = [output.counted(runs, "run"), output.counted(jobs, "job")]
        counts += [output.counted(translated, "translation"), output.counted(corrected, "correction")]
        counts += [output.counted(answers, "answer")]
        parts = [contexts, "what was learned from them", *counts]
        print(f"{folder}: {', '.join(parts)} and {output.counted(laid, 'object')} at providers deleted")
    return 0
