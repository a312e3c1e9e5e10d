"""A real inference engine: does llama.cpp's server keep the book from one request of ctxlearn's to the next?

`make test-llama` installs llama-cpp-python into an environment of its own (it is compiled, which takes minutes) and
runs this. The model is tiny and random, so its answers are noise; what is measured is the time of each request. The
first one reads the book; the goal is that every later one, with another sentence, is at least 50 times as fast.
"""

from __future__ import annotations

import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from ctxlearn import manifest, packs, prompt
from ctxlearn.data import Segment
from ctxlearn.errors import AnswerError, ModelError
from ctxlearn.models import plans
from ctxlearn.models.base import Prefix, Request
from ctxlearn.models.hosted import HostedModel
from ctxlearn.models.plans.base import Job

GOAL = 50
SENTENCES = 20
BOOK = 11_000  # tokens as packed; about 41,000 of the server's, whose vocabulary is bytes
ANSWER = 4  # tokens of noise: a random model never ends by itself, and how fast it writes is not the question
WAIT = 60


def main(python: str) -> int:
    """Start the server with the interpreter `python`, measure, and say whether the goal is reached."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["CTXLEARN_HOME"] = folder
        model = Path(folder) / "tiny.gguf"
        subprocess.run([python, str(Path(__file__).with_name("tiny_gguf.py")), str(model)], check=True)
        port = _free_port()
        command = [python, "-m", "llama_cpp.server", "--model", str(model), "--n_ctx", "65536"]
        command += ["--host", "127.0.0.1", "--port", str(port), "--chat_format", "chatml"]
        with (Path(folder) / "server.log").open("wb") as log:
            server = subprocess.Popen(command, stdout=log, stderr=log)
            try:
                _wait(f"http://127.0.0.1:{port}/v1/models", server)
                return _report(_measure(f"http://127.0.0.1:{port}/v1"))
            finally:
                server.terminate()
                server.wait()


def _measure(base: str) -> list[float]:
    """Return the seconds of each request, one sentence each."""
    corpus = manifest.open_corpus("tarivel")
    home = Path(os.environ["CTXLEARN_HOME"]) / "packs"
    home.mkdir()
    pack = packs.open_pack(home, corpus, budget=BOOK)
    prefix = Prefix(pack.prefix, pack.tokens, pack.fingerprint)
    direction = corpus.directions[0]
    model = HostedModel(plans.plan(Job("openai/tiny", base, None, True, False), home, str), 600)
    seconds = []
    for segment in pack.tests[0].segments(direction)[:SENTENCES]:
        request = Request(prefix, direction, (Segment(segment.id, segment.source),))
        model.plan.room = ANSWER - prompt.answer_tokens(request)
        start = time.perf_counter()
        try:
            model.complete(request)
        except (AnswerError, ModelError) as error:  # noise is no translation, which is as it should be here
            print(f"  {segment.id}: {str(error)[:100]}", file=sys.stderr)
        seconds.append(time.perf_counter() - start)
    return seconds


def _report(seconds: list[float]) -> int:
    first, *later = seconds
    slowest = max(later)
    print(f"first request {first:.2f} s; {len(later)} later ones: median {statistics.median(later):.3f} s, ", end="")
    print(f"slowest {slowest:.3f} s; the slowest is {first / slowest:.0f} times as fast (goal: {GOAL})")
    return 0 if first >= GOAL * slowest else 4


def _wait(url: str, server: subprocess.Popen[bytes]) -> None:
    for _ in range(WAIT * 5):
        if server.poll() is not None:
            raise SystemExit("llama.cpp's server did not start")
        try:
            urllib.request.urlopen(url, timeout=5).close()
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
        else:
            return
    raise SystemExit(f"llama.cpp's server did not answer within {WAIT} s")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
