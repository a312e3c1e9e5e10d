"""Vertex: Google's own client fetches a token, from a server on loopback, and a stand-in takes nothing else."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from ctxlearn import settings
from ctxlearn.errors import KeyMissing
from ctxlearn.models import Hosting, close, open_model
from ctxlearn.models.hosted import vertex_token
from ctxlearn.models.plans import give_up
from tests.hosting import answer, book, request, sentences, translated
from tests.standins import StandIn

MODEL = "vertex_ai/gemini-2.5-pro"
TOKEN = "a-token-of-ours"


class _Tokens(BaseHTTPRequestHandler):
    """Gives a token for a signed assertion (RFC 7523), as oauth2.googleapis.com/token does."""

    def do_POST(self) -> None:
        asked = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        known = asked["grant_type"] == ["urn:ietf:params:oauth:grant-type:jwt-bearer"] and asked["assertion"][0]
        said = json.dumps({"access_token": TOKEN, "expires_in": 3600, "token_type": "Bearer"}).encode()
        self.send_response(200 if known else 400)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the name is the base class's
        pass


@pytest.fixture
def _credentials(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Lay down a service account whose tokens come from a server on loopback."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Tokens)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    account = {
        "type": "service_account",
        "project_id": "p",
        "private_key_id": "1",
        "private_key": private.private_bytes(encoding, form, serialization.NoEncryption()).decode(),
        "client_email": "ctxlearn@p.iam.gserviceaccount.com",
        "token_uri": f"http://127.0.0.1:{server.server_port}/token",
    }
    file = tmp_path / "account.json"
    file.write_text(json.dumps(account))
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(file))
    monkeypatch.setenv("VERTEXAI_PROJECT", "p")
    monkeypatch.setenv("VERTEXAI_LOCATION", "europe-west4")
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    yield
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.usefixtures("_credentials")
def test_vertex_lays_the_book_down_once_refers_to_it_and_gives_it_up() -> None:
    with StandIn("gemini", answer, keys=frozenset({TOKEN})) as google:
        hosting = Hosting(api_base=google.url, per_request=5)
        model = open_model(MODEL, settings.read(), hosting=hosting)
        completion = model.complete(request(book(600), sentences(30)))
        counters, paths = google.counters(), {it["path"] for it in google.arrivals()}
        close(model)
        assert google.counters()["caches"]["live"] == 1
        assert len(give_up(settings.read().kept, vertex_token)) == 1
        assert google.counters()["caches"]["live"] == 0
    assert [it.text for it in completion.translations] == [translated(it.source) for it in sentences(30)]
    assert paths == {
        "/v1/projects/p/locations/europe-west4/cachedContents",
        "/v1/projects/p/locations/europe-west4/publishers/google/models/gemini-2.5-pro:generateContent",
    }
    assert counters["caches"]["created"] == 1
    assert completion.usage.read == counters["input_tokens"]
    assert completion.usage.cached == counters["read_tokens"] > 0


@pytest.mark.usefixtures("_credentials")
def test_vertex_without_credentials_says_what_makes_them(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "nothing.json"))
    monkeypatch.setenv("VERTEXAI_PROJECT", "another")  # litellm remembers the credentials of the first
    for references, words in ((True, "gcloud auth application-default login"), (False, "nothing.json")):
        hosting = Hosting(api_base="http://127.0.0.1:9", references=references)
        with pytest.raises(KeyMissing, match=words):
            open_model(MODEL, settings.read(), hosting=hosting).complete(request(book(600), sentences(1)))
