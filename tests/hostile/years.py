"""Cases of the network through time and of its calibration."""

from functools import cache

import numpy as np
import pandas as pd
from hypothesis import strategies as st

from hostile.kit import SCALARS, TEXTS, WHOLE, case, damaged, damaged_series, finite, mostly
from hostile.rail import DAYS, PARAMETERS, china, sound, tables
from railbelt import geography, load, network
from railbelt.network import calibration, history

# The network through time


def years(draw):
    """Return the networks of some years, and a region of each node."""
    rails = network.Railways(**tables(draw))
    chosen = draw(mostly([2003, 2012], st.lists(WHOLE | st.sampled_from([2003, 2012]), max_size=2) | TEXTS))
    region = damaged_series(draw, pd.Series("x", index=rails.nodes.index)) if draw(st.booleans()) else None
    region = pd.Series(["x", "y"] * 3, index=[f"n{i}" for i in range(6)]) if region is None else region
    return rails, history.networks_by_year(rails, chosen), region


@case(weight=2, few=8)
def lengths_of_any_years(draw, place):
    _, networks, region = years(draw)
    mode, least = draw(mostly("hsr", TEXTS)), draw(mostly(0.0, SCALARS))
    found = history.length_open(networks, region, mode, least)
    assert found.index.tolist() == list(networks) and (found >= 0).all(axis=None)
    finite(found)
    for year, net in networks.items():
        links = net.links[(net.links["mode"] == mode) & (net.links.speed_kmh >= least)]
        assert found.loc[year].sum() <= links.length_km.sum() * (1 + 1e-9)
        assert history.year_end(year) == net.day


@case(few=8)
def firsts_of_any_railways(draw, place):
    rails, networks, region = years(draw)
    found = history.first_service(rails, region, draw(mostly(200.0, SCALARS)), draw(mostly("hsr", TEXTS)))
    assert found.index.is_unique and set(found.index) <= set(region.dropna()) and found.day.notna().all()
    coded = network.Railways(rails.nodes.assign(city_code=rails.nodes.index), rails.sections, rails.stops, rails.speeds)
    with_codes = history.networks_by_year(coded, list(networks))
    served = history.cities_served(with_codes, draw(mostly("hsr", TEXTS)), draw(mostly(0.0, SCALARS)))
    assert served.index.tolist() == list(networks) and set(served.dtypes.astype(str)) <= {"bool"}


@case(weight=2, few=8)
def lags_of_any_levels(draw, place):
    levels = pd.DataFrame({"late": [0.0, 1.0, 2.0], "early": [1.0, 2.0, 3.0]}, index=[2010, 2011, 2012])
    levels = damaged(draw, levels)
    found = history.lag_years(levels, draw(mostly("late", TEXTS)), draw(mostly("early", TEXTS)))
    assert found.index.equals(levels.index) and not np.isinf(found).any()
    assert (found.dropna().abs() <= max(levels.index) - min(levels.index) if len(levels) else True).all()


@case(few=6)
def series_of_any_years(draw, place):
    _, networks, _ = years(draw)
    codes = st.lists(st.sampled_from(["n0", "n1"]) | TEXTS, max_size=3) | TEXTS
    found = history.times_by_year(networks, draw(mostly(["n0"], codes)), draw(mostly(["n1"], codes)))
    assert not found.isna().any(axis=None) and (found >= 0).all(axis=None)
    mass = pd.Series({"n0": 1.0, "n1": 10.0})
    mass = damaged_series(draw, mass) if draw(st.integers(0, 2)) == 0 else mass
    grown = history.access_by_year(networks, mass, draw(mostly("power", TEXTS)), draw(mostly(1.0, SCALARS)))
    finite(grown)
    assert grown.shape == (len(mass), len(networks)) and (grown >= 0).all(axis=None)


@case(few=6)
def growth_of_any_access(draw, place):
    rails, _, region = years(draw)
    mass = damaged_series(draw, pd.Series({"n0": 1.0, "n1": 10.0}))
    found = history.access_growth(
        rails, draw(mostly("1999-01-01", DAYS)), draw(mostly("2012-01-01", DAYS)), mass, region, "exponential", 0.02
    )
    assert np.allclose(found[["home", "elsewhere", "trains"]].sum(axis=1), found.growth, equal_nan=True)
    assert set(found.region) <= set(region.dropna())
    finite(found.home, found.elsewhere)


@case(weight=2, few=8)
def inequality_of_any_access(draw, place):
    access_ = damaged(draw, pd.DataFrame({2003: [1.0, 1.0, 1.0], 2025: [2.0, 4.0, 4.0]}, index=list("abc")))
    people = damaged_series(draw, pd.Series([2.0, 1.0, 1.0], index=list("abc")))
    group = damaged_series(draw, pd.Series(["x", "y", "y"], index=list("abc")))
    found = history.access_inequality(access_, people, group)
    finite(found)
    assert (found >= 0).all(axis=None) and np.allclose(found.between + found.within, found.theil, atol=1e-9)


