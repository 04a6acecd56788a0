"""The rail network: shortest times against networkx, invariants on random networks, edits, access, hostile input."""

import dataclasses
import itertools

import joblib
import networkx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from railbelt import network as rail
from railbelt.errors import DataError, ScenarioError
from railbelt.network.closure import Elimination, closure, eliminate
from railbelt.network.lines import DETOUR, KEY, straight_km
from railbelt.network.travel import path as network_path

TO_DAY = "2025-12-31"
SIMPLE = rail.Parameters(
    {"hsr": rail.Service((100, 300), (100, 300), 5, 2, 3, 6, True), "conventional": rail.Service((100,), (100,), 4)},
    20,
    6,
)


SLACK = SIMPLE.change_minutes + 5 - SIMPLE.trip_minutes
"""What a through trip saves on two trips: a change and the longest stop, less an allowance."""


@pytest.fixture(scope="module")
def rails():
    return rail.railways()


@pytest.fixture(scope="module")
def china(rails):
    return rail.on(TO_DAY, rails)


@st.composite
def random_rails(draw):
    """Small railways of two modes with random lines, dates and speeds."""
    count = draw(st.integers(3, 9))
    codes = [f"n{i}" for i in range(count)]
    nodes = pd.DataFrame(
        {
            "name": codes,
            "lon": [120 + 0.7 * (i % 3) for i in range(count)],
            "lat": [40 + 0.6 * (i // 3) for i in range(count)],
            "metropolis": draw(st.lists(st.booleans(), min_size=count, max_size=count)),
            "terminal_minutes": draw(st.lists(st.integers(0, 5), min_size=count, max_size=count)),
        },
        index=pd.Index(codes, name="node_code"),
    )
    sections, stops, speeds = [], [], []
    for line in range(draw(st.integers(1, 7))):
        passed = draw(st.lists(st.sampled_from(codes), min_size=2, max_size=5, unique=True))
        key = {"line_id": f"line{line}", "section": draw(st.sampled_from(["", "a"]))}
        opened = pd.Timestamp("2000-01-01") + pd.Timedelta(days=draw(st.integers(0, 9000)))
        mode = draw(st.sampled_from(["hsr", "conventional"]))
        sections.append(
            {
                **key,
                "name": draw(st.sampled_from(["one railway", key["line_id"]])),
                "mode": mode,
                "opened": opened,
                "closed": pd.NaT,
                "length_km": np.nan,
            }
        )
        stops += [{**key, "seq": i, "node_code": code} for i, code in enumerate(passed)]
        speeds.append({**key, "from_date": opened, "speed_kmh": draw(st.integers(60, 350))})
    return rail.Railways(nodes, pd.DataFrame(sections), pd.DataFrame(stops), pd.DataFrame(speeds))


FAR = 1e6
"""Minutes from a place to its platforms in the graph below, so that no way leads through a place."""


def by_networkx(net: rail.Network) -> pd.DataFrame:
    """Travel times by another library, on a graph built in another way: a platform for each kind of train and railway."""
    graph = networkx.Graph()
    nodes, express = net.nodes, net.nodes["metropolis"]

    def join(a, b, minutes):
        if a != b and not (graph.has_edge(a, b) and graph.edges[a, b]["weight"] <= minutes):
            graph.add_edge(a, b, weight=minutes)

    for link in net.links.itertuples():
        for kind, minutes in ((link.mode, link.minutes), ("express", link.express_minutes)):
            if minutes == minutes:
                join((link.from_node, kind, link.name), (link.to_node, kind, link.name), minutes)
    platforms = {code: [] for code in nodes.index}
    for platform in list(graph):
        platforms[platform[0]].append(platform)
    for code, here in platforms.items():
        for a, b in itertools.combinations(here, 2):
            if a[1] == b[1]:
                join(a, b, net.services[a[1]].line_change_minutes)
            elif express[code] or "express" not in (a[1], b[1]):
                join(a, b, net.change_minutes)
        for platform in here:
            if platform[1] != "express" or express[code]:
                service = net.services[platform[1]]
                terminal = nodes.terminal_minutes[code] if service.terminals else 0
                join(code, platform, FAR + terminal + (net.trip_minutes - service.stop_minutes) / 2)
    found = pd.DataFrame(np.inf, index=nodes.index, columns=nodes.index)
    for code in nodes.index.intersection(list(graph)):
        for other, minutes in networkx.single_source_dijkstra_path_length(graph, code).items():
            if isinstance(other, str):
                found.loc[code, other] = minutes - 2 * FAR if other != code else 0
    return found.where(~np.eye(len(found), dtype=bool), 0)


@settings(max_examples=40, deadline=None)
@given(random_rails())
def test_times_agree_with_networkx(rails):
    net = rail.on("2030-01-01", rails, SIMPLE)
    np.testing.assert_allclose(rail.travel_times(net).to_numpy(), by_networkx(net).to_numpy(), rtol=1e-5)


def test_express_trains_run_between_metropolises_and_can_be_changed_to():
    codes = ["big", "small", "mid", "far"]
    nodes = pd.DataFrame(
        {"name": codes, "lon": [120.0, 121, 122, 123], "lat": 40.0, "metropolis": [True, False, False, True]},
        index=codes,
    )
    key = {"line_id": "line", "section": ""}
    line = rail.Railways(
        nodes,
        pd.DataFrame(
            [
                {
                    **key,
                    "name": "",
                    "mode": "hsr",
                    "opened": pd.Timestamp("2000-01-01"),
                    "closed": pd.NaT,
                    "length_km": 300,
                }
            ]
        ),
        pd.DataFrame([{**key, "seq": i, "node_code": code} for i, code in enumerate(codes)]),
        pd.DataFrame([{**key, "from_date": pd.Timestamp("2000-01-01"), "speed_kmh": 300}]),
    )
    service = rail.Service((300,), (300,), stop_minutes=5, express_stop_minutes=1)
    net = rail.on("2001-01-01", line, rail.Parameters({"hsr": service}, change_minutes=3, trip_minutes=2))
    times = rail.travel_times(net)
    # 60 minutes of running; five minutes a node passed, or one in the express; two for the trip.
    assert times.loc["big", "far"] == pytest.approx(60 + 2 * 1 + 2)
    assert times.loc["small", "far"] == pytest.approx(40 + 5 + 2)
    assert rail.route(net, "big", "far").express.tolist() == [True, False]
    # A feeder into the metropolis meets the express there: 20 minutes and half a stop, the change of three, 60 and two and a
    # half stops of the express, the trip.
    fed = rail.Railways(
        pd.concat([nodes, nodes.loc[["small"]].rename(index={"small": "town"}).assign(lon=119.0)]),
        line.sections, line.stops, line.speeds,
    )  # fmt: skip
    fed = rail.add_line(fed, ["town", "big"], 300, "2000-01-01", line_id="feeder", length_km=100)
    net = rail.on("2001-01-01", fed, rail.Parameters({"hsr": service}, change_minutes=3, trip_minutes=2))
    assert rail.travel_times(net).loc["town", "far"] == pytest.approx(20 + 2.5 + 3 + 62.5 + 2)


def test_a_change_of_lines_takes_time_but_not_within_a_railway_nor_at_the_ends_of_a_trip():
    codes = ["west", "hub", "east", "north"]
    nodes = pd.DataFrame({"name": codes, "lon": [120.0, 121, 122, 121], "lat": [40.0, 40, 40, 41]}, index=codes)
    nodes["terminal_minutes"] = [0.0, 4, 1, 0]
    own = rail.Railways(
        nodes,
        pd.DataFrame({
            "line_id": ["through", "branch"], "section": "", "name": ["Through", "Branch"], "mode": "hsr",
            "opened": pd.Timestamp("2000-01-01"), "closed": pd.NaT, "length_km": [200.0, 100],
        }),
        pd.DataFrame({
            "line_id": ["through"] * 3 + ["branch"] * 2, "section": "", "seq": [1, 2, 3, 1, 2],
            "node_code": ["west", "hub", "east", "north", "hub"],
        }),
        pd.DataFrame({"line_id": ["through", "branch"], "section": "", "from_date": pd.NaT, "speed_kmh": 200}),
    )  # fmt: skip
    service = rail.Service((200,), (200,), stop_minutes=2, line_change_minutes=10, terminals=True)
    params = rail.Parameters({"hsr": service}, change_minutes=30, trip_minutes=0)
    net = rail.on("2001-01-01", own, params)
    times = rail.travel_times(net)
    # Thirty minutes a leg, a stop at the hub; a change of lines there for the branch; the terminal allowances of both ends.
    assert times.loc["west", "east"] == pytest.approx(30 + 2 + 30 + 1)
    assert times.loc["north", "east"] == pytest.approx(30 + 2 + 10 + 30 + 1)
    assert times.loc["north", "hub"] == pytest.approx(30 + 4) and times.loc["hub", "east"] == pytest.approx(30 + 4 + 1)
    legs = network_path(net, "north", "east")
    assert legs.line_change.tolist() == [False, True, False] and legs.minutes.tolist()[:2] == pytest.approx([32, 42])
    one = dataclasses.replace(own, sections=own.sections.assign(name="One railway"))
    assert rail.travel_times(rail.on("2001-01-01", one, params)).loc["north", "east"] == pytest.approx(63)
    with pytest.raises(DataError, match="'change_minutes': 11 is less than 12, a change of lines and a stop"):
        rail.Parameters({"hsr": service}, change_minutes=11, trip_minutes=0)


@pytest.mark.parametrize("saved", [-1.0, 6.0, float("nan")])
def test_an_express_that_stops_longer_is_refused(saved):
    with pytest.raises(DataError, match="express_stop_minutes"):
        rail.Service((300,), (300,), stop_minutes=5, express_stop_minutes=saved)


@settings(max_examples=40, deadline=None)
@given(random_rails(), st.integers(0, 9000))
def test_times_are_symmetric_and_obey_the_triangle_inequality_up_to_one_change(rails, days):
    times = rail.travel_times(rail.on(pd.Timestamp("2000-01-01") + pd.Timedelta(days=days), rails, SIMPLE)).to_numpy()
    assert np.array_equal(times, times.T)
    through = (times[:, :, None] + times[None, :, :]).min(axis=1)
    slack = SLACK
    assert (times <= through + slack + 1e-3).all()


@settings(max_examples=30, deadline=None)
@given(random_rails(), st.integers(0, 9000))
def test_with_access_times_the_triangle_inequality_holds_exactly(rails, days):
    net = rail.on(pd.Timestamp("2000-01-01") + pd.Timedelta(days=days), rails, SIMPLE)
    times = rail.travel_times(net, access_minutes=SLACK).to_numpy()
    assert (times <= (times[:, :, None] + times[None, :, :]).min(axis=1) + 1e-3).all()


@settings(max_examples=40, deadline=None)
@given(random_rails(), st.integers(0, 9000), st.integers(0, 3000))
def test_later_is_never_slower_while_speeds_hold(rails, days, more):
    day = pd.Timestamp("2000-01-01") + pd.Timedelta(days=days)
    before, after = (
        rail.travel_times(rail.on(d, rails, SIMPLE)).to_numpy() for d in (day, day + pd.Timedelta(days=more))
    )
    assert (after <= before + 1e-3).all()


@settings(max_examples=40, deadline=None)
@given(random_rails(), st.data())
def test_opening_never_lengthens_and_closing_never_shortens(rails, data):
    line = data.draw(st.sampled_from(sorted(set(rails.sections.line_id))))
    day = "2030-01-01"
    with_it = rail.travel_times(rail.on(day, rails, SIMPLE)).to_numpy()
    without = rail.travel_times(rail.on(day, rail.close_line(rails, line, "2029-01-01"), SIMPLE)).to_numpy()
    ends = data.draw(st.lists(st.sampled_from(list(rails.nodes.index)), min_size=2, max_size=3, unique=True))
    more = rail.add_line(rails, ends, 300, "2029-01-01", mode=rails.sections["mode"].iloc[0])
    faster = rail.travel_times(rail.on(day, more, SIMPLE)).to_numpy()
    assert (without >= with_it - 1e-3).all()
    assert (faster <= with_it + 1e-3).all()


@settings(max_examples=30, deadline=None)
@given(random_rails(), st.randoms(use_true_random=False))
def test_names_and_order_of_nodes_do_not_matter(rails, random):
    codes = list(rails.nodes.index)
    shuffled = random.sample(codes, len(codes))
    new = dict(zip(codes, (f"x{c}" for c in shuffled), strict=True))
    nodes = rails.nodes.rename(index=new).sort_index()
    renamed = dataclasses.replace(
        rails, nodes=nodes, stops=rails.stops.assign(node_code=rails.stops.node_code.map(new))
    )
    times = rail.travel_times(rail.on("2030-01-01", rails, SIMPLE))
    other = rail.travel_times(rail.on("2030-01-01", renamed, SIMPLE))
    expected = times.rename(index=new, columns=new).loc[other.index, other.columns]
    np.testing.assert_allclose(other.to_numpy(), expected.to_numpy(), rtol=1e-5)


@settings(max_examples=30, deadline=None)
@given(random_rails(), st.data())
def test_the_route_adds_up_to_the_time(rails, data):
    net = rail.on("2030-01-01", rails, SIMPLE)
    origin, destination = (data.draw(st.sampled_from(list(rails.nodes.index))) for _ in range(2))
    legs = rail.route(net, origin, destination)
    minutes = rail.travel_times(net, [origin], [destination]).iloc[0, 0]
    if origin == destination or np.isinf(minutes):
        assert legs.empty
    else:
        assert legs.minutes.sum() == pytest.approx(minutes, rel=1e-5)
        trains = legs[legs["mode"] != "trip"]
        assert trains.from_node.iloc[0] == origin and trains.to_node.iloc[-1] == destination
        assert (trains.from_node.iloc[1:].to_numpy() == trains.to_node.iloc[:-1].to_numpy()).all()


def test_china_agrees_with_networkx(china):
    pairs = [
        ("1100", "2301"),
        ("2102", "2310"),
        ("4403", "6501"),
        ("2308", "2304"),
        ("3100", "5101"),
    ]
    ours = rail.travel_times(china)
    theirs = by_networkx(china)
    for a, b in pairs:
        assert ours.loc[a, b] == pytest.approx(theirs.loc[a, b], rel=1e-5)
    np.testing.assert_allclose(ours.to_numpy(), theirs.to_numpy(), rtol=1e-5)


def test_a_search_from_each_origin_gives_the_same_times(china, monkeypatch):
    whole = rail.travel_times(china)
    monkeypatch.setattr("railbelt.network.travel.LARGE", 0)
    np.testing.assert_allclose(rail.travel_times(china).to_numpy(), whole.to_numpy(), rtol=1e-5)


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 14), st.data())
def test_closure_agrees_with_floyd_and_warshall(count, data):
    edges = data.draw(
        st.lists(st.tuples(st.integers(0, count - 1), st.integers(0, count - 1)), min_size=1, max_size=30)
    )
    edges = [(a, b) for a, b in edges if a != b] or [(0, 1)]
    minutes = np.array(data.draw(st.lists(st.integers(1, 500), min_size=len(edges), max_size=len(edges))), dtype=float)
    start, end = np.array(edges).T
    expected = np.full((count, count), np.inf)
    for (a, b), value in zip(edges, minutes, strict=True):
        expected[a, b] = expected[b, a] = min(expected[a, b], value)
    np.fill_diagonal(expected, 0)
    for k in range(count):
        expected = np.minimum(expected, expected[:, [k]] + expected[[k]])
    elimination = eliminate(count, start, end)
    found = np.empty((count, count))
    found[np.ix_(elimination.vertices, elimination.vertices)] = closure(elimination, minutes)
    assert np.array_equal(found, expected)


