"""Weight of the pages and times until they show something, in headless Chromium from a local server without throttle.

Run it after ``make book``.
"""

import statistics
from pathlib import Path

from browser import awaited, chromium
from playwright.sync_api import Browser, BrowserContext, sync_playwright
from record import record

from railbelt.book.serve import serving

SITE = Path(__file__).parents[1] / "_build" / "html"
PAGES = sorted(path.relative_to(SITE).as_posix() for path in (SITE / "chapters").glob("*.html"))
WIDTHS = {"wide": (1440, 900), "phone": (375, 812)}
RUNS = 3
# When the first chart that is in view has its picture, and the frame after it has been drawn.
WATCH = """
const look = () => {
  const seen = [...document.querySelectorAll('.rb-chart img')].find((image) => {
    const box = image.getBoundingClientRect();
    return box.width && box.bottom > 0 && box.top < innerHeight && image.complete && image.naturalWidth;
  });
  if (seen) requestAnimationFrame(() => { window.firstChart = performance.now(); }); else requestAnimationFrame(look);
};
requestAnimationFrame(look);
"""


def weight(context: BrowserContext, url: str) -> float:
    """Return the kilobytes that opening a page brings, compressed; what the browser has kept counts nothing."""
    tab = context.new_page()
    session = context.new_cdp_session(tab)
    session.send("Network.enable")
    sizes: list[float] = []
    session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    tab.goto(url)
    tab.wait_for_load_state("networkidle")
    tab.close()
    return sum(sizes) / 1000


def paint(browser: Browser, url: str, size: tuple[int, int]) -> float:
    """Return the milliseconds until the first paint with content, in a browser that has kept nothing."""
    context = browser.new_context(viewport={"width": size[0], "height": size[1]})
    tab = context.new_page()
    tab.goto(url)
    found = awaited(tab, "performance.getEntriesByName('first-contentful-paint')[0]?.startTime")
    context.close()
    return found


def chart(browser: Browser, url: str, size: tuple[int, int]) -> float:
    """Return the milliseconds until the first chart of a page is drawn, the page opened at that chart."""
    context = browser.new_context(viewport={"width": size[0], "height": size[1]})
    tab = context.new_page()
    tab.add_init_script(WATCH)
    tab.goto(url)
    found = awaited(tab, "window.firstChart")
    context.close()
    return found


def main() -> None:
    with serving(SITE) as address, sync_playwright() as playwright:
        browser = chromium(playwright)
        reader = browser.new_context(viewport={"width": 1440, "height": 900})
        weight(reader, f"{address}search.html")
        first, following = [], []
        for page in PAGES:
            newcomer = browser.new_context(viewport={"width": 1440, "height": 900})
            first.append(weight(newcomer, address + page))
            newcomer.close()
            following.append(weight(reader, address + page))
        rows = [
            ("Median page, first visit", statistics.median(first), "kB", "≤ 400 kB", f"bytes over the network, compressed, opened at the top at 1440 px; {len(PAGES)} pages; most {max(first):.0f} kB"),
            ("Median page, next visit", statistics.median(following), "kB", "≤ 60 kB", f"the same with the site's style sheets and scripts kept by the browser; most {max(following):.0f} kB"),
        ]  # fmt: skip
        anchors = {}
        tab = browser.new_page()
        for page in PAGES:
            tab.goto(address + page)
            if tab.locator(".rb-figure:has(.rb-chart img)").count():
                anchors[page] = tab.locator(".rb-figure:has(.rb-chart img)").first.get_attribute("id")
        tab.close()
        for name, size in WIDTHS.items():
            painted = [statistics.median(paint(browser, address + p, size) for _ in range(RUNS)) for p in PAGES]
            drawn = [
                statistics.median(chart(browser, f"{address}{p}#{a}", size) for _ in range(RUNS))
                for p, a in anchors.items()
            ]
            rows += [
                (f"First contentful paint, {name}", statistics.median(painted), "ms", "< 500 ms", f"median of {len(PAGES)} pages, each of {RUNS} runs in a new browser context at {size[0]} px; most {max(painted):.0f} ms"),
                (f"First chart, {name}", statistics.median(drawn), "ms", "< 1000 ms", f"page opened at its first chart: until that picture is complete and the next frame drawn; {len(drawn)} pages with charts; most {max(drawn):.0f} ms"),
            ]  # fmt: skip
        version = browser.version
        browser.close()
    record("site.py", rows, versions=f"Chromium {version}")


if __name__ == "__main__":
    main()
