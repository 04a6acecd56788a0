"""Every documented example with one of its arguments replaced: whatever stands there, an answer or an error of ours.

The other modules know what must be true of an answer. This one knows nothing of the functions, and so forgets no argument.
"""

import ast
import doctest
import inspect
import sys
from functools import cache

import numpy as np
import pandas as pd
from hypothesis import strategies as st

from hostile.kit import SCALARS, TEXTS, case, damaged, damaged_array, damaged_series, public

ELSEWHERE = (
    "railbelt.update",
    "railbelt.replication",
    "railbelt.web",
    "railbelt.network.calibration",
    "railbelt.checks",
)
"""Modules whose examples ask a server, take many seconds, or are what refuses; their cases are in the other modules."""

OWN = ("railbelt.models.attribution.shapley",)
"""Functions whose example passes a function that is written for its own arguments alone."""


@cache
def named():
    """Return the public functions and classes, by name, whose examples are called here."""
    return {
        f"{value.__module__}.{value.__qualname__}": value
        for value in public().values()
        if not value.__module__.startswith(ELSEWHERE)
        and not (isinstance(value, type) and issubclass(value, Exception))
        and f"{value.__module__}.{value.__qualname__}" not in OWN
    }


@cache
def example(name):
    """Return the arguments of the first call of a function in its own examples, defaults among them, or nothing."""
    function = named()[name]
    space = dict(vars(sys.modules[function.__module__]))
    for one in doctest.DocTestParser().get_examples(inspect.getdoc(function) or ""):
        tree = ast.parse(one.source)
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == function.__qualname__:
                try:
                    given = [eval(ast.unparse(part), space) for part in node.args]
                    bound = inspect.signature(function).bind(
                        *given, **{part.arg: eval(ast.unparse(part.value), space) for part in node.keywords}
                    )
                except (NameError, SyntaxError):  # inside a comprehension, or of a star
                    continue
                bound.apply_defaults()
                return bound
        exec(compile(tree, name, "exec"), space)
    return None


def odd(draw, value):
    """Return something else of the same kind; what has no kind here is returned as it is."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float | np.number):
        return draw(SCALARS | st.integers(-3, 60))
    if isinstance(value, str):
        return draw(TEXTS)
    if isinstance(value, pd.DataFrame):
        return damaged(draw, value)
    if isinstance(value, pd.Series):
        return damaged_series(draw, value)
    if isinstance(value, np.ndarray) and value.dtype.kind in "fiu":
        return damaged_array(draw, value)
    if isinstance(value, list | tuple):
        items = list(value)
        how = draw(st.sampled_from(["empty", "shorter", "twice", "item"]))
        if how == "empty" or not items:
            return type(value)()
        if how == "shorter":
            return type(value)(items[:-1])
        at = draw(st.integers(0, len(items) - 1))
        return type(value)(
            [*items, items[at]] if how == "twice" else [*items[:at], odd(draw, items[at]), *items[at + 1 :]]
        )
    if isinstance(value, dict) and value:
        key = draw(st.sampled_from(list(value)))
        if draw(st.booleans()):
            return {one: kept for one, kept in value.items() if one != key}
        return {**value, key: odd(draw, value[key])}
    return value


@case(weight=20, few=24)
def examples_with_one_odd_argument(draw, place):
    name = draw(st.sampled_from(sorted(named())))
    bound = example(name)
    if bound is None or not bound.arguments:
        return
    argument = draw(st.sampled_from(list(bound.arguments)))
    call = inspect.BoundArguments(bound.signature, dict(bound.arguments))
    call.arguments[argument] = odd(draw, bound.arguments[argument])
    named()[name](*call.args, **call.kwargs)