def test_more_pairs_than_any_memory_holds_are_refused():
    none = np.empty(0, dtype=int)
    with pytest.raises(DataError, match=r"between 10000000 vertices .* Name those wanted"):
        closure(Elimination(np.arange(10**7), none, 0, (), ()), np.empty(0))
    with pytest.raises(DataError, match="argument 'count'"):
        eliminate(10**9, none, none, none)


def test_unreachable_is_infinite_and_never_silent(rails):
    early = rail.on("2003-01-01", rails)
    times = rail.travel_times(early)
    served = set(early.links.from_node) | set(early.links.to_node)
    unserved = [code for code in early.nodes.index if code not in served]
    assert unserved and np.isinf(times.loc[unserved].to_numpy()).sum() == len(unserved) * (len(times) - 1)
    assert rail.route(early, unserved[0], "1100").empty


def test_undoing_an_edit_gives_the_same_times_to_the_last_bit(rails):
    before = rail.travel_times(rail.on(TO_DAY, rails)).to_numpy()
    line = rail.add_line(rails, ["2308", "2304"], 300, "2024-01-01", line_id="dream")
    assert not np.array_equal(rail.travel_times(rail.on(TO_DAY, line)).to_numpy(), before)
    undone = {
        "added": rail.close_line(line, "dream", "2024-01-01"),
        "delayed": rail.delay_line(rail.delay_line(rails, "hada", 9000), "hada", -9000),
        "closed": rail.open_line(rail.delay_line(rails, "haqi", 5000), "haqi", "2015-08-17"),
    }
    for name, edited in undone.items():
        assert np.array_equal(rail.travel_times(rail.on(TO_DAY, edited)).to_numpy(), before), name


