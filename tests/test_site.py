"""The built pages in a real browser: offline, quiet, light, readable by everybody, at every width.

A page is opened once and looked at in several ways; each way reports all that is wrong, and the test fails with the list.
"""

import re
import shutil
import statistics
from pathlib import Path
from urllib.parse import unquote, urljoin, urlparse

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

from railbelt.book.serve import serving

SITE = Path(__file__).parents[1] / "_build" / "html"
PAGES = sorted(str(p.relative_to(SITE)) for p in SITE.rglob("*.html") if "_static" not in p.parts)
READ = [page for page in PAGES if page.startswith("chapters/")]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


@pytest.fixture(scope="module")
def address():
    with serving(SITE) as started:
        yield started


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

    def opened(page, theme="light", width=1440, origin=None, **settings):
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=theme, **settings)
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


def barriers(tab):
    """Return serious violations of the accessibility rules."""
    found = Axe().run(tab, options={"runOnly": RULES, "resultTypes": ["violations"]}).response["violations"]
    return [
        f"{v['id']}: {v['nodes'][0]['html'][:160]} {v['nodes'][0]['failureSummary'][:200]}"
        for v in found
        if v["impact"] in ("serious", "critical")
    ]


def faulty_figures(tab):
    """Return what is wrong with the figures at the present width: each must show one chart that can be read."""
    figures = tab.evaluate(
        """async () => {
          const figures = [...document.querySelectorAll('.rb-figure')];
          const found = [];
          for (const figure of figures) {
            const shown = [...figure.querySelectorAll('.rb-chart img')].filter(i => getComputedStyle(i).display != 'none');
            for (const image of shown) { image.loading = 'eager'; await image.decode().catch(() => null); }
            const image = shown[0];
            found.push({id: figure.id, shown: shown.length, alt: image?.alt ?? '', file: image?.src ?? '',
              natural: image?.naturalWidth ?? 0, width: image?.getBoundingClientRect().width ?? 0,
              height: image?.getBoundingClientRect().height ?? 0,
              source: figure.querySelector('.rb-source')?.textContent ?? '', rows: figure.querySelectorAll('tbody tr').length});
          }
          return found;
        }"""
    )
    faults = []
    for figure in figures:
        drawn = (SITE / "_charts" / figure["file"].rsplit("/", 1)[-1]).read_text("utf-8") if figure["file"] else ""
        smallest = min((float(size) for size in re.findall(r'font-size="([\d.]+)px"', drawn)), default=99)
        marks = len(re.findall(r"<(?:path|text|line|circle)\b", drawn))
        good = (
            figure["shown"] == 1
            and figure["natural"] > 0
            and figure["height"] > 60
            and marks > 8
            and len(figure["alt"]) >= 40
            and smallest * figure["width"] / max(figure["natural"], 1) >= 8.5
            and figure["source"].startswith("Source: ")
            and figure["rows"] > 0
        )
        if not good:
            faults.append(f"{figure} marks={marks} smallest={smallest}")
    return faults


def test_the_site_has_its_pages():
    assert {"index.html", "chapters/intro.html", "chapters/rust-belt.html", "chapters/data.html"} <= set(PAGES)


@pytest.mark.parametrize("page", PAGES)
def test_page(visit, page):
    """No error, no outside request, nothing forbidden by its policy, no barrier in either theme, no page too wide."""
    tab, met = visit(page)
    trouble = list(met)  # what the accessibility checker itself asks for does not count
    if page in READ:
        trouble += [f"light: {fault}" for fault in barriers(tab)]
        trouble += [f"wide: {fault}" for fault in faulty_figures(tab)]
        tab.emulate_media(color_scheme="dark")
        for _ in range(20):  # not wait_for_function, which the policy of the page forbids
            if tab.evaluate("document.documentElement.dataset.theme") == "dark":
                break
            tab.wait_for_timeout(50)
        else:
            trouble.append("does not follow the dark scheme of the system")
        tab.wait_for_timeout(500)  # colours change gradually
        trouble += [f"dark: {fault}" for fault in barriers(tab)]
    tab.set_viewport_size({"width": 375, "height": 800})
    if (width := tab.evaluate("document.documentElement.scrollWidth")) > 375:
        trouble.append(f"{width} pixels wide on a phone")
    if page in READ:
        trouble += [f"phone: {fault}" for fault in faulty_figures(tab)]
        images = tab.evaluate("[...document.querySelectorAll('main img')].map(i => i.getAttribute('alt'))")
        trouble += [f"picture without words: {alt}" for alt in images if not alt or re.search(r"\.(png|svg)$", alt)]
    assert trouble == []


def test_page_reads_from_a_folder_without_a_server(visit):
    tab, trouble = visit("chapters/rust-belt.html", origin=SITE.as_uri() + "/")
    assert trouble == []
    assert faulty_figures(tab) == []


