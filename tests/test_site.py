"""The built pages in a real browser: offline, quiet, readable by everybody, at every width."""

import functools
import http.server
import re
import shutil
import threading
from pathlib import Path
from urllib.parse import unquote, urljoin, urlparse

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

SITE = Path(__file__).parents[1] / "_build" / "html"
PAGES = sorted(str(p.relative_to(SITE)) for p in SITE.rglob("*.html") if "_static" not in p.parts)
READ = [page for page in PAGES if page.startswith("chapters/")]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def address():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(SITE)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()


@pytest.fixture(scope="module")
def browser():
    found = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=found, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        )
        yield chromium
        chromium.close()


@pytest.fixture
def visit(browser, address):
    """Open a page and return it with everything that went wrong meanwhile."""
    contexts = []

    def opened(page, theme="light", width=1440, origin=None):
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=theme)
        contexts.append(context)
        tab = context.new_page()
        trouble = []
        tab.on("console", lambda m: trouble.append(f"console: {m.text}") if m.type == "error" else None)
        tab.on("pageerror", lambda e: trouble.append(f"error: {e}"))
        tab.on("requestfailed", lambda r: trouble.append(f"failed: {r.url}"))
        tab.on("response", lambda r: trouble.append(f"{r.status}: {r.url}") if r.status >= 400 else None)
        start = origin or address
        tab.on(
            "request",
            lambda r: trouble.append(f"outside: {r.url}") if not r.url.startswith((start, "data:", "blob:")) else None,
        )
        tab.goto(start + page)
        tab.wait_for_load_state("networkidle")
        return tab, trouble

    yield opened
    for context in contexts:
        context.close()


def test_the_site_has_its_pages():
    assert {"index.html", "chapters/intro.html", "chapters/rust-belt.html", "chapters/data.html"} <= set(PAGES)


@pytest.mark.parametrize("page", PAGES)
def test_page_loads_without_outside_requests_and_without_errors(visit, page):
    _, trouble = visit(page)
    assert trouble == []


def test_page_reads_from_a_folder_without_a_server(visit):
    tab, trouble = visit("chapters/rust-belt.html", origin=SITE.as_uri() + "/")
    assert trouble == []
    assert tab.locator(".rb-chart svg").count() > 0


@pytest.mark.parametrize("page", READ)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_page_has_no_serious_accessibility_violation(visit, page, theme):
    tab, _ = visit(page, theme)
    found = Axe().run(tab, options={"runOnly": RULES}).response["violations"]
    serious = [
        f"{v['id']}: {v['nodes'][0]['html'][:160]} {v['nodes'][0]['failureSummary'][:200]}"
        for v in found
        if v["impact"] in ("serious", "critical")
    ]
    assert serious == []


@pytest.mark.parametrize("page", PAGES)
def test_page_fits_a_phone(visit, page):
    tab, trouble = visit(page, width=375)
    assert tab.evaluate("document.documentElement.scrollWidth") <= 375
    assert trouble == []


@pytest.mark.parametrize("page", READ)
@pytest.mark.parametrize("width", [1440, 375])
def test_every_chart_is_drawn_and_has_a_text_alternative(visit, page, width):
    tab, _ = visit(page, width=width)
    figures = tab.evaluate(
        """() => [...document.querySelectorAll('.rb-figure')].map(f => {
          const shown = [...f.querySelectorAll('.rb-chart svg')].filter(s => s.getBoundingClientRect().width > 0);
          const svg = shown[0];
          return {id: f.id, shown: shown.length, marks: svg ? svg.querySelectorAll('path,text,line').length : 0,
            height: svg ? svg.getBoundingClientRect().height : 0,
            title: svg?.querySelector('title')?.textContent ?? '', text: svg?.querySelector('desc')?.textContent ?? '',
            small: svg ? [...svg.querySelectorAll('text')].filter(t => t.getBoundingClientRect().height < 8.5
              && t.textContent).length : 0,
            source: f.querySelector('.rb-source')?.textContent ?? '', rows: f.querySelectorAll('tbody tr').length};
        })"""
    )
    for figure in figures:
        assert figure["shown"] == 1, figure
        assert figure["marks"] > 8 and figure["height"] > 60, figure
        assert len(figure["text"]) >= 40 and figure["title"], figure
        assert figure["source"].startswith("Source: ") and figure["rows"] > 0, figure
        assert figure["small"] == 0, figure
    images = tab.evaluate("[...document.querySelectorAll('main img')].map(i => i.getAttribute('alt'))")
    assert all(alt and not re.search(r"\.(png|svg)$", alt) for alt in images)


def test_charts_use_only_colours_that_have_a_dark_form():
    from railbelt.charts.theme import PALETTE

    light = {pair[0] for pair in PALETTE.values()}
    for page in READ:
        charts = re.findall(r'<div class="rb-chart">(.*?)</figure>', (SITE / page).read_text("utf-8"), flags=re.DOTALL)
        used = set(re.findall(r'(?:fill|stroke)="([^"]+)"', " ".join(charts)))
        assert {colour for colour in used if colour not in ("none", "transparent")} <= light, page


def test_an_interactive_chart_takes_the_place_of_its_picture(visit):
    tab, trouble = visit("chapters/rust-belt.html")
    figure = tab.locator("#" + tab.locator(".rb-figure:has(.rb-live)").first.get_attribute("id"))
    figure.locator(".rb-live").click()
    figure.locator(".vega-embed svg").wait_for()
    assert figure.locator(".rb-chart > [role=img]").get_attribute("aria-label")
    assert trouble == []


def test_no_broken_link_or_anchor():
    texts = {page: (SITE / page).read_text(encoding="utf-8") for page in PAGES}
    anchors = {page: set(re.findall(r'\bid="([^"]+)"', text)) for page, text in texts.items()}
    broken = []
    for page, text in texts.items():
        for link in re.findall(r'(?:href|src)="([^"]+)"', text):
            if urlparse(link).scheme or link.startswith(("//", "javascript:")):
                continue
            target = urlparse(urljoin(page, link))
            path = unquote(target.path) or page
            if path.endswith("/"):
                path += "index.html"
            if not (SITE / path).exists() or (
                target.fragment and path in anchors and unquote(target.fragment) not in anchors[path]
            ):
                broken.append(f"{page}: {link}")
    assert broken == []
