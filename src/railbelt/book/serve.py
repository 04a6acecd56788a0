"""``python -m railbelt.book.serve``: the site as a web server gives it: texts compressed, nothing else."""

from __future__ import annotations

import contextlib
import functools
import gzip
import http.server
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

__all__ = ["serving"]

TEXTUAL = (".html", ".css", ".js", ".svg", ".csv", ".json", ".xml", ".ipynb")


class Server(http.server.SimpleHTTPRequestHandler):
    """Answers for files below a folder; ``keep`` is how many seconds a browser may do without asking again."""

    keep = 0

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        """Send a file."""
        path = Path(self.translate_path(self.path))
        path = path / "index.html" if path.is_dir() else path
        if not path.is_file():
            self.send_error(404)
            return
        body = path.read_bytes()
        self.send_response(200)
        if path.suffix in TEXTUAL and "gzip" in self.headers.get("Accept-Encoding", ""):
            body = gzip.compress(body, 6)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Type", self.guess_type(str(path)))
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", f"max-age={self.keep}")
        self.end_headers()
        with contextlib.suppress(ConnectionError):
            self.wfile.write(body)


@contextlib.contextmanager
def serving(folder: Path, port: int = 0, keep: int = 3600) -> Iterator[str]:
    """Serve a folder to this machine, and give its address.

    Parameters
    ----------
    folder : Path
        The folder of the site.
    port : int
        0 for any that is free.
    keep : int
        Seconds for which a browser may keep a file without asking again.

    Yields
    ------
    str
        Such as ``http://127.0.0.1:8000/``.
    """
    handler = functools.partial(type("Keeping", (Server,), {"keep": keep}), directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()


def main() -> int:
    """Serve the built book until interrupted."""
    folder = Path.cwd() / "_build" / "html"
    if not (folder / "index.html").exists():
        print("Build the book first: make book", file=sys.stderr)
        return 1
    with serving(folder, 8000, keep=0) as address, contextlib.suppress(KeyboardInterrupt):
        print(f"The book is at {address} until you press Ctrl-C", flush=True)
        threading.Event().wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