def test_page_reads_without_scripts(visit):
    tab, _ = visit("chapters/rust-belt.html", java_script_enabled=False)
    assert tab.locator(".rb-chart img:visible").count() == tab.locator(".rb-figure").count() > 5
    assert tab.locator("article h1").is_visible()


def test_charts_are_fetched_when_they_come_into_view(visit, address):
    tab, _ = visit("chapters/rust-belt.html")
    fetched = "performance.getEntriesByType('resource').filter(r => r.name.includes('_charts/')).length"
    before, figures = tab.evaluate(fetched), tab.locator(".rb-figure").count()
    assert before < figures / 2
    tab.locator(".rb-figure").last.scroll_into_view_if_needed()
    tab.wait_for_timeout(300)
    assert tab.evaluate(fetched) > before


def kilobytes(context, url):
    """Return what opening a page brings over the network, compressed; what the browser kept counts nothing."""
    tab = context.new_page()
    session = context.new_cdp_session(tab)
    session.send("Network.enable")
    sizes = []
    session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    tab.goto(url)
    tab.wait_for_load_state("networkidle")
    tab.close()
    return sum(sizes) / 1000


def test_pages_are_light_at_the_first_visit_and_at_the_next(browser, address):
    first, following = [], []
    reader = browser.new_context(viewport={"width": 1440, "height": 900})
    kilobytes(reader, address + "search.html")
    for page in READ:
        newcomer = browser.new_context(viewport={"width": 1440, "height": 900})
        first.append(kilobytes(newcomer, address + page))
        newcomer.close()
        following.append(kilobytes(reader, address + page))
    reader.close()
    assert statistics.median(first) <= 400, dict(zip(READ, first, strict=True))
    assert statistics.median(following) <= 60, dict(zip(READ, following, strict=True))


def test_an_interactive_chart_takes_the_place_of_its_picture(visit):
    tab, trouble = visit("chapters/rust-belt.html")
    figure = tab.locator("#" + tab.locator(".rb-figure:has(.rb-live)").first.get_attribute("id"))
    figure.locator(".rb-live").click()
    figure.locator(".vega-embed svg").wait_for()
    assert figure.locator(".rb-chart > [role=img]").get_attribute("aria-label")
    assert trouble == []


def test_a_figure_can_be_taken_along_and_cited(visit):
    tab, _ = visit("chapters/rust-belt.html")
    figure = tab.locator(".rb-figure").first
    figure.locator("summary", has_text="Show the numbers").click()
    starts = {"CSV": "", "SVG": "<svg", "PNG": "\x89PNG"}
    for kind, start in starts.items():
        with tab.expect_download() as taken:
            figure.get_by_role("link", name=kind, exact=True).click()
        content = taken.value.path().read_bytes().decode("latin-1")
        assert content.startswith(start) and len(content) > 100, kind
        assert taken.value.suggested_filename.endswith(kind.lower())
    figure.locator("summary", has_text="Cite this figure").click()
    words = figure.locator(".rb-cite p").text_content()
    assert "The Railbelt authors (20" in words and figure.locator(".rb-title").text_content().rstrip(".") in words


@pytest.mark.parametrize("word", ["沈阳", "鹤岗", "Hegang", "convergence"])
def test_search_finds_places_by_either_name(visit, word):
    tab, trouble = visit(f"search.html?q={word}")
    tab.locator("ul.search li").first.wait_for()
    assert tab.locator("ul.search li").count() >= 1
    assert trouble == []


def test_a_page_prints_without_the_furniture(visit):
    tab, _ = visit("chapters/rust-belt.html", theme="dark")
    tab.emulate_media(media="print")
    for hidden in (".bd-sidebar-primary", ".bd-header-article", ".rb-numbers", ".prev-next-footer"):
        assert tab.locator(f"{hidden}:visible").count() == 0, hidden
    assert (
        tab.evaluate("getComputedStyle(document.querySelector('.bd-article')).backgroundColor") == "rgb(255, 255, 255)"
    )
    assert tab.locator(".rb-chart img:visible").count() == tab.locator(".rb-figure").count()


def test_charts_use_only_colours_that_have_a_dark_form():
    from railbelt.charts.theme import PALETTE

    light = {pair[0] for pair in PALETTE.values()}
    charts = [*(SITE / "_charts").glob("*-wide.svg"), *(SITE / "_charts").glob("*-narrow.svg")]
    assert charts
    for chart in charts:
        used = set(re.findall(r'(?:fill|stroke)="([^"]+)"', chart.read_text("utf-8")))
        assert {colour for colour in used if colour not in ("none", "transparent")} <= light, chart.name


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
