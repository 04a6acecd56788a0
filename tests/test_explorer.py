"""The scenario explorer: two engines that agree, and a page that answers in a real browser without a network."""

import base64
import csv
import io
import random
import shutil
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pandas as pd
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

from railbelt import explorer
from railbelt.book.explorer import HERE, script
from railbelt.charts.figure import FORMULA, csv_text
from railbelt.errors import ScenarioError
from railbelt.explorer import DAY, Scenario, base, lines, network, outcome, places, times

GROUND = base()
CODES = GROUND.places.index[GROUND.places.region != "Russia"]
PENDING = [line for line, day in GROUND.lines.opened.items() if str(day)[:10] > DAY]
RUNNING = [line for line in GROUND.lines.index if line not in PENDING]
PAGE = Path(__file__).parents[1] / "_build" / "html" / "chapters" / "explorer.html"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
SCENARIOS = 220


def some(seed):
    """A random scenario, from nothing changed to everything at once."""
    draw = random.Random(seed)
    few = lambda items: tuple(draw.sample(items, draw.randint(0, len(items))))  # noqa: E731
    drawn = {
        tuple(sorted(draw.sample(list(CODES), 2))): float(draw.randrange(80, 401)) for _ in range(draw.randint(0, 3))
    }
    return Scenario(
        on=few(PENDING),
        off=few(RUNNING) if draw.random() < 0.5 else (),
        new=tuple((a, b, kmh) for (a, b), kmh in drawn.items()),
        speed=draw.choice([None, draw.uniform(100, 400)]),
        wait=draw.uniform(0, 2),
        mobility=draw.choice([0, draw.uniform(0, 3)]),
    )


# The model


def test_a_scenario_survives_its_text():
    for seed in range(200):
        scenario = some(seed)
        text = scenario.to_text()
        assert Scenario.from_text(text).to_text() == text
    assert Scenario.from_text("#from=2301&show=access") == Scenario()


@pytest.mark.parametrize(
    "text, words",
    [
        ("onn=hatie", "Did you mean 'on'"),
        ("new=2304-2308", "part 'new'.*malformed"),
        ("speed=fast", "part 'speed'.*malformed"),
        ("wait=3", "argument 'wait': 3.0 is not a number from 0 to 2"),
        ("speed=nan", "argument 'speed'"),
        ("new=2304-2308-900", "argument 'new': 900"),
        ("on=hatie&off=hatie", "'hatie' is switched on and off"),
        ("new=" + ",".join(["2304-2308-250"] * 7), "at most 6"),
    ],
)
def test_a_malformed_scenario_says_which_part(text, words):
    with pytest.raises(ScenarioError, match=words):
        Scenario.from_text(text)


@pytest.mark.parametrize(
    "text, words",
    [
        ("on=hatei", "Did you mean 'hatie'"),
        ("on=hada", "runs on 2025-12-31 already"),
        ("off=jinghu", "no line 'jinghu' in the Northeast"),
        ("new=2304-9999-250", "no node '9999'"),
        ("new=2304-2304-250", "to itself"),
    ],
)
def test_a_scenario_with_unknown_lines_or_nodes_is_refused(text, words):
    with pytest.raises(ScenarioError, match=words):
        network(Scenario.from_text(text), GROUND)


@pytest.mark.parametrize("seed", range(8))
def test_the_edits_of_the_network_give_the_same_times(seed):
    from railbelt.network import add_line, close_line, on, open_line, railways, respeed_line

    scenario = some(seed)
    rails = railways()
    for line in scenario.on:
        rails = open_line(rails, line, DAY)
    for line in scenario.off:
        rails = close_line(rails, line, DAY)
    if scenario.speed is not None:
        for line, design in GROUND.lines.design_kmh.items():
            rails = respeed_line(rails, line, min(design, scenario.speed), DAY)
    for number, (start, end, kmh) in enumerate(scenario.new):
        rails = add_line(rails, [start, end], kmh, DAY, line_id=f"drawn-{number}")
    expected = times(on(DAY, rails), CODES)
    found = times(network(scenario, GROUND), CODES)[expected.columns]
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9)


def test_times_are_those_of_the_elimination_to_its_precision():
    from railbelt.network import travel_times

    net = network(Scenario(), GROUND)
    single = travel_times(net, CODES).to_numpy(dtype=float)
    double = times(net, CODES).to_numpy()
    np.testing.assert_allclose(single, double, rtol=1e-6)


