"""What a site has when its addresses are known: cards, sitemap, feed, links, and code that runs on a Binder."""

import contextlib
import functools
import http.server
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
import urllib.request
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from railbelt.book.serve import serving

ROOT = Path(__file__).parents[1]
ADDRESS, REPOSITORY, TOKEN = "https://books.example.org/railbelt/", "https://github.com/somebody/railbelt", "secret"
PAGE = """---
kernelspec: {name: python3, display_name: Python}
file_format: mystnb
---
# The first page & more

What it says in one sentence.

```{code-cell} python
import altair as alt, pandas as pd
from railbelt.charts import figure
table = pd.DataFrame({"place": ["Harbin", "Dalian"], "people": [10.0, 7.0]})
figure(lambda width: alt.Chart(table).mark_bar().encode(x="people", y="place").properties(width=width),
       name="two", title="Two bars", subtitle="People", alt="Two bars, for Harbin and for Dalian, of people.",
       source="Census", tables=["city_census"], data=table)
```

```{code-cell} python
print("sum", 2 + 3)
```
"""
CHANGES = (
    "# Changelog\n\n## 0.2.0 (unreleased)\n\n- Not yet.\n\n## 0.1.0 (2027-03-31)\n\n- The first <release> & its book.\n"
)


ASKED = []  # paths asked of the Binder


class Binder(http.server.BaseHTTPRequestHandler):
    """Plays a BinderHub: says what it does, then where the server is."""

    def __init__(self, *arguments, server_address):
        self.jupyter = server_address
        super().__init__(*arguments)

    def log_message(self, *_):
        pass

    def do_GET(self):
        ASKED.append(self.path)
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Access-Control-Allow-Origin", "*")
        self.end_headers()
        for news in ({"phase": "building"}, {"phase": "ready", "url": self.jupyter, "token": TOKEN}):
            self.wfile.write(f"data: {json.dumps(news)}\n\n".encode())


@contextlib.contextmanager
def jupyter(folder, port):
    own = {f"JUPYTER_{kind}_DIR": str(folder) for kind in ("CONFIG", "RUNTIME", "DATA")}
    command = [sys.executable, "-m", "jupyter", "server", "--allow-root", f"--ServerApp.port={port}"]
    command += [f"--IdentityProvider.token={TOKEN}", "--ServerApp.allow_origin=*", f"--ServerApp.root_dir={folder}"]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    process = subprocess.Popen(command, env=os.environ | own | {"PATH": path}, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}/"
    for _ in range(240):
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{address}api/status?token={TOKEN}"):
            break
        time.sleep(0.25)
    yield address
    process.terminate()
    process.wait(30)


def free_port():
    import socket

    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@pytest.fixture(scope="module")
def binder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("jupyter")
    (folder / "chapters").mkdir()
    with jupyter(folder, free_port()) as address:
        handler = functools.partial(Binder, server_address=address)
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port} {address}"
        server.shutdown()


