"""Cases of the network, of geography and of the explorer."""

import math
from functools import cache

import numpy as np
import pandas as pd
from hypothesis import strategies as st

from hostile.kit import NUMBERS, SCALARS, TEXTS, WHOLE, case, damaged, damaged_array, damaged_series, finite, mostly
from railbelt import explorer, geography, network
from railbelt.network import access, closure, counterfactual, lines
from railbelt.network.travel import Parameters, Service

# Networks


def tables(draw):
    count = draw(st.integers(2, 5))
    codes = [f"n{i}" for i in range(count)]
    nodes = pd.DataFrame(
        {
            "name": codes,
            "lon": np.linspace(120, 125, count),
            "lat": np.linspace(40, 44, count),
            "terminal_minutes": 3.0,
        },
        index=pd.Index(codes, name="node_code"),
    )
    lines = draw(st.integers(1, 3))
    sections, stops, speeds = [], [], []
    for number in range(lines):
        route = draw(st.lists(st.sampled_from(codes), min_size=2, max_size=4, unique=True))
        mode = draw(st.sampled_from(["hsr", "conventional"]))
        sections.append(
            [
                f"l{number}",
                "",
                f"line {number}",
                mode,
                pd.Timestamp("2000-01-01"),
                pd.NaT,
                draw(st.sampled_from([np.nan, 200.0])),
            ]
        )
        stops += [[f"l{number}", "", i + 1, code, 50.0 * i] for i, code in enumerate(route)]
        speeds.append([f"l{number}", "", pd.Timestamp("2000-01-01"), draw(st.sampled_from([80.0, 160.0, 300.0]))])
    made = {"nodes": nodes}
    for name, rows in (("sections", sections), ("stops", stops), ("speeds", speeds)):
        columns = [*network.lines.COLUMNS[name], *(["km"] if name == "stops" else [])]
        made[name] = pd.DataFrame(rows, columns=columns)
    return made


PARAMETERS = Parameters(
    {
        "hsr": Service((200, 350), (180, 300), 2.0, line_change_minutes=8.0, terminals=True),
        "conventional": Service((80, 160), (60, 120), 3.0),
    },
    30.0,
    10.0,
)


def sound(times):
    """What must be true of any travel times."""
    values = times.to_numpy()
    assert not np.isnan(values).any() and (values >= 0).all()
    if values.shape[0] == values.shape[1] and times.index.equals(times.columns):
        assert np.allclose(values, values.T, rtol=1e-4) and (np.diag(values) == 0).all()


@case(weight=6)
def railways_of_any_tables(draw, place):
    made = tables(draw)
    broken = draw(st.sampled_from(sorted(made)))
    made[broken] = damaged(draw, made[broken])
    rails = network.Railways(**made)
    net = network.on("2010-01-01", rails, PARAMETERS)
    sound(network.travel_times(net))
    legs = network.legs(rails)
    finite(legs.length_km)
    assert (legs.length_km >= 0).all()


DAYS = st.one_of(
    TEXTS,
    st.sampled_from(
        ["2010-01-01", "0001-01-01", "9999-12-31", "2012-13-01", "2012-02-30", "1e9", "99999-01-01", "now", "NaT"]
    ),
    st.dates().map(str),
    NUMBERS,
    st.none(),
)


@case(weight=2)
def network_on_any_day(draw, place):
    net = network.on(draw(mostly("2010-01-01", DAYS)), network.Railways(**tables(draw)), PARAMETERS)
    sound(network.travel_times(net))


@case(weight=3)
def services_of_any_numbers(draw, place):
    pairs = draw(mostly([(200.0, 180.0), (300.0, 250.0)], st.lists(st.tuples(NUMBERS, NUMBERS), max_size=3)))
    service = Service(
        tuple(a for a, _ in pairs), tuple(b for _, b in pairs), draw(mostly(1.0, SCALARS)), draw(mostly(0.0, SCALARS))
    )
    found = service.minutes(np.array([1.0, 100.0]), np.array([50.0, 400.0]))
    assert (found >= 0).all() and not np.isnan(found).any()
    Parameters({"hsr": service}, draw(mostly(30.0, SCALARS)), draw(mostly(10.0, SCALARS)))