def test_the_border_costs_what_is_documented():
    row = GROUND.abroad.loc["Vladivostok"]
    none, all_of_it = (times(network(Scenario(wait=w), GROUND), ["2310"])["Vladivostok"].item() for w in (0, 1))
    assert all_of_it - none == pytest.approx(60 * row.wait_hours)
    assert none > 60 * row.km / explorer.ABROAD_KMH


@pytest.mark.parametrize("seed", range(5))
def test_new_lines_never_hurt_and_closed_ones_never_help(seed):
    draw = random.Random(seed)
    more = Scenario(on=tuple(draw.sample(PENDING, 3)), new=(("2304", "2308", 250.0),))
    less = Scenario(off=tuple(draw.sample(RUNNING, 3)))
    now, better, worse = (times(network(s, GROUND), CODES).to_numpy() for s in (Scenario(), more, less))
    assert (better <= now + 1e-9).all() and (worse >= now - 1e-9).all()
    finite = np.isfinite(now)
    assert better[finite].sum() < now[finite].sum()


def test_people_move_within_the_region_and_nobody_is_lost():
    changed = outcome(Scenario(on=("hatie", "tieyi"), mobility=0.2), GROUND)
    inside = GROUND.places.region == "Northeast"
    assert changed.residents_change[inside].sum() == pytest.approx(0, abs=1e-8)
    assert changed.residents_change[~inside].isna().all()
    assert changed.residents_change["2307"] > 0 > changed.residents_change["2102"]
    still = outcome(Scenario(on=("hatie", "tieyi")), GROUND)
    assert still.residents_change[inside].abs().max() < 1e-9


def test_places_and_lines_are_what_the_page_says():
    assert len(places()) == 48 and places().residents.gt(0).all()
    known = lines()
    assert {"hatie", "tieyi", "mudun", "qiman", "tongqi", "changliaotong"} == set(PENDING)
    assert known.name.is_unique and (known.design_kmh >= 120).all()


# Two engines


@pytest.fixture(scope="module")
def browser():
    found = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=found, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        )
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def engine(browser):
    """A blank page with nothing but the engine and its numbers."""
    tab = browser.new_page()
    tab.add_script_tag(content=script())
    tab.add_script_tag(content=(HERE / "static" / "engine.js").read_text(encoding="utf-8"))
    tab.evaluate(
        """() => {
          const { compile, solve, START } = railbeltEngine, graph = compile(railbeltExplorer);
          const pack = (numbers) => {
            const bytes = new Uint8Array(Float64Array.from(numbers).buffer);
            let text = '';
            for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
            return btoa(text);
          };
          window.run = (text, every) => {
            const scenario = railbeltEngine.read(railbeltExplorer, text);
            const before = solve(graph, START), after = solve(graph, scenario);
            const moved = railbeltEngine.moved(railbeltExplorer, before.access, after.access, scenario.mobility);
            const nodes = every ? railbeltExplorer.nodes.map((_, i) => i) : railbeltExplorer.places.map((p) => p.node);
            return { text: railbeltEngine.write(scenario), access: pack(after.access), moved: pack(moved.filter((x) => x !== null)),
              times: pack(after.times.flatMap((row) => nodes.map((node) => row[node]))) };
          };
        }"""
    )
    return tab


def unpack(text):
    return np.frombuffer(base64.b64decode(text), dtype="float64")


def agrees(engine, scenario, every=False):
    found = engine.evaluate("([text, every]) => run(text, every)", [scenario.to_text(), every])
    assert Scenario.from_text(found["text"]) == Scenario.from_text(scenario.to_text())
    net = network(Scenario.from_text(scenario.to_text()), GROUND)
    minutes = times(net, GROUND.places.index)
    expected = (minutes if every else minutes[GROUND.places.index]).to_numpy().ravel()
    ours = unpack(found["times"])
    assert (np.isinf(ours) == np.isinf(expected)).all()
    finite = np.isfinite(expected)
    access = explorer.access(minutes, GROUND).to_numpy()
    return np.abs(ours[finite] - expected[finite]).max(), np.abs(unpack(found["access"]) / access - 1).max(), found


def test_the_two_engines_agree_on_random_scenarios(engine):
    worst_time = worst_access = 0.0
    for seed in range(SCENARIOS):
        minutes, access, _ = agrees(engine, some(seed))
        worst_time, worst_access = max(worst_time, minutes), max(worst_access, access)
    assert worst_time <= 1e-6, worst_time
    assert worst_access <= 1e-9, worst_access