def test_speeds_follow_the_calendar(rails):
    """Harbin-Dalian ran at 200 km/h in winter and at 300 in summer until the end of 2015."""
    summer, winter = (
        rail.travel_times(rail.on(day, rails), ["2301"], ["2102"]).iloc[0, 0] for day in ("2013-07-01", "2014-01-15")
    )
    assert winter > 1.25 * summer
    faster = rail.respeed_line(rails, "hada", 350, "2014-01-01")
    assert rail.travel_times(rail.on("2014-01-15", faster), ["2301"], ["2102"]).iloc[0, 0] < summer
    same = rail.travel_times(rail.on("2013-07-01", faster), ["2301"], ["2102"]).iloc[0, 0]
    assert same == summer


def test_respeeding_keeps_the_days_before(rails):
    slow = rail.respeed_line(rails, "mujia", 160, "2001-01-01")
    speeds = rail.on("2022-01-01", slow).links.query("line_id == 'mujia'").speed_kmh
    assert (speeds == 160).all()
    rows = slow.speeds[slow.speeds.line_id == "mujia"]
    assert rows.from_date.isna().any() and len(rows) == 2


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (lambda r: rail.open_line(r, "hade", "2012-01-01"), "no line 'hade'. Did you mean 'hada'?"),
        (lambda r: rail.open_line(r, "hada", "2013-01-01"), "is open since 2012-12-01"),
        (lambda r: rail.open_line(r, "hada", "yesterday-ish"), "is not a date"),
        (lambda r: rail.close_line(r, "hada", "2013-01-01", "Harbin"), "no section 'Harbin'"),
        (
            lambda r: rail.close_line(rail.close_line(r, "hada", "2013-01-01"), "hada", "2014-01-01"),
            "closed on 2014-01-01 already",
        ),
        (lambda r: rail.delay_line(r, "hada", 0), "other than zero"),
        (lambda r: rail.delay_line(r, "hada", 1.5), "whole days"),
        (lambda r: rail.delay_line(rail.close_line(r, "hada", "2015-01-01"), "hada", 3000), "after it closes"),
        (lambda r: rail.respeed_line(r, "hada", 0, "2013-01-01"), "argument 'speed_kmh'"),
        (lambda r: rail.respeed_line(r, "hada", float("nan"), "2013-01-01"), "argument 'speed_kmh'"),
        (lambda r: rail.respeed_line(r, "hada", 3000, "2013-01-01"), "argument 'speed_kmh'"),
        (lambda r: rail.add_line(r, ["2301"], 300, "2030-01-01"), "at least two node codes"),
        (lambda r: rail.add_line(r, "2301", 300, "2030-01-01"), "at least two node codes"),
        (lambda r: rail.add_line(r, ["2301", "2399"], 300, "2030-01-01"), "no node '2399'"),
        (lambda r: rail.add_line(r, ["2301", "2301"], 300, "2030-01-01"), "twice in a row"),
        (lambda r: rail.add_line(r, ["2301", "2302"], 300, "2030-01-01", line_id="hada"), "on record already"),
        (lambda r: rail.add_line(r, ["2301", "2302"], 300, "2030-01-01", mode="maglev"), "no mode 'maglev'"),
        (lambda r: rail.add_line(r, ["2301", "2302"], 300, "2030-01-01", length_km=-3), "argument 'length_km'"),
    ],
)
def test_bad_edits_are_refused_with_what_to_do(rails, edit, words):
    with pytest.raises(ScenarioError, match=words.replace("?", r"\?").replace("(", r"\(")):
        edit(rails)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda r: {"stops": r.stops.assign(node_code="nowhere")}, "table 'stops', column 'node_code'.*no such node"),
        (lambda r: {"sections": r.sections.drop(columns="opened")}, "table 'sections', column 'opened': missing"),
        (lambda r: {"sections": r.sections.assign(length_km=-1.0)}, "a length must be positive"),
        (lambda r: {"speeds": r.speeds.assign(speed_kmh=np.nan)}, "a speed must be positive"),
        (lambda r: {"speeds": r.speeds[r.speeds.line_id != "hada"]}, "no row in 'speeds'"),
        (lambda r: {"sections": pd.concat([r.sections, r.sections.head(1)])}, "the section stands twice"),
        (lambda r: {"nodes": pd.concat([r.nodes, r.nodes.head(1)])}, "the code stands twice"),
    ],
)
def test_broken_tables_are_refused(rails, change, words):
    with pytest.raises(DataError, match=words):
        dataclasses.replace(rails, **change(rails))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda net: rail.on("soon"), "is not a date"),
        (lambda net: rail.on(None), "missing"),
        (lambda net: rail.travel_times(net, ["Harbin"]), "is a name; pass its code '2301'"),
        (lambda net: rail.travel_times(net, ["23O1"]), "no node '23O1'"),
        (lambda net: rail.route(net, "2301", "0"), "argument 'destination'"),
        (lambda net: rail.only(net, "maglev"), "no link of mode 'maglev'"),
        (lambda net: rail.Service((200, 100), (1, 2)), "positive and rising"),
        (lambda net: rail.Service((100, "200"), (1, 2)), "argument 'operating_kmh': '200' is not a number"),
        (lambda net: rail.access_by_blocks(net, pd.Series({"2301": np.nan})), "node '2301' has nan"),
        (lambda net: rail.access_by_blocks(net, pd.Series({"2301": 1e300})), "node '2301' has 1e\\+300"),
        (lambda net: rail.access_by_blocks(net, pd.Series({"2301": 1.0}), n_jobs=0), "'n_jobs': nothing is done"),
        (lambda net: rail.access_by_blocks(net, pd.Series([1, 2], index=["2301", "2301"])), "stands twice"),
        (
            lambda net: rail.access_under(
                net, pd.DataFrame([["hada", "x"]], columns=KEY), np.ones((1, 1), bool), pd.Series({"2301": 1})
            ),
            "has no link",
        ),
        (
            lambda net: rail.access_under(
                net, pd.DataFrame([["hada", "x"]], columns=KEY), np.ones((1, 2)), pd.Series({"2301": 1})
            ),
            "expected booleans with 1 columns",
        ),
    ],
)
def test_bad_calls_are_refused(china, call, words):
    with pytest.raises(DataError, match=words):
        call(china)


