"""Fixtures shared by the tests."""

import contextlib
import http.server
import json
import shutil
import threading
from pathlib import Path

import pytest
from hypothesis import settings

from railbelt import catalog

settings.register_profile("railbelt", deadline=None, derandomize=True)
settings.load_profile("railbelt")

ROOT = Path(__file__).parents[1]
SITE = ROOT / "_build" / "html"


@pytest.fixture
def root() -> Path:
    return ROOT


@pytest.fixture
def site() -> Path:
    assert (SITE / "index.html").exists(), "build the book first: make book"
    return SITE


@pytest.fixture
def folder(tmp_path):
    """A copy of the project's data that a test may damage."""
    copy = tmp_path / "data"
    shutil.copytree(catalog.data_folder(), copy)
    return copy


@pytest.fixture
def damage(folder):
    """Rewrite a table's file, or its description, and return the folder."""

    def rewrite(table, change=None, describe=None):
        path = folder / "datapackage.json"
        package = json.loads(path.read_text(encoding="utf-8"))
        resource = next(r for r in package["resources"] if r["name"] == table)
        if change:
            file = folder / resource["path"]
            file.write_text(change(file.read_text(encoding="utf-8")), encoding="utf-8")
        if describe:
            describe(resource)
            path.write_text(json.dumps(package), encoding="utf-8")
        return folder

    return rewrite


class Server:
    """A server on this machine that plays prepared answers, in order, the last one again and again."""

    def __init__(self):
        self.asked, self.plays = [], {}
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                outer.asked.append(self.path)
                play = next((p for start, p in outer.plays.items() if self.path.startswith(start)), None)
                answer = (play.pop(0) if len(play) > 1 else play[0]) if play else (404, {}, b"")
                status, headers, body = answer(self.path) if callable(answer) else answer
                self.send_response(status)
                pieces = [body] if isinstance(body, bytes) else body
                if isinstance(body, bytes):
                    headers = {"Content-Length": str(len(body))} | headers
                for name, value in headers.items():
                    if value is not None:
                        self.send_header(name, value)
                self.send_header("Connection", "close")
                self.end_headers()
                self.close_connection = True
                with contextlib.suppress(OSError):
                    for piece in pieces:
                        self.wfile.write(piece)
                        self.wfile.flush()

            def log_message(self, *arguments):
                pass

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        threading.Thread(target=self.http.serve_forever, args=(0.05,), daemon=True).start()

    def play(self, start, *answers):
        self.plays[start] = list(answers)
        return self.url + start


@pytest.fixture
def server(monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    playing = Server()
    yield playing
    playing.http.shutdown()
    playing.http.server_close()
