"""Take the README's two pictures: the app with the bundled sample language, in a browser of its own.

Called by `make screenshots`; CHROMIUM names the browser (scripts/chromium.sh finds or installs one).
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, ViewportSize, expect, sync_playwright

ROOT = Path(__file__).parents[1]
TARGET = ROOT / "docs" / "images"
PORT = 8570
SEGMENT = "t0003"
SIZE: ViewportSize = {"width": 1180, "height": 1100}
COLOURS = 64  # enough for text on a plain ground, and a third of the bytes


def main() -> None:
    """Serve the app from an empty folder, walk through it, and write the pictures."""
    chromium = os.environ.get("CHROMIUM") or _printed(["sh", str(ROOT / "scripts" / "chromium.sh")])
    TARGET.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, _served(Path(folder)), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport=SIZE, color_scheme="light")
        expect.set_options(timeout=120_000)
        _translate(page)
        _context(page)
        browser.close()


def _translate(page: Page) -> None:
    page.goto(f"http://127.0.0.1:{PORT}")
    box = page.get_by_label("Text in Tarivel")
    box.fill(_held_out())
    box.press("Control+Enter")
    page.locator("summary").first.click()
    page.get_by_role("heading", name="Translate").scroll_into_view_if_needed()
    _picture(page, "translate")


def _context(page: Page) -> None:
    page.get_by_role("link", name="Context").click()
    page.get_by_role("tab", name="Search").click()
    page.get_by_label("Search in the records").fill("sail")
    page.keyboard.press("Enter")
    expect(page.locator(".ctx-records").first).to_be_visible()
    _picture(page, "context")


def _held_out() -> str:
    """Return a sentence that the model has not read: a picture must not flatter."""
    lines = (ROOT / "corpora" / "tarivel" / "test.tsv").read_text(encoding="utf-8").splitlines()
    return next(line.split("\t")[1] for line in lines if line.startswith(f"{SEGMENT}\t"))


def _picture(page: Page, name: str) -> None:
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0)  # nothing runs any more
    page.mouse.move(0, 0)
    page.wait_for_timeout(1_000)
    path = TARGET / f"{name}.png"
    page.screenshot(path=path)
    with Image.open(path) as taken:
        taken.convert("RGB").quantize(COLOURS).save(path, optimize=True)
    print(f"{path.relative_to(ROOT)}: {path.stat().st_size:,} bytes")


@contextmanager
def _served(folder: Path) -> Iterator[None]:
    environment = {**os.environ, "CTXLEARN_HOME": str(folder / "state"), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "ctxlearn", "ui", "--no-browser", "--port", str(PORT)]
    with subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL) as process:
        try:
            _wait()
            yield
        finally:
            process.terminate()


def _wait() -> None:
    for _ in range(300):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{PORT}/_stcore/health", timeout=5):
                return
        except OSError:
            time.sleep(0.2)
    raise SystemExit("the app does not answer")


def _printed(command: list[str]) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


if __name__ == "__main__":
    main()