def test_market_access_by_hand():
    times = pd.DataFrame(
        [[0.0, 30.0, np.inf], [30.0, 0.0, np.inf], [np.inf, np.inf, 0.0]], index=list("abc"), columns=list("abc")
    )
    mass = pd.Series({"a": 1.0, "b": 2.0, "c": 4.0})
    assert rail.market_access(times, mass, "exponential", 0.1).tolist() == pytest.approx(
        [1 + 2 * np.exp(-3), 2 + np.exp(-3), 4]
    )
    assert rail.market_access(times, mass, "power", 1).tolist() == pytest.approx([1 + 2 / 30, 2 + 1 / 30, 4])
    assert rail.daily_reach(times, mass, 720, 660).tolist() == [3, 3, 4]
    with pytest.raises(DataError, match="destination 'c' has nan"):
        rail.market_access(times, mass[:2])
    with pytest.raises(DataError, match="no decay 'expo'"):
        rail.market_access(times, mass, "expo")
    with pytest.raises(DataError, match="does not fit into a day"):
        rail.daily_reach(times, mass, 100, 200)
    with pytest.raises(DataError, match="must rise"):
        rail.isochrone(times, "a", [60, 60])


@pytest.fixture(scope="module")
def mass(china):
    served = china.nodes.index[china.graph.served]
    people = pd.Series(np.random.default_rng(5).uniform(10, 900, len(served)), index=served)
    return people[people.index.str.len() == 4]


