"""What the cases share: hostile numbers and texts, and ways to damage a sound table."""

import importlib
import math
import pkgutil

import numpy as np
import pandas as pd
from hypothesis import strategies as st

import railbelt

CASES = {}

NUMBERS = st.one_of(
    st.floats(),
    st.sampled_from([math.nan, math.inf, -math.inf, 0.0, -0.0, -1.0, 1e-300, 1e18, 1e308, 0.5, 1.0, 2.0]),
    st.integers(-3, 3).map(float),
)
SCALARS = st.one_of(NUMBERS, st.sampled_from(["0.5", "x", None, True, 10**400, 1 + 0j]))
WHOLE = st.one_of(st.integers(-3, 60), st.sampled_from([0, -1, 10**6, 2**63]))
TEXTS = st.one_of(
    st.text(max_size=8),
    st.sampled_from(
        ["", "=1+1", "@SUM(A1)", "沈阳", "２３０１", "nan", "a,b", 'q"', "line\nbreak", "\x00", "\ud800", "_" * 300]
    ),
)


def case(weight=1, few=12):
    """Keep a case: its share of many examples, and how many it gets by default."""

    def keep(test):
        assert test.__name__ not in CASES, test.__name__
        CASES[test.__name__] = (test, weight, few)
        return test

    return keep


def public():
    """Return every public callable of the package by its name, each once."""
    found = {}
    for module in pkgutil.walk_packages(railbelt.__path__, "railbelt."):
        if module.name.startswith("railbelt.book") or module.name.endswith("__main__"):
            continue  # the builder of the book: its input is the project itself, which tests/test_build.py damages
        loaded = importlib.import_module(module.name)
        for name in getattr(loaded, "__all__", []):
            value = getattr(loaded, name)
            if callable(value) and getattr(value, "__module__", "").startswith("railbelt"):
                found[f"{value.__module__.removeprefix('railbelt.')}.{value.__qualname__}"] = value
    return found


def mostly(sound, hostile):
    """Draw the sound value three times of four."""
    return st.integers(0, 3).flatmap(lambda one: st.just(sound) if one else hostile)


def damaged(draw, frame, most=2):
    """Return a table with up to ``most`` faults."""
    frame = frame.copy()
    for _ in range(draw(st.integers(0, most))):
        fault = draw(
            st.sampled_from(
                ["cell", "cell", "text", "drop", "rename", "twice", "empty", "one", "shuffle", "index", "order"]
            )
        )
        if fault == "empty":
            frame = frame.iloc[:0]
        elif fault == "one":
            frame = frame.iloc[:1]
        elif fault == "twice" and len(frame):
            frame = pd.concat([frame, frame.iloc[[draw(st.integers(0, len(frame) - 1))]]])
        elif fault == "shuffle" and len(frame):
            frame = frame.iloc[draw(st.permutations(range(len(frame))))]
        elif fault == "order":
            frame = frame[draw(st.permutations(list(frame.columns)))]
        elif fault == "drop" and len(frame.columns):
            frame = frame.drop(columns=draw(st.sampled_from(list(frame.columns))))
        elif fault == "rename" and len(frame.columns):
            frame = frame.rename(columns={draw(st.sampled_from(list(frame.columns))): draw(TEXTS)})
        elif fault == "index" and len(frame):
            frame.index = frame.index[:1].append(frame.index[:-1])
        elif fault in ("cell", "text") and len(frame) and len(frame.columns):
            row, column = draw(st.integers(0, len(frame) - 1)), draw(st.integers(0, len(frame.columns) - 1))
            values = frame.iloc[:, column].astype(object).tolist()
            values[row] = draw(NUMBERS if fault == "cell" else TEXTS | st.none())
            label = frame.columns[column]
            if (frame.columns == label).sum() == 1:
                frame[label] = pd.Series(
                    values, index=range(len(values)), dtype=object if fault == "text" else None
                ).to_numpy()
    return frame


def damaged_array(draw, array, most=2):
    array = np.array(array, dtype=float)
    for _ in range(draw(st.integers(0, most))):
        fault = draw(st.sampled_from(["cell", "cell", "row", "column", "flat", "more", "empty", "text", "zero"]))
        if fault == "cell" and array.size:
            array = array.copy()
            array.flat[draw(st.integers(0, array.size - 1))] = draw(NUMBERS)
        elif fault == "row":
            array = array[1:]
        elif fault == "column" and array.ndim > 1:
            array = array[:, 1:]
        elif fault == "flat":
            array = array.ravel()
        elif fault == "more":
            array = array[None]
        elif fault == "empty":
            array = array[:0]
        elif fault == "zero":
            array = np.zeros_like(array)
        elif fault == "text" and array.size and draw(st.booleans()):
            return array.astype(str)
    return array


def damaged_series(draw, series):
    frame = damaged(draw, series.rename("values").to_frame(), 1)
    return frame.iloc[:, 0].rename(None) if len(frame.columns) else series.iloc[:0]


def damaged_values(draw, usual):
    """Draw values by name: at times one is hostile, at times one is missing."""
    found = dict(usual)
    if draw(st.booleans()):
        found[draw(st.sampled_from(sorted(usual)))] = draw(NUMBERS)
    if draw(st.integers(0, 6)) == 0:
        found.pop(draw(st.sampled_from(sorted(usual))))
    return found


def finite(*values):
    for value in values:
        assert np.isfinite(np.asarray(value, dtype=float)).all(), value
