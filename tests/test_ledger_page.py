"""The ledger in a real browser: found by words, filtered, sorted, linked."""

import shutil
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

PAGE = Path(__file__).parents[1] / "_build" / "html" / "chapters" / "ledger.html"


@pytest.fixture(scope="module")
def browser():
    found = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-gpu"])
        yield chromium
        chromium.close()


@pytest.fixture
def visit(browser):
    tabs = []

    def opened(fragment=""):
        assert PAGE.exists(), "build the book first: make book"
        tab = browser.new_page()
        tabs.append(tab)
        tab.goto(f"{PAGE.as_uri()}{fragment}")
        tab.wait_for_selector("#rb-filter:not([hidden])")
        return tab

    yield opened
    for tab in tabs:
        tab.close()


def shown(tab):
    return tab.evaluate(
        "[...document.querySelectorAll('.rb-ledger tbody tr')].filter((r) => !r.hidden).map((r) => r.id.slice(6))"
    )


def test_a_sentence_of_an_article_leads_to_its_claim_code_and_data(visit):
    tab = visit()
    assert len(shown(tab)) == 68
    tab.fill("[name=words]", "600 billion yuan")
    assert shown(tab) == ["A03"] and tab.inner_text("#rb-count") == "1 of 68 claims."
    row = tab.locator("#claim-A03")
    assert row.locator("a[href='rust-belt.html#the-claims-tested']").count() == 1
    row.locator("summary").click()
    assert "rules.more_than" in row.locator("pre").inner_text()
    assert row.locator("a[href='data.html#table-claim-evidence']").count() == 1


def test_filters_combine_and_the_address_keeps_them(visit):
    tab = visit("#article=M&kind=forecast")
    both = shown(tab)
    assert both and all(name.startswith("M") for name in both)
    tab.select_option("[name=verdict]", "supported")
    assert set(shown(tab)) <= set(both) and "verdict=supported" in tab.url
    tab.click("#rb-filter button[type=reset]")
    tab.wait_for_function("document.querySelector('#rb-count').textContent === '68 claims.'")
    assert "#" not in tab.url


def test_columns_sort_both_ways(visit):
    tab = visit()
    head = tab.locator(".rb-ledger thead th", has_text="Verdict")
    head.locator("button").click()
    assert head.get_attribute("aria-sort") == "ascending"
    order = tab.evaluate("[...document.querySelectorAll('.rb-ledger tbody tr')].map((r) => r.dataset.verdict)")
    assert order[0] == "supported" and sorted(set(order), key=order.index) == list(dict.fromkeys(order))
    head.locator("button").click()
    assert head.get_attribute("aria-sort") == "descending"


def test_a_claim_has_an_address(visit):
    tab = visit("#claim-Z08")
    assert tab.evaluate("document.querySelector('tr:target').id") == "claim-Z08"
    assert len(shown(tab)) == 68
