"""How long the app lets a person wait, with a real language: the first paint, the first translation, each key.

    python -m benchmarks.app LANGUAGES [--times N]

LANGUAGES is the folder with the real languages; Kalamang's dictionary and grammar are taken (320,000 tokens). They are
packed and learned first. Then, for each time, a fresh server and a fresh browser: what is measured is what a person
meets who opens the app in the morning. Times are as the browser sees them, in seconds, the medians of all times.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.tiny import called, environment
from tests.ui.conftest import BROWSER_ARGUMENTS
from tests.ui.serving import chromium, served

FIRST, *LATER = (
    "Ma amdirat paruo.",
    "An warkin kalot neba?",
    "Mu kewe ko paruo.",
    "Ma he se koyet, an bo.",
    "Wa me wienar tebonat kosalir.",
    "Ka tamandi bo ma pareir?",
)
_PAINT = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
_USABLE = """() => document.querySelector('textarea') && document.querySelector('.stButton button')
    && performance.now()"""
_TRANSLATED = """words => {
  const list = document.querySelector('.ctx-words');
  const shown = [...(list?.querySelectorAll('summary b, li > b, .ctx-unattested b') ?? [])];
  return shown.map(it => it.textContent).join() === words.join() && performance.now();
}"""
_KEY = 70  # ms from one key to the next
# From a key to the frame that shows it: the frame after the one in which the page has changed.
_KEYS = """() => {
  window.keys = [];
  document.addEventListener('keydown', event => {
    const start = event.timeStamp;
    requestAnimationFrame(() => requestAnimationFrame(() => window.keys.push(performance.now() - start)));
  }, true);
}"""


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("languages", type=Path)
    parser.add_argument("--times", type=int, default=5, metavar="N")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        _learned(folder, arguments.languages)
        print(f"load before: {os.getloadavg()[0]:.1f}")
        launch = playwright.chromium.launch
        times = []
        for _ in range(arguments.times):
            with (
                served(folder) as it,
                _browser(lambda: launch(executable_path=chromium(), args=[*BROWSER_ARGUMENTS])) as one,
            ):
                times.append(_visit(one, it.address))
        print(f"load after: {os.getloadavg()[0]:.1f}")
    for what in times[0]:
        found = [it[what] for it in times]
        print(f"| {what} | {statistics.median(found):.2f} | {min(found):.2f} – {max(found):.2f} |")


@contextmanager
def _browser(launch: Callable[[], Browser]) -> Iterator[Browser]:
    browser = launch()
    yield browser
    browser.close()


def _learned(folder: Path, languages: Path) -> None:
    """Set Kalamang up, and let it be packed and learned."""
    source, target = (languages / "kalamang").resolve(), folder / "corpora" / "kalamang"
    target.mkdir(parents=True)
    text = '[language]\nname = "Kalamang"\ncode = "kgv"\n[contact]\nname = "English"\ncode = "eng"\n'
    for kind, name in (("dictionary", "dictionary-cldf"), ("grammar", "grammar-latex")):
        text += f'[[source]]\nkind = "{kind}"\npath = "{source / name}"\npolicy = "open"\n'
    (target / "corpus.toml").write_text(text, encoding="utf-8")
    home = environment(CTXLEARN_HOME=str(folder / "state"))
    for code in ("eng", "kgv"):
        done, _, said = called("translate", "kalamang", "--to", code, FIRST, cwd=folder, env=home)
        assert done == 0, said


def _visit(browser: Browser, address: str) -> dict[str, float]:
    page = browser.new_page()
    page.set_default_timeout(120_000)
    page.goto(address)
    usable = _when(page, _USABLE)  # since the navigation began
    painted = page.evaluate(_PAINT) / 1000
    first = _translation(page, FIRST)
    later = [_translation(page, text) for text in LATER]
    return {
        "first contentful paint": painted,
        "the page can be used": usable,
        "the first translation of a fresh server": first,
        "later translations, median": statistics.median(later),
        "later translations, slowest": max(later),
        "a key while typing, 95th percentile": _typing(page) / 1000,
    }


def _translation(page: Page, text: str) -> float:
    """Type a text as fast as people do; return the seconds from the press to the translation and its evidence."""
    box = page.get_by_label("Text in Kalamang")
    box.clear()
    box.press_sequentially(text, delay=_KEY)
    start: float = page.evaluate("performance.now()") / 1000
    box.press("Control+Enter")
    words = [word.strip(",.?") for word in text.split()]  # none stands twice in a sentence
    return _when(page, _TRANSLATED, words) - start


def _when(page: Page, condition: str, argument: object = None) -> float:
    """Return when a condition came true on a page, to the frame, in seconds since the navigation began."""
    return float(page.wait_for_function(condition, arg=argument, polling="raf").json_value()) / 1000


def _typing(page: Page) -> float:
    """Return how many ms the slowest twentieth of the keys waits for its letter to be seen."""
    page.evaluate(_KEYS)
    page.get_by_label("Text in Kalamang").press_sequentially(" ".join(LATER), delay=30)
    page.wait_for_timeout(500)
    keys: list[float] = page.evaluate("window.keys")
    return statistics.quantiles(keys, n=20)[-1]


if __name__ == "__main__":
    main()
