"""Shapley values against closed forms and brute force."""

import itertools
import math

import numpy as np
import pytest

from railbelt.errors import DataError
from railbelt.models.attribution import shapley


def exact(worth, count):
    total = np.zeros(count)
    for order in itertools.permutations(range(count)):
        present = np.zeros(count, bool)
        before = worth(present[None])[0]
        for player in order:
            present[player] = True
            after = worth(present[None])[0]
            total[player] += after - before
            before = after
    return total / math.factorial(count)


def network(present):
    """A result with complements and substitutes."""
    weights = np.array([3.0, 1.0, 2.0, 0.5, 0.0])
    return np.sqrt(present @ weights) + 2 * (present[:, 0] & present[:, 2])


def test_sampling_comes_within_its_error_of_all_orders():
    found = shapley(network, list("abcde"), orders=300)
    truth = exact(network, 5)
    assert (np.abs(found.value - truth) <= 4 * found.error + 1e-9).all()
    assert found.error.max() < 0.03
    assert found.value["e"] == pytest.approx(0)


def test_values_add_up_whatever_the_number_of_orders():
    found = shapley(network, list("abcde"), orders=2)
    assert found.value.sum() == pytest.approx(network(np.ones((1, 5), bool))[0])


def test_an_additive_result_is_exact_and_without_error():
    found = shapley(lambda present: present @ np.array([1.0, 2.0, 3.0]), list("abc"), orders=3)
    assert found.value.tolist() == pytest.approx([1, 2, 3]) and found.error.max() < 1e-12


def test_backwards_orders_help():
    plain = shapley(network, list("abcde"), orders=200)
    truth = exact(network, 5)
    assert np.abs(plain.value - truth).max() < 0.05


def test_several_outcomes_at_once():
    both = shapley(lambda p: np.column_stack([network(p), p.sum(axis=1)]), list("abcde"), orders=20)
    assert both.xs(1, level="outcome").value.tolist() == pytest.approx([1] * 5)
    assert both.xs(0, level="outcome").value.to_numpy() == pytest.approx(
        shapley(network, list("abcde"), orders=20).value.to_numpy()
    )


def test_bad_input_is_refused():
    with pytest.raises(DataError, match="players"):
        shapley(network, [])
    with pytest.raises(DataError, match="orders"):
        shapley(network, list("abcde"), orders=1)
    with pytest.raises(DataError, match="'seed': -1"):
        shapley(network, list("abcde"), seed=-1)
