"""The sliders on the page solve the model of the package: the script against Python on a grid, in Node or in the browser."""

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from railbelt.charts import toy
from railbelt.errors import ModelError
from railbelt.models.spatial import two_cities

SCRIPT = Path(__file__).parents[1] / "src" / "railbelt" / "book" / "static" / "two-cities.js"
TIMES = [240, 200, 150, 100, 60, 35, 20]
GRID = [(gap, mobility) for gap in (0.8, 1.0, 1.4, 2.0) for mobility in (0.0, 0.01, 0.05, 0.2, 0.5)]
CALL = f"JSON.stringify({json.dumps(GRID)}.map(([g, m]) => railbeltTwoCities({TIMES}, g, m)))"


@pytest.fixture(scope="module")
def expected():
    return [two_cities(TIMES, gap, mobility) for gap, mobility in GRID]


def same(text, expected):
    for rows, frame in zip(json.loads(text), expected, strict=True):
        found = pd.DataFrame(rows)[frame.columns.tolist()]
        assert np.abs(found - frame).max().max() < 1e-6


@pytest.mark.skipif(not shutil.which("node"), reason="Node is not there; the browser makes the same comparison")
def test_the_script_agrees_with_python_in_node(expected):
    code = f"require({json.dumps(str(SCRIPT))}); console.log({CALL})"
    found = subprocess.run(["node", "-e", code], capture_output=True, text=True, check=True)
    same(found.stdout, expected)


def test_the_script_agrees_with_python_in_the_browser_and_obeys_the_keyboard(expected):
    from playwright.sync_api import sync_playwright

    found = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 375, "height": 800})
        trouble = []
        page.on("pageerror", lambda error: trouble.append(str(error)))
        place = toy("two-cities", "Drag the sliders")._repr_mimebundle_()["text/html"]
        page.set_content(f"<!doctype html><html lang=en><title>t</title><body>{place}")
        assert not page.locator(".rb-toy").is_visible()
        page.add_script_tag(content=SCRIPT.read_text(encoding="utf-8"))
        same(page.evaluate(CALL), expected)
        before = page.locator("[role=status]").inner_text()
        for label in ("Travel time", "Productivity", "Ease of living"):
            slider = page.get_by_label(label)
            slider.focus()
            page.keyboard.press("ArrowLeft")
        after = page.locator("[role=status]").inner_text()
        assert "At 60 minutes" in before and "At 55 minutes" in after
        assert page.locator(".rb-toy svg path").count() == 2
        assert page.evaluate("document.documentElement.scrollWidth") <= 375
        assert trouble == []
        browser.close()


def test_the_two_cities_show_both_edges():
    """Stuck people gain without moving; with some mobility the town gains welfare and loses people; close by it fills again."""
    stuck = two_cities([60], mobility=0.0).iloc[0]
    assert abs(stuck.people) < 1e-6 and stuck.real_income > 1
    some = two_cities([120, 20], gap=1.5, mobility=0.02)
    assert (some.people < 0).all() and (some.welfare > 0).all()
    assert two_cities([20], gap=0.9, mobility=0.4).people[0] > 0
    assert two_cities([240]).drop(columns="minutes").abs().max().max() < 1e-9


def test_what_lies_outside_is_refused():
    with pytest.raises(ModelError, match="mobility"):
        two_cities([60], mobility=2)
    with pytest.raises(ModelError, match="'minutes': 10"):
        two_cities([10])


def test_only_pages_with_sliders_load_their_script(site):
    pages = {page: page.read_text(encoding="utf-8") for page in (site / "chapters").glob("*.html")}
    with_sliders = [page.stem for page, text in pages.items() if 'class="rb-toy"' in text]
    assert with_sliders == ["double-edged-sword"]
    assert [page.stem for page, text in pages.items() if "two-cities.js" in text] == with_sliders
    assert (site / "_static" / "two-cities.js").exists()
