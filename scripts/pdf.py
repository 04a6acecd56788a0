"""Write the book as one PDF through headless Chromium: ``_build/railbelt.pdf``, every chart sharp, code left out.

The articles of the built pages, in the order of the contents, become one page; links between chapters become links
within it.
"""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

import yaml
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[1]
SITE = ROOT / "_build" / "html"
LEFT_OUT = ("explorer", "api", "data", "ledger")  # pages to work with, not to read
FOOT = (
    '<div style="font-size:8px;width:100%;text-align:center;color:#666"><span class="pageNumber"></span>'
    ' / <span class="totalPages"></span></div>'
)


def names() -> list[str]:
    """Return the pages in the order of the contents."""
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    files = [toc["root"], *(chapter["file"] for part in toc["parts"] for chapter in part["chapters"])]
    return [stem for file in files if (stem := Path(file).name) not in LEFT_OUT]


def one_page() -> str:
    """Return all articles as one HTML page, with identifiers made unique by the name of their chapter."""
    stems = names()
    articles = []
    for stem in stems:
        page = (SITE / "chapters" / f"{stem}.html").read_text(encoding="utf-8")
        article = re.search(r'<article class="bd-article">(.*?)</article>', page, re.DOTALL).group(1)
        article = re.sub(r'\bid="([^"]+)"', rf'id="{stem}--\1"', article)
        article = re.sub(r'href="#([^"]+)"', rf'href="#{stem}--\1"', article)
        for other in stems:
            article = re.sub(rf'href="{other}\.html#([^"]+)"', rf'href="#{other}--\1"', article)
            article = article.replace(f'href="{other}.html"', f'href="#{other}--top"')
        article = article.replace('loading="lazy"', 'loading="eager"')
        articles.append(f'<article class="bd-article" id="{stem}--top">{article}</article>')
    head = re.search(
        r"<head>.*?</head>", (SITE / "chapters" / f"{stems[0]}.html").read_text("utf-8"), re.DOTALL
    ).group()
    head = re.sub(r"<script.*?</script>", "", head, flags=re.DOTALL)
    return f'<!doctype html><html lang="en" data-theme="light">{head}<body><div class="bd-content rb-book">{"".join(articles)}</div></body></html>'


def main() -> int:
    """Write the PDF and print where it is."""
    target = ROOT / "_build" / "railbelt.pdf"
    page = SITE / "chapters" / "_book.html"
    page.write_text(one_page(), encoding="utf-8")
    try:
        with sync_playwright() as playwright:
            found = shutil.which("chromium") or shutil.which("google-chrome")
            browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-gpu"])
            tab = browser.new_page(viewport={"width": 800, "height": 1100})
            tab.goto(page.as_uri())
            tab.wait_for_load_state("networkidle")
            margins = {"top": "18mm", "bottom": "20mm", "left": "18mm", "right": "18mm"}
            tab.pdf(
                path=target, format="A4", margin=margins, outline=True, tagged=True,
                display_header_footer=True, header_template="<span></span>", footer_template=FOOT,
            )  # fmt: skip
            browser.close()
    finally:
        page.unlink(missing_ok=True)
    print(f"The book as PDF is at {target} ({target.stat().st_size / 1e6:.1f} MB)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