@case(weight=6)
def edits_of_any_kind(draw, place):
    rails = network.Railways(**tables(draw))
    line = draw(mostly("l0", st.sampled_from(["l1", "new"]) | TEXTS))
    day = draw(mostly("1999-05-05", DAYS))
    edit = draw(st.sampled_from(["open", "close", "delay", "respeed", "add"]))
    if edit == "open":
        rails = network.open_line(rails, line, day, draw(mostly(None, TEXTS)))
    elif edit == "close":
        rails = network.close_line(rails, line, day, draw(mostly(None, TEXTS)))
    elif edit == "delay":
        rails = network.delay_line(rails, line, draw(mostly(100, WHOLE | NUMBERS)))
    elif edit == "respeed":
        rails = network.respeed_line(rails, line, draw(mostly(200.0, SCALARS)), day)
    else:
        codes = draw(st.lists(st.sampled_from(["n0", "n1", "n2"]) | TEXTS, max_size=4) | TEXTS)
        rails = network.add_line(
            rails,
            codes,
            draw(NUMBERS),
            draw(DAYS),
            line,
            draw(st.sampled_from(["hsr"]) | TEXTS),
            draw(st.none() | NUMBERS),
        )
    sound(network.travel_times(network.on("2010-01-01", rails, PARAMETERS)))


@case(weight=3)
def travel_times_of_any_codes(draw, place):
    net = network.on("2010-01-01", network.Railways(**tables(draw)), PARAMETERS)
    codes = st.none() | st.lists(st.sampled_from(["n0", "n1"]) | TEXTS, max_size=3)
    times = network.travel_times(net, draw(codes), draw(codes), draw(mostly(0.0, SCALARS)))
    assert not np.isnan(times.to_numpy()).any() and (times.to_numpy() >= 0).all()


@case(weight=2)
def routes_of_any_codes(draw, place):
    net = network.on("2010-01-01", network.Railways(**tables(draw)), PARAMETERS)
    start, end = (draw(st.sampled_from(["n0", "n1"]) | TEXTS) for _ in range(2))
    legs, whole = network.path(net, start, end), network.route(net, start, end)
    time = network.travel_times(net, [start], [end]).iloc[0, 0]
    assert (
        (start == end or not np.isfinite(time)) if legs.empty else math.isclose(legs.minutes.sum(), time, rel_tol=1e-4)
    )
    assert math.isclose(legs.minutes.sum(), whole.minutes.sum(), abs_tol=1e-9)


@case()
def only_of_any_mode(draw, place):
    net = network.on("2010-01-01", network.Railways(**tables(draw)), PARAMETERS)
    sound(
        network.travel_times(
            network.only(net, *draw(st.lists(st.sampled_from(["hsr", "conventional"]) | TEXTS, max_size=2)))
        )
    )


def small_times(draw):
    times = pd.DataFrame([[0.0, 60, 200], [60, 0, np.inf], [200, np.inf, 0]], index=list("abc"), columns=list("abc"))
    return times if draw(st.booleans()) else damaged(draw, times)


@case(weight=4)
def market_access_of_anything(draw, place):
    times, mass = small_times(draw), damaged_series(draw, pd.Series({"a": 1.0, "b": 10.0, "c": 100.0}))
    found = network.market_access(
        times, mass, draw(mostly("exponential", TEXTS | st.just("power"))), draw(mostly(0.02, SCALARS))
    )
    finite(found)
    assert (found >= 0).all() and found.index.equals(times.index)


@case(weight=3)
def daily_reach_of_anything(draw, place):
    times, mass = small_times(draw), damaged_series(draw, pd.Series({"a": 1.0, "b": 10.0, "c": 100.0}))
    found = network.daily_reach(times, mass, draw(mostly(720.0, SCALARS)), draw(mostly(360.0, SCALARS)))
    finite(found)
    assert (found >= 0).all()


