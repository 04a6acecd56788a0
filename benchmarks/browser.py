"""The browser of the benchmarks."""

from __future__ import annotations

import shutil

from playwright.sync_api import Browser, Page, Playwright


def chromium(playwright: Playwright) -> Browser:
    return playwright.chromium.launch(
        executable_path=shutil.which("chromium") or shutil.which("google-chrome"),
        args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
    )


def awaited(tab: Page, expression: str) -> float:
    """Return the value of an expression once it has one; the policy of the pages forbids Playwright's own way."""
    for _ in range(1000):
        if found := tab.evaluate(expression):
            return float(found)
        tab.wait_for_timeout(20)
    raise TimeoutError(f"{tab.url}: {expression}")