@pytest.mark.parametrize("seed", range(3))
def test_the_two_engines_agree_on_every_node_and_on_residents(engine, seed):
    scenario = some(seed + 1000)
    minutes, access, found = agrees(engine, scenario, every=True)
    assert minutes <= 1e-6 and access <= 1e-9
    expected = outcome(Scenario.from_text(scenario.to_text()), GROUND).residents_change.dropna()
    np.testing.assert_allclose(unpack(found["moved"]), expected, rtol=1e-7, atol=1e-7)


@pytest.mark.parametrize(
    "text",
    ["", "on=nowhere&off=hada,hada,qiman", "new=2304-2304-250,x-y-z,2304-2308-9", "speed=fast&wait=-1&mobility=99"],
)
def test_a_broken_address_is_read_as_far_as_it_makes_sense(engine, text):
    assert engine.evaluate("text => run(text, false).text", text) in ("", "off=hada")


def test_a_download_is_written_as_the_package_writes_tables(engine):
    """No spreadsheet takes a cell for a formula, and no cell breaks its row."""
    starts = ["", *FORMULA, "\r", "\r\n", "a", " ", '"', "'", ",", "−", "\x00", "沈阳"]
    texts = [start + rest for start in starts for rest in ("", "1+1", "SUM(A1)", 'say "a, b"', "line\r\nbreak\r", "=1")]
    table = pd.DataFrame({"=name": texts, "place": texts[::-1], "minutes": np.arange(len(texts)) - 3.5})
    rows = [list(table.columns), *table.to_numpy().tolist()]
    assert engine.evaluate("rows => railbeltEngine.csv(rows)", rows) == csv_text(table)
    assert engine.evaluate("() => railbeltEngine.csv([[null, Infinity, NaN, undefined, -1]])") == ",,,,-1\n"


def test_vendored_scripts_are_those_published():
    import hashlib

    published = {
        "d3-array.min.js": ("3.2.5", "468f7b9ed38d6322083da4d5ae9fa57d47784f964f16dcff96e413d16cc8f9d9"),
        "d3-contour.min.js": ("4.0.3", "f4304e926df90167962cd9c0725956546c1a5f54222b6786a0cefbec221a8d62"),
    }
    for name, (version, digest) in published.items():
        body = (HERE / "static" / "vendor" / name).read_bytes()
        assert f"v{version} Copyright".encode() in body[:80]
        assert hashlib.sha256(body).hexdigest() == digest, name
    assert "Permission to use" in (HERE / "static" / "vendor" / "LICENSE").read_text(encoding="utf-8")


# The page


@pytest.fixture
def visit(browser):
    contexts = []

    def opened(fragment="", theme="light", width=1440):
        assert PAGE.exists(), "build the book first: make book"
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=theme, accept_downloads=True
        )
        contexts.append(context)
        context.set_offline(True)
        tab = context.new_page()
        trouble = []
        tab.on("console", lambda m: trouble.append(m.text) if m.type in ("error", "warning") else None)
        tab.on("pageerror", lambda e: trouble.append(str(e)))
        tab.on("request", lambda r: None if r.url.startswith(("file:", "blob:", "data:")) else trouble.append(r.url))
        tab.goto(f"{PAGE.as_uri()}{fragment}")
        tab.wait_for_function("document.querySelector('#rx-summary').textContent")
        return tab, trouble

    yield opened
    for context in contexts:
        context.close()


def settle(tab):
    tab.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def cell(tab, code, column):
    name = GROUND.places.name[code]
    return tab.locator("#rx-rows tr", has_text=name).first.locator("th,td").nth(column).inner_text()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 375])
def test_the_page_works_offline_and_is_accessible(visit, theme, width):
    tab, trouble = visit("#on=hatie,tieyi&new=2304-2308-250&show=access", theme, width)
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    assert trouble == []
    found = Axe().run(tab, options={"runOnly": RULES}).response["violations"]
    assert [f"{v['id']}: {v['nodes'][0]['html'][:120]}" for v in found if v["impact"] in ("serious", "critical")] == []