@case(weight=2)
def isochrone_of_anything(draw, place):
    found = network.isochrone(
        small_times(draw), draw(st.sampled_from("abc") | TEXTS), draw(st.lists(NUMBERS, max_size=3))
    )
    assert (found.minutes <= found.within).all()


@case(weight=2)
def access_by_blocks_of_anything(draw, place):
    net = network.on("2010-01-01", network.Railways(**tables(draw)), PARAMETERS)
    mass = damaged_series(draw, pd.Series({"n0": 1.0, "n1": 10.0}))
    found = network.access_by_blocks(
        net,
        mass,
        draw(mostly("exponential", TEXTS)),
        draw(mostly(0.02, SCALARS)),
        draw(mostly(math.inf, SCALARS)),
        draw(mostly(1, WHOLE)),
    )
    finite(found)
    assert (found >= 0).all()


@case(weight=2)
def access_under_anything(draw, place):
    net = network.on("2010-01-01", network.Railways(**tables(draw)), PARAMETERS)
    mass = damaged_series(draw, pd.Series({"n0": 1.0, "n1": 10.0}))
    sections = damaged(draw, pd.DataFrame({"line_id": ["l0"], "section": [""]}))
    open_ = draw(
        st.sampled_from(
            [
                np.array([[True], [False]]),
                np.array([True]),
                np.array([[1.0]]),
                np.zeros((0, 1), bool),
                np.ones((1, 1, 1), bool),
                np.array([["x"]]),
            ]
        )
    )
    found = network.access_under(
        net, sections, open_, mass, draw(mostly("exponential", TEXTS)), draw(mostly(0.02, SCALARS))
    )
    finite(found)


# Geography


@case(weight=2)
def places_of_any_table(draw, place):
    table = damaged(draw, pd.DataFrame({"lon": [126.0, 120.0], "lat": [46.0, 40.0], "name": ["a", "b"]}))
    points = geography.places(table, draw(mostly(geography.NORTHEAST, TEXTS | st.just("EPSG:4326"))))
    assert len(points) == len(table)
    finite(points.geometry.x, points.geometry.y)


@case(weight=2)
def distance_of_anything(draw, place):
    found = geography.distance_km(
        *(damaged_array(draw, [120.0, 121.0], 1) if draw(st.booleans()) else draw(NUMBERS) for _ in range(4))
    )
    finite(found)
    assert (np.asarray(found) >= 0).all() and (np.asarray(found) < 20_040).all()


@case()
def outlines_of_any_kind(draw, place):
    assert len(geography.outlines(draw(TEXTS)))


# The explorer


@case(weight=3)
def scenarios_of_any_text(draw, place):
    part = st.sampled_from(
        [
            "on=hatie",
            "off=hada",
            "new=2304-2308-250",
            "speed=300",
            "wait=0.5",
            "mobility=0.1",
            "speed=nan",
            "wait=inf",
            "new=1-2",
            "new=a-b-nan",
            "on=",
            "=",
            "from=1",
        ]
    )
    text = draw(st.lists(part | TEXTS, max_size=3).map("&".join) | TEXTS)
    scenario = explorer.Scenario.from_text(text)
    assert explorer.Scenario.from_text(scenario.to_text()) == scenario
    finite(scenario.wait, scenario.mobility, *([scenario.speed] if scenario.speed is not None else []))


@case(weight=3)
def scenarios_of_anything(draw, place):
    names = st.lists(st.sampled_from(["hatie", "hada"]) | TEXTS, max_size=2).map(tuple)
    drawn = st.lists(st.tuples(mostly("2304", TEXTS), mostly("2308", TEXTS), mostly(250.0, SCALARS)), max_size=2).map(
        tuple
    )
    scenario = explorer.Scenario(
        draw(names),
        draw(names),
        draw(drawn),
        draw(st.none() | NUMBERS),
        draw(mostly(1.0, SCALARS)),
        draw(mostly(0.0, SCALARS)),
    )
    finite(scenario.wait, scenario.mobility, *(kmh for _, _, kmh in scenario.new))