@pytest.fixture(scope="module")
def site(tmp_path_factory, binder):
    book = tmp_path_factory.mktemp("book")
    for entry in ("src", "data", "assets", "requirements.txt", "pyproject.toml", "_config.yml"):
        (book / entry).symlink_to(ROOT / entry)
    (book / "CHANGELOG.md").write_text(CHANGES)
    (book / "_toc.yml").write_text("format: jb-book\nroot: chapters/one\nchapters:\n  - file: chapters/two\n")
    (book / "chapters").mkdir()
    (book / "chapters" / "one.md").write_text(PAGE)
    (book / "chapters" / "two.md").write_text("# A page without code\n\nWords.\n")
    known = {"RAILBELT_ADDRESS": ADDRESS, "RAILBELT_REPOSITORY": REPOSITORY, "RAILBELT_BINDER": binder}
    run = subprocess.run(
        [sys.executable, "-m", "railbelt.book"], cwd=book, env=os.environ | known, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return book / "_build" / "html"


def test_sitemap_and_robots_name_every_page_by_its_whole_address(site):
    space = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9"}
    places = [node.text for node in ElementTree.parse(site / "sitemap.xml").findall("s:url/s:loc", space)]
    assert places == [f"{ADDRESS}chapters/one.html", f"{ADDRESS}chapters/two.html"]
    assert all((site / place.removeprefix(ADDRESS)).exists() for place in places)
    assert f"Sitemap: {ADDRESS}sitemap.xml" in (site / "robots.txt").read_text()


def test_the_feed_is_valid_and_holds_the_dated_release(site):
    atom = "{http://www.w3.org/2005/Atom}"
    feed = ElementTree.parse(site / "feed.xml").getroot()
    for required in ("id", "title", "updated"):
        assert feed.findtext(atom + required)
    assert feed.findtext(f"{atom}author/{atom}name")
    (entry,) = feed.findall(atom + "entry")
    assert entry.findtext(atom + "title").endswith("0.1.0")
    assert entry.findtext(atom + "updated") == feed.findtext(atom + "updated") == "2027-03-31T00:00:00Z"
    assert entry.find(atom + "link").get("href") == ADDRESS
    assert "The first <release> & its book." in entry.findtext(atom + "content")
    own = [link.get("href") for link in feed.findall(atom + "link") if link.get("rel") == "self"]
    assert own == [f"{ADDRESS}feed.xml"]


def test_a_page_says_what_others_show_for_it(site):
    text = (site / "chapters" / "one.html").read_text(encoding="utf-8")
    said = dict(re.findall(r'<meta property="(og:[^"]+)" content="([^"]*)"', text))
    assert said["og:title"] == "The first page &amp; more" and said["og:description"] == "What it says in one sentence."
    assert said["og:url"] == f"{ADDRESS}chapters/one.html"
    assert f'<link rel="canonical" href="{ADDRESS}chapters/one.html"' in text
    card = (site / said["og:image"].removeprefix(ADDRESS)).read_bytes()
    assert card.startswith(b"\x89PNG") and card[16:24] == (1200).to_bytes(4, "big") + (630).to_bytes(4, "big")
    plain = (site / "chapters" / "two.html").read_text(encoding="utf-8")
    assert f'content="{ADDRESS}chapters/two.html"' in plain and 'content="summary"' in plain


def test_links_lead_to_the_repository_and_the_notebook_installs_from_it(site):
    text = (site / "chapters" / "one.html").read_text(encoding="utf-8")
    assert REPOSITORY in text
    notebook = json.loads((site / "_notebooks" / "one.ipynb").read_text(encoding="utf-8"))
    assert f"git+{REPOSITORY}" in "".join(notebook["cells"][0]["source"])


def test_only_pages_with_code_may_ask_the_binder(site, binder):
    policies = [
        re.search(
            r'Content-Security-Policy" content="([^"]*)"', (site / "chapters" / f"{page}.html").read_text()
        ).group(1)
        for page in ("one", "two")
    ]
    host = binder.split()[0].removeprefix("http://")
    assert f"connect-src 'self' http://{host} ws://{host}" in policies[0]
    assert "connect-src 'self';" in policies[1]
    assert "unsafe" not in policies[0]
    assert "live.js" not in (site / "chapters" / "two.html").read_text()


def test_the_code_of_a_page_runs_on_the_binder_and_can_be_changed(site, binder):
    ASKED.clear()
    found = shutil.which("chromium") or shutil.which("google-chrome")
    with serving(site) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-gpu"])
        tab = browser.new_page()
        errors = []
        tab.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        tab.goto(f"{address}chapters/one.html")
        tab.wait_for_load_state("networkidle")
        assert ASKED == []
        tab.get_by_role("button", name="Run the code of this page").click()
        said = tab.get_by_role("status")
        said.filter(has_text="All 2 cells have run").wait_for(timeout=60_000)
        assert ASKED == ["/build/gh/somebody/railbelt/HEAD"]
        first, second = tab.locator(".cell").all()
        assert first.locator(".cell_output figure .rb-wide svg").count() == 1
        assert second.locator(".cell_output").inner_text().strip() == "sum 5"
        second.locator("pre").first.fill('print("product", 2 * 3)')
        second.get_by_role("button", name="Run this cell").click()
        second.get_by_text("product 6").wait_for(timeout=20_000)
        second.locator("pre").first.fill("1 / 0")
        second.get_by_role("button", name="Run this cell").click()
        second.get_by_text("ZeroDivisionError").wait_for(timeout=20_000)
        assert errors == []
        browser.close()
