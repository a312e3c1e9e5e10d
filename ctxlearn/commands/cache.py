"""`ctxlearn cache`: show or clear what is kept: answers, packed contexts, learned states, objects at providers."""

from __future__ import annotations

import argparse
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ctxlearn.commands import hosting, output

if TYPE_CHECKING:
    from ctxlearn.models.plans.kept import Kept
    from ctxlearn.settings import Settings

KINDS = ("answers", "packs", "learned", "provider")


def register(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("action", choices=("info", "clear"), nargs="?", default="info", help="info (default) or clear")
    parser.add_argument(
        "kinds",
        metavar="KIND",
        nargs="*",
        help=f"what to clear: {', '.join(KINDS)} (default: all); answers were paid for",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Show what there is, or clear it."""
    from ctxlearn import settings
    from ctxlearn.errors import UsageError

    if wrong := [kind for kind in args.kinds if kind not in KINDS]:
        raise UsageError(f"{wrong[0]!r}: expected one of {', '.join(KINDS)}")
    here = settings.read()
    if args.action == "clear":
        _clear(here, args.kinds or KINDS, args.json)
        return 0
    info = _info(here)
    if args.json:
        output.as_json(info)
    else:
        print(_text(info))
    return 0


# -- info -------------------------------------------------------------------------------------------------------------


def _info(here: Settings) -> dict[str, Any]:
    from ctxlearn.spending import Spending

    answers, size = _answers(here)
    with Spending(here.ledger, here.cap) as spending:
        spent = {per: hosting.spent_dict(spending.of_period(per)) for per in ("day", "month", "ever")}
        by_model = {name: hosting.spent_dict(it) for name, it in spending.by_model("month").items()}
    cap = None if here.cap is None else {"usd": here.cap.usd, "per": here.cap.per}
    return {
        "home": str(here.home),
        "answers": {"count": answers, "bytes": size},
        "packs": _folder(here.packs),
        "learned": _folder(here.learned),
        "provider": [_object(it) for _, it in _kept(here)],
        "spent": {**spent, "by_model": by_model, "cap": cap},
    }


def _answers(here: Settings) -> tuple[int, int]:
    from ctxlearn.models.cached import Answers

    store = Answers(here.answers)
    try:
        return store.info()
    finally:
        store.close()


def _folder(folder: Path) -> dict[str, int]:
    files = [it for it in folder.rglob("*") if it.is_file()]
    return {"count": sum(1 for _ in folder.glob("[!.]*")), "bytes": sum(it.stat().st_size for it in files)}


def _kept(here: Settings) -> list[tuple[str, Kept]]:
    from ctxlearn.models.plans.kept import Shelf

    return list(Shelf(here.kept).all())


def _object(it: Kept) -> dict[str, object]:
    left = max(0.0, it.expires - time.time())
    return {**output.fields(it, "fingerprint", "expires"), "seconds_left": round(left)}


def _text(info: dict[str, Any]) -> str:
    here = ("answers", "packs", "learned")
    rows = [["", "count", "MB"], *([kind, info[kind]["count"], f"{info[kind]['bytes'] / 1e6:.1f}"] for kind in here)]
    lines = [output.table(rows, right=(1, 2)), f"at providers: {output.counted(len(info['provider']), 'object')}"]
    lines += [
        f"  {it['name']} for {it['model']}, {it['tokens']:,} tokens, {it['seconds_left']:,} s left"
        for it in info["provider"]
    ]
    spent = info["spent"]
    lines += [f"spent in this {per}: {_spent(spent[per])}" for per in ("day", "month")]
    lines += [f"  {name}: {_spent(it)}" for name, it in spent["by_model"].items()]
    if spent["cap"] is not None:
        lines.append(f"cap: {hosting.money(spent['cap']['usd'])} ({spent['cap']['per']})")
    return "\n".join([*lines, info["home"]])


def _spent(it: dict[str, Any]) -> str:
    text = hosting.money(it["cost_usd"])
    if it["lost_requests"]:
        lost = output.counted(it["lost_requests"], "request")
        text += f", and {hosting.money(it['lost_usd'])} at most for {lost} that were cut off"
    if it["reserved_usd"]:
        text += f"; {hosting.money(it['reserved_usd'])} set aside for what is under way"
    return text


# -- clear ------------------------------------------------------------------------------------------------------------


def _clear(here: Settings, kinds: tuple[str, ...], json: bool) -> None:
    """Clear what is on this machine first, for a provider may not answer."""
    done: dict[str, object] = {}
    if "answers" in kinds:
        done["answers"] = _clear_answers(here)
    for kind, folder in (("packs", here.packs), ("learned", here.learned)):
        if kind in kinds:
            done[kind] = _empty(folder)
    if "provider" in kinds:
        done["provider"] = _clear_provider(here)
    if json:
        output.as_json(done)
    else:
        print("deleted: " + ", ".join(f"{count} {kind}" for kind, count in done.items()))


def _clear_answers(here: Settings) -> int:
    from ctxlearn.models.cached import Answers

    store = Answers(here.answers)
    try:
        return store.clear()
    finally:
        store.close()


def _empty(folder: Path) -> int:
    found = list(folder.iterdir())
    for it in found:
        if it.is_dir() and not it.is_symlink():
            shutil.rmtree(it)
        else:
            it.unlink(missing_ok=True)
    return len(found)


def _clear_provider(here: Settings) -> int:
    """Delete what lies at providers, if all of it may be asked for. Raises PolicyError, KeyMissing, ModelError."""
    from ctxlearn import policy
    from ctxlearn.models import hosted, plans

    for _, it in _kept(here):
        policy.check(["open"], policy.Destination(it.model, it.api_base), here)  # no text is sent, but a socket opened
    return len(plans.give_up(here.kept, hosted.vertex_token))