def test_access_by_blocks_is_the_access_of_the_matrix(china, mass):
    whole = rail.market_access(rail.travel_times(china, mass.index, mass.index), mass)
    for block in (7, 1000):
        np.testing.assert_allclose(rail.access_by_blocks(china, mass, block=block), whole, rtol=2e-6)
    near = rail.access_by_blocks(china, mass, within_minutes=400)
    assert ((near <= whole * (1 + 1e-5)) & (whole - near <= np.exp(-0.02 * 400) * mass.sum() * 1.001)).all()


def test_access_by_blocks_counts_a_node_without_trains_as_itself(rails):
    early = rail.on("2003-01-01", rails)
    code = early.nodes.index[~early.graph.served][0]
    assert rail.access_by_blocks(early, pd.Series({code: 5.0, "1100": 7.0})).loc[code] == 5.0


def test_access_under_is_the_access_of_each_edited_network(rails, china, mass):
    sections = pd.DataFrame(
        {"line_id": ["hada", "haqi", "jinghu"], "section": ["Harbin-Dalian", "Harbin-Qiqihar", "Beijing-Shanghai"]}
    )
    open_ = np.array([[True, True, True], [False, True, True], [False, False, False], [True, False, True]])
    draws = rail.access_under(china, sections, open_, mass)
    for i, row in enumerate(open_):
        edited = rails
        for line in sections.line_id[~row]:
            edited = rail.close_line(edited, line, "2025-01-01")
        times = rail.travel_times(rail.on(TO_DAY, edited), mass.index, mass.index)
        np.testing.assert_allclose(draws.iloc[i], rail.market_access(times, mass), rtol=2e-5)


