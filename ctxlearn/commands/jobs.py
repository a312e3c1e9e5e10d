"""`ctxlearn jobs`: the long jobs that the app began, each in a process of its own."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from ctxlearn.commands import output
from ctxlearn.errors import UsageError

if TYPE_CHECKING:
    from ctxlearn.jobs import Job, Jobs


def register(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument(
        "action",
        nargs="?",
        choices=ACTIONS,
        default="list",
        metavar="ACTION",
        help="list (default) | show JOB | pause JOB… | resume JOB… | cancel JOB… | rm JOB…",
    )
    parser.add_argument("names", nargs="*", metavar="JOB", help="a job's id, or as much of it as tells it apart")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Do what the action says; every job is looked up before anything is done to one."""
    from ctxlearn import settings
    from ctxlearn.jobs import Jobs

    if (args.action == "list") == bool(args.names):
        raise UsageError("jobs: " + ("list takes no JOB" if args.names else f"{args.action} which? `jobs` lists them"))
    with Jobs(settings.read()) as jobs:
        ids = [jobs.show(name).id for name in args.names]
        found = ACTIONS[args.action](jobs, ids)
    if args.json:
        output.as_json({"jobs": [_as_dict(it) for it in found]})
    elif args.action == "show":
        print("\n\n".join(f"{_table([it])}\n{it.error}\n{it.log()}".rstrip() for it in found))
    else:
        print(_table(found) if found else "no jobs")
    return 0


def _list(jobs: Jobs, _: list[str]) -> list[Job]:
    return [*jobs.list()]


def _show(jobs: Jobs, ids: list[str]) -> list[Job]:
    return [jobs.show(it) for it in ids]


def _pause(jobs: Jobs, ids: list[str]) -> list[Job]:
    for it in ids:
        jobs.pause(it)
    return _show(jobs, ids)


def _resume(jobs: Jobs, ids: list[str]) -> list[Job]:
    return [jobs.resume(it) for it in ids]


def _cancel(jobs: Jobs, ids: list[str]) -> list[Job]:
    for it in ids:
        jobs.cancel(it)
    return _show(jobs, ids)


def _remove(jobs: Jobs, ids: list[str]) -> list[Job]:
    for it in ids:
        jobs.remove(it)
    return _list(jobs, [])


ACTIONS = {"list": _list, "show": _show, "pause": _pause, "resume": _resume, "cancel": _cancel, "rm": _remove}


def _table(found: list[Job]) -> str:
    rows: list[list[object]] = [["job", "begun", "state", "done", "what", "at"]]
    for it in found:
        share = f"{it.done:,}" if it.total is None else f"{it.done:,} of {it.total:,}"
        state = f"{it.state} ({it.wanted} asked)" if it.wanted else it.state
        rows.append([it.id, it.created[:16], state, share, it.title, it.text if it.state == "running" else ""])
    return output.table(rows)


def _as_dict(it: Job) -> dict[str, object]:
    return {
        "job": it.id,
        "title": it.title,
        "corpus": it.corpus_path,
        "arguments": list(it.arguments),
        "folder": str(it.folder),
        "state": it.state,
        "created": it.created,
        "finished": it.finished,
        "done": it.done,
        "total": it.total,
        "text": it.text,
        "error": it.error,
        "exit_code": it.code,
        "runs": list(it.runs),
    }