ground, china = cache(explorer.base), cache(network.railways)


def a_scenario(draw):
    """Return a scenario of lines and places that may not be."""
    line = st.sampled_from(["hatie", "tieyi", "hada"]) | TEXTS
    drawn = st.tuples(mostly("2304", TEXTS), mostly("2308", TEXTS | st.just("2304")), mostly(250.0, SCALARS))
    return explorer.Scenario(
        draw(mostly(("hatie",), st.lists(line, max_size=2).map(tuple) | TEXTS)),
        draw(mostly((), st.lists(line, max_size=2).map(tuple) | TEXTS)),
        draw(mostly((), st.lists(drawn, max_size=2).map(tuple))),
        draw(mostly(None, NUMBERS | st.just(200))),
        draw(mostly(1.0, SCALARS)),
        draw(mostly(0.1, SCALARS)),
    )


@case(few=6)
def networks_of_any_scenario(draw, place):
    scenario = a_scenario(draw)
    net = explorer.network(scenario, ground())
    found = explorer.times(net, draw(mostly(["2301", "2101"], st.lists(TEXTS | st.just("2301"), max_size=2) | TEXTS)))
    assert not found.isna().any(axis=None) and (found >= 0).all(axis=None)
    fewer = explorer.Scenario(on=scenario.on, off=scenario.off, speed=scenario.speed, wait=scenario.wait)
    slower = explorer.times(explorer.network(fewer, ground()), found.index)
    assert (found <= slower + 1e-6).all(axis=None), "a line more makes no trip longer"


@case(few=4)
def outcomes_of_any_scenario(draw, place):
    found = explorer.outcome(a_scenario(draw), ground())
    finite(found.access, found.access_before, found.residents_change.dropna())
    assert (found.access > 0).all() and abs(found.residents_change.sum()) < 1e-6, "nobody is born or leaves"


@case(few=3)
def explorers_of_any_railways(draw, place):
    """The explorer of other railways, or of none that it knows."""
    rails = network.Railways(**tables(draw)) if draw(st.booleans()) else china()
    known = explorer.lines(rails)
    assert known.index.is_unique and set(known.index) <= set(rails.sections.line_id)
    assert explorer.places(rails).index.is_unique
    other = explorer.base(rails, PARAMETERS if draw(st.booleans()) else None)
    page = explorer.page_data(other)
    assert len(page["nodes"]) == len(page["mass"])
    finite(page["mass"], page["links"]["minutes"])


# What is computed by the way


@case(weight=2)
def weights_of_any_times(draw, place):
    decay, parameter = draw(mostly("exponential", TEXTS | st.just("power"))), draw(mostly(0.02, SCALARS))
    minutes = damaged_array(draw, [0.0, 30.0, 60.0, np.inf], 1)
    found = access.decayed(minutes, decay, parameter)
    finite(found)
    order = np.argsort(np.ravel(np.asarray(minutes, float)))
    assert (np.diff(np.ravel(found)[order]) <= 0).all() and (found >= 0).all() and (found <= 1).all()


@case(weight=2)
def closures_of_any_links(draw, place):
    count = draw(mostly(4, WHOLE))
    start, end = (damaged_array(draw, one, 1).astype(float) for one in ([0, 1, 2], [1, 2, 3]))
    start, end = (one.astype(int) if draw(st.integers(0, 4)) else one for one in (start, end))
    wanted = draw(mostly(None, st.lists(st.integers(-1, 4), max_size=3).map(np.array)))
    elimination = closure.eliminate(count, start, end, wanted)
    times = damaged_array(draw, [5.0, 7.0, 2.0], 1)
    found = closure.closure(elimination, times)
    assert np.array_equal(found, found.T) and (np.diag(found) == 0).all() and (found >= 0).all()
    through = (found[:, :, None] + found[None]).min(axis=1, initial=np.inf)
    assert np.allclose(through, found), "no way round is shorter"


