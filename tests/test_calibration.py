"""Calibration: known parameters found again, stored values in step with the tables, bands, errors as promised."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from railbelt import load
from railbelt import network as rail
from railbelt.errors import DataError
from railbelt.network import calibration

TRUE = rail.Parameters(
    {
        "hsr": rail.Service((160, 200, 250, 300, 350), (135, 170, 215, 258, 305), 4.0, 2.0, 0.0, 8.0, True),
        "conventional": rail.Service((100,), (104,)),
    },
    15,
    6,
)


@pytest.fixture(scope="module")
def rails():
    nothing = pd.Series(dtype=float)
    return calibration.with_terminals(calibration.with_pace(rail.railways(), nothing), nothing)


@pytest.fixture(scope="module")
def observed():
    return load("rail_observed_times").query("fastest").reset_index(drop=True)


@pytest.fixture(scope="module")
def legs(rails, observed):
    some = observed.iloc[::3]
    return calibration.observed_legs(rails, some, TRUE), some


def test_parameters_that_made_the_times_are_found_again(legs):
    legs, observed = legs
    made = legs.groupby("observation").minutes.sum()
    found = calibration.fit(legs, observed.assign(minutes=made)).parameters
    fast, true = found.services["hsr"], TRUE.services["hsr"]
    assert fast.cruising_kmh == pytest.approx(true.cruising_kmh, rel=0.05)
    assert found.services["conventional"].cruising_kmh[0] == pytest.approx(104, rel=0.02)
    assert found.change_minutes == pytest.approx(15, abs=5) and found.trip_minutes == pytest.approx(6, abs=3)
    assert fast.line_change_minutes == pytest.approx(8, abs=1)


def test_a_place_where_trips_take_longer_gets_a_terminal_allowance(legs):
    legs, observed = legs
    made = legs.groupby("observation").minutes.sum()
    at_end = (observed[["origin_node", "destination_node"]] == "1100").any(axis=1)
    late = made + 5 * (at_end & (observed["mode"] == "hsr"))
    found = calibration.fit(legs, observed.assign(minutes=late)).terminals
    # Lines that end there and the prior share in it; no other place does.
    assert 1 < found["1100"] < 6
    assert (found >= 0).all() and found.drop("1100").max() < 0.5


def test_a_slow_line_gets_a_slow_pace(legs):
    legs, observed = legs
    slow = legs.assign(minutes=legs.minutes * np.where(legs.line_id == "hada", 1.15, 1.0))
    found = calibration.fit(legs, observed.assign(minutes=slow.groupby("observation").minutes.sum()))
    assert found.pace["hada"] == pytest.approx(1.15, abs=0.05)
    assert found.pace.drop("hada").sub(1).abs().median() < 0.02


def test_wild_times_move_little(legs):
    legs, observed = legs
    made = legs.groupby("observation").minutes.sum()
    wild = made.copy()
    wild.iloc[::15] *= 4
    calm, moved = (calibration.fit(legs, observed.assign(minutes=m)).parameters for m in (made, wild))
    assert moved.services["hsr"].cruising_kmh == pytest.approx(calm.services["hsr"].cruising_kmh, rel=0.1)


def test_the_stored_values_are_those_of_the_tables(observed):
    """The errors in rail_time_errors are those of the current tables: run scripts/calibrate.py after a change of either."""
    stored = load("rail_time_errors")
    key = ["origin_node", "destination_node", "mode", "observed_on"]
    both = observed.merge(stored, on=key, how="outer", indicator=True)
    assert (both["_merge"] == "both").all(), "run: .venv/bin/python scripts/calibrate.py"
    rails = rail.railways()
    for day, rows in both.iloc[::4].groupby("observed_on"):
        everything = rail.on(day, rails)
        for row in rows.itertuples():
            net = everything if row.mode == "hsr" else rail.only(everything, "conventional")
            minutes = rail.travel_times(net, [row.origin_node], [row.destination_node]).iloc[0, 0]
            assert np.log(minutes / row.minutes) == pytest.approx(row.in_sample, abs=2e-3), row


def test_what_is_left_out_does_not_linger_in_the_start(legs):
    legs, observed = legs
    design = calibration._design(legs, observed)
    weight = (np.arange(len(observed)) % 5 > 0).astype(float)
    everything = calibration._solve(design, np.ones(len(observed)))
    warm, cold = (calibration._solve(design, weight, start) for start in (everything, None))
    np.testing.assert_allclose(design.errors(warm), design.errors(cold), atol=1e-3)


def test_slopes_are_the_derivatives_of_the_errors(legs):
    legs, observed = legs
    design = calibration._design(legs, observed)
    x = calibration._solve(design, np.ones(len(observed))) + 0.01
    slopes = design.slopes(x).toarray()
    for i in range(0, len(x), 17):
        step = np.zeros(len(x))
        step[i] = 1e-5
        by_hand = (design.errors(x + step) - design.errors(x - step)) / 2e-5
        np.testing.assert_allclose(slopes[:, i], by_hand, atol=1e-5)


def test_legs_and_design_give_the_same_minutes(rails, observed):
    """The minutes that the fit works with are those of the network, line changes and terminal allowances among them."""
    terminals = pd.Series({"1100": 3.0, "2102": 7.0, "3100": 1.0})
    some, params = observed.iloc[::11], rail.parameters()
    legs = calibration.observed_legs(calibration.with_terminals(rails, terminals), some, params)
    design = calibration._design(legs, some)
    fast, slow = params.services["hsr"], params.services["conventional"]
    theta = [
        *fast.cruising_kmh, fast.stop_minutes, fast.express_stop_minutes, slow.stop_minutes, fast.junction_minutes,
        fast.line_change_minutes, params.trip_minutes, params.change_minutes, slow.cruising_kmh[0] / 100,
    ]  # fmt: skip
    x = np.concatenate([theta, np.zeros(len(design.lines)), terminals.reindex(design.places).fillna(0)])
    np.testing.assert_allclose(
        design.minutes(x), legs.groupby("observation").minutes.sum().reindex(some.index), rtol=1e-6
    )


def test_errors_are_as_promised():
    errors = load("rail_time_errors")
    held = calibration.errors(errors.trip_out, [errors["mode"]])
    assert held.bias.abs().max() < 0.03
    assert held.median_absolute["conventional"] < 0.10
    assert held.median_absolute["hsr"] < 0.07


def test_nine_of_ten_held_out_times_lie_in_the_band():
    errors, table = load("rail_time_errors"), load("rail_parameters").set_index(["parameter", "mode"]).value
    for mode, rows in errors.groupby("mode"):
        observed_over_predicted = np.exp(-rows.line_out)
        inside = observed_over_predicted.between(table["band_low", mode] * 0.999, table["band_high", mode] * 1.001)
        assert 0.88 <= inside.mean() <= 0.93


def test_a_trip_without_a_train_is_named(rails, observed):
    row = observed.head(1).assign(
        observed_on=pd.Timestamp("1990-01-01"), origin_node="3100", mode="hsr", destination_node="4602"
    )
    with pytest.raises(DataError, match="row 0: no hsr train from 3100 to 4602 on 1990-01-01"):
        calibration.observed_legs(rails, row, TRUE)


def test_pace_multiplies_the_minutes_in_motion_of_a_line(rails):
    net, slower = (
        rail.on("2025-12-31", r, TRUE) for r in (rails, calibration.with_pace(rails, pd.Series({"hada": 1.2})))
    )
    mine = net.links.line_id == "hada"
    stop = TRUE.services["hsr"].stop_minutes
    np.testing.assert_allclose(slower.links.minutes[mine] - stop, 1.2 * (net.links.minutes[mine] - stop))
    pd.testing.assert_series_equal(slower.links.minutes[~mine], net.links.minutes[~mine])
    assert "pace" not in dataclasses.asdict(TRUE)
