"""Tune the numbers that the model ships with, one vector for all languages: on pairs held out, never on a test set.

    python -m benchmarks.embedded.tuning [--folds N] [--pairs N] [--minutes N] [--try NAME=V,V]… [--keep FOLDER] CORPUS…

The pairs held out of each corpus fall into two halves. On the first one choices are tried value by value (`--try`),
and then the decoder's weights are searched (Hooke and Jeeves 1961). Steps on a noisy half find gains that are none: so
the other half, which the search never saw, decides once, at the end, whether the best setting found is better (paired
bootstrap). What to change is printed; nothing is changed.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from benchmarks.embedded.held import SEARCHED, UNSEEN, held_out
from benchmarks.embedded.parts import markdown
from benchmarks.embedded.trials import METRICS, PLACES, WEIGHED, Gain, Setting, Trials, as_it_is, floats, gains
from ctxlearn.models.embedded.candidates import QUICK, Effort
from scoring import title

SEED = 1
STEP, FLOOR = 0.3, 0.2  # a first step is this share of a weight, or of this where the weight is smaller
MARGIN = 0.02  # of worth: what is less is no gain
_SMALLEST = 0.25  # of a first step: finer ones are lost in the noise
_SEARCHED = [name for name in WEIGHED if name != "unknown"]  # a piece that nothing translates is taken over at any cost


class TimeOver(Exception):  # noqa: N818  # ends a search; it is no error
    """No more settings are tried."""


class Search:
    """The best setting so far and its worth, and all that was tried; TimeOver after so many seconds."""

    def __init__(self, worth: Callable[[Setting], float], start: Setting, seconds: float) -> None:
        self._worth = worth
        self._began = time.monotonic()
        self._seconds = seconds
        self.start = self.best = start
        self.most = worth(start)
        self.tried: list[tuple[Setting, float, bool]] = []
        self._say(f"{self.most:.3f} as it is")

    def better(self, setting: Setting) -> bool:
        """Try a setting, and let it be the best one if it is."""
        if time.monotonic() - self._began > self._seconds:
            raise TimeOver
        found = self._worth(setting)
        better = found > self.most + MARGIN
        self._say(f"{found:.3f} {found - self.most:+.3f}{' *' if better else '  '} {changes(self.best, setting)}")
        self.tried.append((setting, found, better))
        if better:
            self.best, self.most = setting, found
        return better

    def _say(self, text: str) -> None:
        print(f"{time.monotonic() - self._began:5.0f} s  {text}", file=sys.stderr, flush=True)


def choose(search: Search, values: Mapping[str, Sequence[float]]) -> None:
    """Try every value of each name, one name after the other."""
    for name, those in values.items():
        for value in those:
            if value != search.best[name]:
                search.better({**search.best, name: value})


def hooke_jeeves(search: Search, names: Sequence[str], chance: random.Random) -> None:
    """Try a step along every name, and then all steps that helped once more (Hooke and Jeeves 1961).

    A name's step is halved when neither way helps, until all are small.
    """
    steps = {name: STEP * max(abs(search.best[name]), FLOOR) for name in names}
    least = {name: _SMALLEST * step for name, step in steps.items()}
    while left := [name for name in names if abs(steps[name]) >= least[name]]:
        before = search.best
        chance.shuffle(left)
        for name in left:
            ways = (steps[name], -steps[name])
            helped = next((way for way in ways if search.better(_moved(search.best, {name: way}))), None)
            steps[name] = helped or steps[name] / 2  # the way that helped is tried first from now on
        moves = {name: search.best[name] - before[name] for name in names if search.best[name] != before[name]}
        if len(moves) > 1:
            search.better(_moved(search.best, moves))


def _moved(setting: Setting, moves: Mapping[str, float]) -> Setting:
    return {**setting, **{name: round(setting[name] + move, 4) for name, move in moves.items()}}


# -- what is told -----------------------------------------------------------------------------------------------------


def changes(old: Setting, new: Setting) -> str:
    """Return what differs.

    >>> changes({"beam": 20, "jump": 0.2}, {"beam": 20, "jump": 0.25})
    'jump 0.2 → 0.25'
    """
    return ", ".join(f"{name} {old[name]:g} → {new[name]:g}" for name in new if new[name] != old[name])


def told(search: Search) -> Iterator[str]:
    """Yield the table of what was tried."""
    rows = [[changes(search.start, it), f"{found:.3f}", "better" if it_is else ""] for it, found, it_is in search.tried]
    yield from markdown(["tried, against the setting as it is", "worth", ""], rows)


def compared(half: str, found: Iterable[Gain]) -> Iterator[str]:
    """Yield the table of what the best setting gains on a half."""
    heads = [half, *(f"{title(metric)}, old → new" for metric in METRICS), "gain in worth (95 %)"]
    rows = [
        [
            it.name,
            *(f"{it.before[metric]:.2f} → {it.after[metric]:.2f}" for metric in METRICS),
            f"{it.difference:+.2f} ({it.low:+.2f} – {it.high:+.2f})",
        ]
        for it in found
    ]
    yield from markdown(heads, rows)


def adopted(found: Sequence[Gain], corpora: Iterable[str]) -> bool:
    """Whether a setting is better: the mean gains more than noise, and no corpus loses more than noise."""
    by = {it.name: it for it in found}
    return by["mean"].low > 0 and all(by[corpus].high >= 0 for corpus in corpora)


def verdict(old: Setting, new: Setting, better: bool) -> Iterator[str]:
    """Yield what to put into which file."""
    if not better:
        yield "The half that was not searched does not say that this is better: leave the model as it is."
        return
    yield "Better on the half that was not searched. Below ctxlearn/models/embedded:"
    yield from (f"- {PLACES[name]}: {old[name]:g} → {new[name]:g}" for name in new if new[name] != old[name])
    if any(new[name] > old[name] for name in Effort._fields):
        yield "What that costs in speed is not weighed here: see `make results ONLY=costs`."
    yield "The confidence has to be fitted anew afterwards: python -m benchmarks.embedded.calibration"


def report(search: Search, searched: Trials, unseen: Trials) -> Iterator[str]:
    """Yield what was tried, what the best of it gains on both halves, and what to do; the whole setting is judged."""
    yield from told(search)
    found = {name: value for name, value in search.best.items() if value != search.start[name]}
    if not found:
        yield "Nothing that was tried is better."
        return
    yield from compared("searched", gains(searched, search.start, search.best))
    old = as_it_is()
    judged = list(gains(unseen, old, {**old, **found}))
    yield from compared("not searched", judged)
    yield from verdict(old, {**old, **found}, adopted(judged, {it.corpus for it in unseen.held}))


# -- the command line -------------------------------------------------------------------------------------------------


def _asked(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpora", nargs="+", metavar="CORPUS")
    parser.add_argument("--folds", type=int, default=1, help="so many times are pairs held out and the rest learned")
    parser.add_argument("--pairs", type=int, default=None, help="searched of each fold at most; of the rest all judge")
    parser.add_argument("--minutes", type=float, default=45, help="how long is searched, without learning and judging")
    parser.add_argument("--try", dest="values", action="append", default=[], type=_values, metavar="NAME=V,V",
                        help=f"values to try before the search, of {', '.join(PLACES)}")  # fmt: skip
    parser.add_argument("--weights", type=_names, default=_SEARCHED, metavar="NAME,NAME",
                        help=f"what is searched, or none: {','.join(_SEARCHED)}")  # fmt: skip
    parser.add_argument("--quick", action="store_true", help="search with the quick setting; the whole one judges")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="what was learned and tried is kept there")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--seed", type=int, default=SEED)
    asked = parser.parse_args(arguments)
    if len({Path(name).name for name in asked.corpora}) < len(asked.corpora):
        parser.error("two corpora of one name")
    if asked.quick and any(name in Effort._fields for name, _ in asked.values):
        parser.error(f"--quick sets {', '.join(Effort._fields)}; they cannot be tried with it")
    return asked


def _values(text: str) -> tuple[str, list[float]]:
    name, _, values = text.partition("=")
    _names(name)
    return name, [float(value) for value in values.split(",")]


def _names(text: str) -> list[str]:
    names = [] if text == "none" else text.split(",")
    if unknown := [name for name in names if name not in PLACES]:
        raise argparse.ArgumentTypeError(f"{', '.join(unknown)}: the known ones are {', '.join(PLACES)}")
    return names


def main(arguments: Sequence[str]) -> None:
    """Hold out, search, judge, and print what was found."""
    asked = _asked(arguments)
    if asked.keep:
        asked.keep.mkdir(mode=0o700, parents=True, exist_ok=True)
    held = held_out(asked.corpora, asked.folds, asked.keep)
    halves = [[it.halves[SEARCHED][: asked.pairs] for it in held], [it.halves[UNSEEN] for it in held]]
    searched, unseen = (Trials(held, segments, asked.threads, asked.keep) for segments in halves)
    start = floats({**as_it_is(), **(QUICK._asdict() if asked.quick else {})})
    search = Search(searched.worth, start, 60 * asked.minutes)
    try:
        choose(search, dict(asked.values))
        hooke_jeeves(search, asked.weights, random.Random(asked.seed))
    except TimeOver:
        print("the time is over", file=sys.stderr)
    for line in report(search, searched, unseen):
        print(line)


if __name__ == "__main__":
    main(sys.argv[1:])