@case()
def straight_ways_of_any_codes(draw, place):
    nodes = tables(draw)["nodes"]
    codes = [draw(st.lists(st.sampled_from(["n0", "n1"]) | TEXTS, max_size=2)) for _ in range(2)]
    found = lines.straight_km(nodes, *codes)
    assert found.shape == (len(codes[0]),) and (found >= 0).all()
    assert np.allclose(found, lines.straight_km(nodes, *codes[::-1]))


@case(few=4)
def windows_of_anything(draw, place):
    table = pd.DataFrame({"lon": [126.0, 120.0], "lat": [46.0, 40.0]})
    frame = draw(st.sampled_from([geography.outlines("waters"), geography.places(table), geography.places(table[:0])]))
    found = geography.window(
        frame, draw(mostly(geography.NORTHEAST, TEXTS | st.just(geography.CHINA))), draw(mostly(4.0, SCALARS))
    )
    assert not found.is_empty.any() and set(found.index) <= set(frame.index)


# Counterfactual networks


@case(few=8)
def candidates_of_any_days(draw, place):
    rails = network.Railways(**tables(draw)) if draw(st.booleans()) else china()
    days = [draw(mostly(day, DAYS)) for day in ("1999-01-01", "2012-12-01", "2025-12-31")]
    found = counterfactual.candidates(*days, rails, draw(mostly("hsr", TEXTS)), draw(mostly(None, WHOLE)))
    first, last, horizon = map(pd.Timestamp, days)
    assert found.opened.between(first, horizon, inclusive="right").all() and (found.links > 0).all()
    assert (found.realised == (found.opened <= last)).all() and found.realised.any()
    assert not found.duplicated(["line_id", "section"]).any()
    places = counterfactual.places_of(rails)
    assert places.index.equals(rails.nodes.index) and places.notna().all()


@cache
def few_candidates():
    return counterfactual.candidates("2010-11-01", "2014-11-01", "2016-12-31", china())


@case(few=4)
def straight_lines_of_anything(draw, place):
    cities = damaged(
        draw, pd.DataFrame({"lon": [123.4, 126.6, 121.6], "lat": [41.8, 45.8, 38.9]}, ["2101", "2301", "2102"])
    )
    mass = damaged_series(draw, pd.Series({"2101": 8.0, "2301": 10.0, "2102": 7.0}))
    chosen = few_candidates() if draw(st.booleans()) else damaged(draw, few_candidates(), 1)
    numbers = [draw(mostly(good, SCALARS)) for good in (100.0, 1.3, 0.02)]
    found = counterfactual.straight_lines(
        cities, mass, chosen, draw(mostly("2016-12-31", DAYS)), china(), draw(mostly("hsr", TEXTS)), *numbers
    )
    none, every = (found(np.full((1, len(chosen)), value)) for value in (False, True))
    finite(none, every)
    assert (every >= none - 1e-5).all() and np.allclose(none, 0, atol=1e-5), "more lines, no less access"
    assert (found.times(np.ones(len(chosen), bool)) <= found.minutes).all()
    finite(found.access(np.zeros(len(chosen), bool)))


@case(few=4)
def rail_access_of_anything(draw, place):
    mass = damaged_series(draw, pd.Series({"2101": 8.0, "2301": 10.0, "2102": 7.0}))
    chosen = few_candidates() if draw(st.booleans()) else damaged(draw, few_candidates(), 1)
    decay = draw(mostly(0.02, NUMBERS | st.lists(NUMBERS, max_size=2)))
    found = counterfactual.rail_access(mass, chosen, draw(mostly("2016-12-31", DAYS)), china(), None, decay)
    none, every = (found(np.full((1, len(chosen)), value)) for value in (False, True))
    finite(none, every)
    assert (every >= none - 1e-4).all() and np.allclose(none, 0, atol=1e-5)
    assert none.shape[1] == len(found.cities) * len(found.decay)


@case()
def railways_as_designed(draw, place):
    rails = network.Railways(**tables(draw))
    found = counterfactual.as_designed(rails)
    assert found.speeds.speed_kmh.equals(rails.speeds.speed_kmh), "lines that nobody designed keep their speed"
