"""`ctxlearn warm`: let a model read a corpus's context before it is asked."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from ctxlearn.commands import hosting, output

if TYPE_CHECKING:
    from ctxlearn.data import Direction, Segment
    from ctxlearn.models.base import Prefix
    from ctxlearn.packs import Pack
    from ctxlearn.settings import Settings


SENTENCES = 4  # the most that warming asks


def register(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("corpus", metavar="CORPUS")
    parser.add_argument("--model", metavar="M", help=hosting.MODEL_HELP)
    parser.add_argument(
        "--sections", type=output.names, default=(), metavar="S", help="dictionary,examples,glossed,grammar,text"
    )
    parser.add_argument("--budget", type=output.positive, metavar="N", help="most tokens to pack")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    hosting.register(parser)


def run(args: argparse.Namespace) -> int:
    """Learn the embedded model, or fill a provider's cache, and say what that cost."""
    from ctxlearn import manifest, models, settings

    here = settings.read()
    args.model = args.model or here.model
    models.check_name(args.model)
    corpus = manifest.open_corpus(args.corpus)
    pack = hosting.pack(args.model, corpus, here, args.budget, args.sections)
    said = _provider(args, pack, here) if models.is_hosted(args.model) else _here(args, pack, here)
    if args.json:
        output.as_json({"corpus": args.corpus, "model": args.model, **said})
    else:
        print(_text(args, said))
    return 0


def _prefix(pack: Pack) -> Prefix:
    from ctxlearn.models.base import Prefix

    return Prefix(pack.prefix, pack.tokens, pack.fingerprint)


def _directions(pack: Pack) -> tuple[Direction, Direction]:
    from ctxlearn.data import Direction

    out = Direction(pack.language.code, pack.contact.code)
    return out, out.reversed()


def _here(args: argparse.Namespace, pack: Pack, here: Settings) -> dict[str, object]:
    """Let a model of this machine read the context in both directions."""
    from ctxlearn import costs
    from ctxlearn.models.base import Request, Usage

    usage = Usage()
    with costs.opened(args.model, here, [pack.policy]) as asked:
        for direction in _directions(pack):
            usage += asked.model.complete(Request(_prefix(pack), direction, ())).usage
        return {"requests": 0, "cached_share": None, "life": None, "usage": output.usage(usage), "cost_usd": 0.0}


def _provider(args: argparse.Namespace, pack: Pack, here: Settings) -> dict[str, object]:
    """Let a provider read the context, with some short sentences."""
    from ctxlearn import costs
    from ctxlearn.models.base import Request

    direction, _ = _directions(pack)
    request = Request(_prefix(pack), direction, tuple(_sentences(pack)))
    it = costs.warm(args.model, here, [pack.policy], request, hosting.hosting(args), hosting.budget(args))
    return {
        "requests": it.requests,
        "cached_share": it.share,
        "life": it.life,
        "usage": output.usage(it.usage),
        **hosting.spent_dict(it.spent),
    }


def _sentences(pack: Pack) -> list[Segment]:
    """Return the shortest example sentences of the books; a model has to be asked something."""
    from ctxlearn.data import Example, Segment

    texts = {it.primary_text for records in pack.records.values() for it in records if isinstance(it, Example)}
    shortest = sorted(texts or {pack.language.name}, key=lambda text: (len(text), text))[:SENTENCES]
    return [Segment(str(number), text) for number, text in enumerate(shortest, 1)]


def _text(args: argparse.Namespace, said: dict[str, object]) -> str:
    share, life = said["cached_share"], said["life"]
    if not said["requests"]:
        return f"{args.model} has read {args.corpus}; it costs nothing"
    kept = "does not say what it cached" if share is None else f"read {share:.0%} of the context from its cache"
    until = f"; unused, it stays there for about {life:.0f} s" if isinstance(life, int | float) else ""
    cost = said["cost_usd"]
    price = hosting.money(cost if isinstance(cost, float) else None)
    return f"{args.model} {kept}{until}; {price} for {said['requests']} requests"
