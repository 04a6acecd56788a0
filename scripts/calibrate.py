"""Calibrate travel times on the observed ones; write rail_parameters, rail_line_pace and rail_terminals, print the errors.

Run it after a change of the rail tables or of rail_observed_times, and read the errors before committing the new values. It
takes some minutes.
"""

from __future__ import annotations

import csv
import sys

import numpy as np
import pandas as pd

from railbelt import catalog
from railbelt.network import calibration, lines
from railbelt.network.travel import Parameters, Service

START = Parameters(
    {"hsr": Service((160.0, 350.0), (140.0, 308.0), 3.5, 1.5, 2.0, 8.0), "conventional": Service((100.0,), (100.0,))},
    20,
    5,
)
RESAMPLES = 200


def furthest(legs: pd.DataFrame) -> pd.Series:
    """Return, for each observation, the line on which it runs furthest."""
    length = legs[legs.line_id != ""].groupby(["observation", "line_id"]).length_km.sum()
    return length.groupby("observation").idxmax().str[1]


def region(rails: lines.Railways, observed: pd.DataFrame) -> pd.Series:
    """Say whether a trip touches the Northeast."""
    ends = observed[["origin_node", "destination_node"]].apply(lambda codes: codes.str[:2].isin(["21", "22", "23"]))
    return pd.Series(np.where(ends.any(axis=1), "Northeast", "elsewhere"), index=observed.index, name="region")


def flat(found: Parameters) -> dict[tuple[str, str, str], float]:
    """Return the parameters as a table's rows by key."""
    rows: dict[tuple[str, str, str], float] = {}
    for mode, service in sorted(found.services.items(), reverse=True):
        for speed, cruising in zip(service.operating_kmh, service.cruising_kmh, strict=True):
            rows["cruising_kmh", mode, f"{speed:.0f}"] = cruising
        rows["stop_minutes", mode, ""] = service.stop_minutes
        if service.express_stop_minutes is not None:
            rows["express_stop_minutes", mode, ""] = service.express_stop_minutes
        rows["junction_minutes", mode, ""] = service.junction_minutes
        rows["line_change_minutes", mode, ""] = service.line_change_minutes
    rows["change_minutes", "", ""] = found.change_minutes
    rows["trip_minutes", "", ""] = found.trip_minutes
    return rows


def main() -> int:
    """Write the tables and print errors in sample and cross-validated."""
    rails = lines.railways()
    observed = catalog.load("rail_observed_times").query("fastest")
    found = calibration.calibrate(rails, observed, START)
    paced = calibration.with_terminals(calibration.with_pace(rails, found.pace), found.terminals)
    legs = calibration.observed_legs(paced, observed, found.parameters)
    line = furthest(legs)
    minutes = legs.groupby("observation").minutes.sum()
    in_sample = np.log(minutes / observed.minutes)
    by_trip = calibration.cross_validate(legs, observed, pd.Series(observed.index, index=observed.index))
    pair = observed.apply(lambda row: "-".join(sorted([row.origin_node, row.destination_node])), axis=1)
    by_pair = calibration.cross_validate(legs, observed, pair)
    by_line = calibration.cross_validate(legs, observed, line)
    period = pd.cut(observed.year, [1999, 2006, 2012, 2018, 2026], labels=["2000-06", "2007-12", "2013-18", "2019-25"])
    groups = {
        "mode": [observed["mode"]],
        "region": [observed["mode"], region(rails, observed)],
        "period": [observed["mode"], period],
    }
    kinds = {"in sample": in_sample, "trip left out": by_trip, "pair left out": by_pair, "line left out": by_line}
    for name, error in kinds.items():
        for by, columns in groups.items():
            print(f"\n{name}, by {by}\n{calibration.errors(error, columns).round(3)}")
    again = calibration.resampled(legs, observed, line, RESAMPLES, seed=2026)
    ranges = pd.DataFrame([list(flat(one).values()) for one in again], columns=list(flat(again[0])))
    ranges = dict(zip(flat(again[0]), ranges.quantile([0.025, 0.975]).to_numpy().T, strict=True))
    folder = catalog.data_folder()
    with (folder / "rail_parameters.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["parameter", "mode", "operating_kmh", "value", "low", "high", "source", "grade"])
        for key, value in flat(found.parameters).items():
            low, high = ranges[key]
            writer.writerow([*key, *(f"{x:.3f}" for x in (value, low, high)), "railbelt_calibration", "B"])
        for mode in ("hsr", "conventional"):
            held = by_line[observed["mode"] == mode]
            # Observed minutes are the predicted ones over exp(error).
            for end, share in (("low", 0.95), ("high", 0.05)):
                factor = np.exp(-held.quantile(share))
                writer.writerow([f"band_{end}", mode, "", f"{factor:.3f}", "", "", "railbelt_calibration", "B"])
    errors = pd.DataFrame(
        {"in_sample": in_sample, "trip_out": by_trip, "pair_out": by_pair, "line_out": by_line}
    ).round(4)
    errors = (
        observed[["origin_node", "destination_node", "mode", "observed_on"]]
        .join(errors)
        .join(line.rename("line_id"))
        .assign(source="railbelt_calibration", grade="B")
    )
    errors.to_csv(folder / "rail_time_errors.csv", index=False, lineterminator="\n")
    trips = legs[legs.line_id != ""].groupby("line_id").observation.nunique()
    pace = (
        found.pace.round(4)
        .rename("pace")
        .to_frame()
        .assign(observations=trips.reindex(found.pace.index, fill_value=0), source="railbelt_calibration", grade="B")
    )
    pace.reset_index().to_csv(folder / "rail_line_pace.csv", index=False, lineterminator="\n")
    ends = observed.loc[observed["mode"] == "hsr", ["origin_node", "destination_node"]].stack().value_counts()
    terminals = found.terminals.round(2).to_frame()
    terminals = terminals.assign(observations=ends.reindex(terminals.index), source="railbelt_calibration", grade="B")
    terminals.reset_index().to_csv(folder / "rail_terminals.csv", index=False, lineterminator="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
