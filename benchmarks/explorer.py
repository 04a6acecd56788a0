"""Time from a key to the next picture in the scenario explorer, on a phone's screen with a processor slowed four times.

Run it after ``make book``, on a quiet machine: the browser measures, other programs only add.
"""

import statistics
from pathlib import Path

from browser import awaited, chromium
from playwright.sync_api import sync_playwright
from record import record

PAGE = Path(__file__).parents[1] / "_build" / "html" / "chapters" / "explorer.html"
SLOWDOWN = 4
KEYS = 30


def main() -> None:
    with sync_playwright() as playwright:
        browser = chromium(playwright)
        tab = browser.new_context(viewport={"width": 375, "height": 900}).new_page()
        tab.goto(PAGE.as_uri())
        awaited(tab, "document.querySelector('#rx-summary')?.textContent.length")
        tab.context.new_cdp_session(tab).send("Emulation.setCPUThrottlingRate", {"rate": SLOWDOWN})
        tab.evaluate(
            """() => {
              window.spent = [];
              new PerformanceObserver((list) => {
                for (const entry of list.getEntries()) if (entry.name === 'keydown') spent.push(entry.duration);
              }).observe({ type: 'event', durationThreshold: 16 });
            }"""
        )
        tab.locator("#rx-mobility").focus()
        for _ in range(KEYS):
            tab.keyboard.press("ArrowRight")
            tab.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        spent = sorted(tab.evaluate("spent"))
        how = f"a slider moved by key {KEYS} times at 375 px, processor slowed {SLOWDOWN} times; least {spent[0]:.0f}, most {spent[-1]:.0f} ms"
        record(
            "explorer.py",
            [("From a key to the next picture, median", statistics.median(spent), "ms", "< 100 ms", how)],
            versions=f"Chromium {browser.version}",
        )
        browser.close()


if __name__ == "__main__":
    main()
