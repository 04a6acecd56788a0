"""Every public name of the package shows how it is used; the examples themselves run as doctests."""

import doctest
import inspect

import pytest

from railbelt.book.api import described, modules, public

NAMES = [(f"{module}.{name}", value) for module in modules() for name, value in public(module)]
ELSEWHERE = {"railbelt.update.apis.comtrade", "railbelt.update.apis.world_bank", "railbelt.update.targets.ask"}
"""Need an answer of somebody else's machine: shown, not run. ``tests/test_update.py`` runs them against a local server."""


@pytest.mark.parametrize(("path", "value"), NAMES, ids=[path for path, _ in NAMES])
def test_a_public_name_has_an_example(path, value):
    text = inspect.getdoc(value) or ""
    assert "\nExamples\n--------\n" in text, f"{path}: add a short section 'Examples' to its docstring."
    shown = doctest.DocTestParser().get_examples(text)
    run = [example for example in shown if doctest.SKIP not in example.options]
    assert shown and (run or path in ELSEWHERE), f"{path}: its example runs nothing."
    assert any(example.want for example in shown) or path in ELSEWHERE, f"{path}: its example shows no result."


def test_the_reference_hides_what_only_the_test_needs():
    value = dict(NAMES)["railbelt.web.get"]
    assert "doctest" in value.__doc__ and "doctest" not in described("railbelt.web.get", value)