@case(few=4)
def gains_of_any_plans(draw, place):
    made = tables(draw)
    old, new = {"opened": pd.Timestamp("1990-01-01"), "mode": "conventional"}, {"mode": "hsr"}
    made["sections"] = made["sections"].astype({"opened": "datetime64[ns]"})
    for row, values in ((0, old), (len(made["sections"]) - 1, new)):
        for column, value in values.items():
            made["sections"].loc[row, column] = value
    rails, planned = network.Railways(**made), made["sections"].line_id.iloc[-1]
    plans = draw(
        mostly(
            {"p": [planned]}, st.dictionaries(TEXTS, st.lists(TEXTS | st.just("l0"), max_size=2) | TEXTS, max_size=2)
        )
    )
    mass = pd.Series({"n0": 1.0, "n1": 10.0, "n2": 3.0, "n3": 1.0, "n4": 2.0})
    mass = damaged_series(draw, mass) if draw(st.integers(0, 2)) == 0 else mass
    found = history.plan_gains(
        rails, plans, draw(mostly("1999-01-01", DAYS)), mass, draw(mostly(list(mass.index), st.lists(TEXTS, max_size=2))),
        noticed=draw(mostly(0.01, SCALARS)),
    )  # fmt: skip
    finite(found["alone"], found["last"])
    assert sorted(found.index) == sorted(plans) and (found["alone"] >= -1e-6).all() and found.cities.ge(0).all()


@case(few=4)
def nodes_of_any_railways(draw, place):
    rails = draw(st.sampled_from([china(), network.Railways(**tables(draw))]))
    regions = history.node_regions(rails, draw(mostly("macro_region", TEXTS | st.just("name_en"))))
    assert regions.index.equals(rails.nodes.index)
    people = history.residents(rails, draw(mostly(2010, WHOLE)))
    assert (people > 0).all() and people.index.isin(rails.nodes.index).all() and len(people) <= len(rails.nodes)
    found = history.tracks(rails, draw(mostly(geography.NORTHEAST, TEXTS)), draw(mostly("hsr", TEXTS)))
    assert found.geometry.is_valid.all() and len(found) <= len(rails.legs)


# Calibration

EVERY = cache(lambda: load("rail_observed_times"))


@cache
def observed():
    some = EVERY().groupby("mode").head(8).reset_index(drop=True)
    return some, calibration.observed_legs(china(), some, network.parameters())


@case(few=3)
def legs_of_any_observation(draw, place):
    times = damaged(draw, EVERY().head(3))
    found = calibration.observed_legs(china(), times, network.parameters())
    assert set(found.observation) == set(times.index)
    finite(found.minutes)


@case(few=3)
def fits_of_any_observation(draw, place):
    some, legs = observed()
    times = damaged(draw, some, 1)
    found = calibration.fit(legs, times)
    assert found.parameters.change_minutes >= 0
    finite(found.pace)
    assert (found.pace > 0.5).all() and (found.pace < 2).all()
    rails = calibration.with_terminals(calibration.with_pace(china(), found.pace), found.terminals)
    assert (rails.sections.pace > 0).all() and (rails.nodes.terminal_minutes >= 0).all()


@case(few=3)
def errors_of_any_groups(draw, place):
    some, legs = observed()
    group = damaged_series(draw, pd.Series(np.arange(len(some)) % 3, index=some.index))
    missed = calibration.cross_validate(legs, some, group)
    finite(missed)
    assert missed.index.equals(some.index)
    found = calibration.errors(missed, [some["mode"]])
    assert found.n.sum() == len(some) and found.within_10.between(0, 1).all()
    drawn = calibration.resampled(
        legs, some, group, draw(mostly(1, st.integers(-1, 2))), draw(mostly(0, st.integers(-1, 2)))
    )
    assert all(one.change_minutes >= 0 for one in drawn)


@case()
def errors_of_any_series(draw, place):
    missed = damaged_series(draw, pd.Series([0.0, 0.1, -0.2]))
    found = calibration.errors(missed, draw(mostly([pd.Series(list("aab"), name="mode")], st.just([]))))
    assert found.n.sum() == len(missed) and found.within_10.between(0, 1).all()
    finite(found)


@case()
def paces_of_anything(draw, place):
    rails = network.Railways(**tables(draw))
    found = calibration.with_pace(rails, damaged_series(draw, pd.Series({"l0": 1.1})))
    finite(found.sections.pace)
    assert (found.sections.pace > 0).all()
    sound(network.travel_times(network.on("2010-01-01", found, PARAMETERS)))


@case()
def terminals_of_anything(draw, place):
    rails = network.Railways(**tables(draw))
    found = calibration.with_terminals(rails, damaged_series(draw, pd.Series({"n0": 3.0})))
    finite(found.nodes.terminal_minutes)
    assert (found.nodes.terminal_minutes >= 0).all()
    sound(network.travel_times(network.on("2010-01-01", found, PARAMETERS)))


@case(few=4)
def bands_of_any_codes(draw, place):
    net = network.on("2010-01-01", network.Railways(**tables(draw)), PARAMETERS)
    codes = st.lists(st.sampled_from(["n0", "n1"]) | TEXTS, max_size=3) | TEXTS
    band = calibration.time_band(net, draw(mostly(["n0"], codes)), draw(mostly(["n1"], codes)))
    assert (band["low"] <= band["minutes"]).all(axis=None) and (band["minutes"] <= band["high"]).all(axis=None)


@case(few=2)
def calibrations_of_anything(draw, place):
    found = calibration.calibrate(
        china(), damaged(draw, observed()[0].head(6), 1), network.parameters(), draw(mostly(1, st.integers(-1, 1)))
    )
    finite(found.pace)
    assert found.parameters.change_minutes >= 0