def test_a_switch_changes_map_table_summary_and_address(visit):
    tab, trouble = visit()
    assert "as today" in tab.locator("#rx-summary").inner_text()
    before = cell(tab, "2307", 2)
    for line in ("hatie", "tieyi"):
        tab.locator(f"[data-switch={line}]").check()
    settle(tab)
    assert tab.url.endswith("#on=hatie,tieyi")
    assert cell(tab, "2307", 2) != before
    assert "Yichun" in tab.locator("#rx-summary").inner_text()
    assert tab.locator("#rx-rows tr").first.inner_text().startswith("Yichun")
    assert tab.locator("[data-line=hatie]").get_attribute("class") == "rx-line rx-new"
    tab.locator("#rx-reset").click()
    settle(tab)
    assert cell(tab, "2307", 2) == before and not tab.locator("[data-switch=hatie]").is_checked()
    assert trouble == []


def test_every_control_is_reached_and_worked_by_keyboard(visit):
    tab, trouble = visit()
    tab.locator("#rx-from").focus()
    seen = []
    for _ in range(40):
        seen.append(
            tab.evaluate(
                "document.activeElement.id || document.activeElement.dataset.switch || document.activeElement.textContent"
            )
        )
        tab.keyboard.press("Tab")
    for name in ("rx-from", *PENDING, "rx-a", "rx-b", "rx-kmh", "rx-add", "rx-pen", "rx-wait", "rx-mobility", "rx-csv"):
        assert name in seen, name
    tab.locator("#rx-add").focus()
    tab.keyboard.press("Enter")
    settle(tab)
    assert tab.url.endswith("#new=2304-2308-250")
    tab.locator("#rx-list button").focus()
    tab.keyboard.press("Space")
    settle(tab)
    assert "#new" not in tab.url and tab.evaluate("document.activeElement.id") == "rx-add"
    tab.locator("#rx-wait").focus()
    tab.keyboard.press("Home")
    settle(tab)
    assert "wait=0" in tab.url
    assert trouble == []


def test_a_line_is_drawn_on_the_map(visit):
    tab, trouble = visit()
    tab.locator("#rx-pen").click()
    for code in ("2301", "2311"):
        box = tab.locator(f"circle[data-code='{code}']").bounding_box()
        tab.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        settle(tab)
    assert tab.url.endswith("#new=2301-2311-250")
    assert tab.locator(".rx-drawn path").count() == 1
    assert trouble == []


def test_an_address_brings_back_the_whole_state(visit):
    fragment = "#on=mudun&off=hamu&new=2304-2308-300&speed=350&wait=0.5&mobility=0.2&from=2201&show=residents"
    tab, trouble = visit(fragment)
    assert tab.url.endswith(fragment)
    assert tab.locator("#rx-from").input_value() == "2201"
    assert tab.locator("#rx-speed").input_value() == "350" and tab.locator("#rx-mobility").input_value() == "0.2"
    assert not tab.locator("[data-switch=hamu]").is_checked() and tab.locator("[data-switch=mudun]").is_checked()
    assert tab.locator("[name=rx-show][value=residents]").is_checked()
    tab.evaluate("location.hash = '#on=tongqi'")
    settle(tab)
    assert tab.locator("[data-switch=tongqi]").is_checked() and tab.locator("#rx-list li").count() == 0
    assert quote("<b>") not in tab.content() and trouble == []


def test_the_download_is_what_python_computes(visit):
    tab, _ = visit("#on=tongqi&new=2304-2308-300&speed=350&mobility=0.2&from=2201")
    with tab.expect_download() as waiting:
        tab.locator("#rx-csv").click()
    rows = list(csv.DictReader(io.StringIO(Path(waiting.value.path()).read_text(encoding="utf-8"))))
    scenario = Scenario.from_text("on=tongqi&new=2304-2308-300&speed=350&mobility=0.2")
    expected, minutes = outcome(scenario, GROUND), times(network(scenario, GROUND), ["2201"]).iloc[0]
    assert [row["code"] for row in rows] == expected.index.tolist()
    for row in rows:
        if row["minutes"]:
            assert float(row["minutes"]) == pytest.approx(minutes[row["code"]], abs=1e-6)
        assert float(row["access"]) == pytest.approx(1e4 * expected.access[row["code"]], rel=1e-9)
    snippet = tab.locator("#rx-code").text_content()
    assert scenario.to_text() in snippet


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"mobility": None}, "'mobility': None is not a number from 0 to 3"),
        ({"wait": "1"}, "'wait': '1' is not a number"),
        ({"new": ("2304",)}, "'new': expected triples"),
    ],
)
def test_a_scenario_of_what_is_no_number_is_refused(fields, words):
    with pytest.raises(ScenarioError, match=words):
        Scenario(**fields)