def test_draws_do_not_depend_on_the_number_of_workers(china, mass):
    sections = china.links.loc[china.links["mode"] == "hsr", KEY].drop_duplicates()
    open_ = np.random.default_rng(3).random((130, len(sections))) < 0.5
    one, two = (rail.access_under(china, sections, open_, mass, n_jobs=n) for n in (1, 2))
    pd.testing.assert_frame_equal(one, two)


def test_a_dask_cluster_gives_identical_numbers(china, mass):
    from distributed import Client, LocalCluster

    few = mass.head(60)
    with (
        LocalCluster(n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None) as cluster,
        Client(cluster),
        joblib.parallel_config("dask"),
    ):
        there = rail.access_by_blocks(china, few, block=20, n_jobs=2)
    pd.testing.assert_series_equal(there, rail.access_by_blocks(china, few, block=20))


def test_detours_are_those_of_the_tables(rails):
    stops = rails.stops.sort_values([*KEY, "seq"])
    pairs = stops.assign(to=stops.groupby(KEY).node_code.shift(-1)).dropna(subset="to")
    pairs = pairs.assign(straight=straight_km(rails.nodes, pairs.node_code, pairs.to))
    known = rails.sections.merge(pairs.groupby(KEY).straight.sum().reset_index(), on=KEY)
    found = (known.length_km / known.straight).groupby(known["mode"]).median()
    for mode, detour in DETOUR.items():
        assert found[mode] == pytest.approx(detour, abs=0.015)


def test_every_leg_of_a_section_adds_up_to_its_length(rails):
    lengths = rails.legs.groupby(KEY).length_km.sum()
    known = rails.sections.set_index(KEY).length_km.dropna()
    both = lengths.index.intersection(known.index)
    np.testing.assert_allclose(lengths[both], known[both], rtol=1e-9)
