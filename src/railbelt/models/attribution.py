"""Who contributed how much to a joint result: Shapley values from sampled orders, with their sampling error."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from railbelt import checks
from railbelt.errors import DataError

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike

    from railbelt._types import BoolArray

__all__ = ["shapley"]


def shapley(
    value: Callable[[BoolArray], ArrayLike], players: Sequence[str], orders: int = 100, seed: int = 0
) -> pd.DataFrame:
    """Return what each player adds to a result, on average over the orders in which they may come.

    A line adds more to a network that is there already, or less to one that has a parallel line; so what it adds depends on
    which lines came before. Each player's additions are averaged over random orders; every order is also run backwards,
    which halves the error for free. The values add up to the whole result exactly.

    Parameters
    ----------
    value : callable
        ``value(present)`` returns the results of many coalitions at once: ``present`` is bool, shape (coalitions, players);
        the result has shape (coalitions,) or (coalitions, outcomes).
    players : sequence of str
        Names, at least one.
    orders : int
        Random orders, each used forwards and backwards; at least two.
    seed : int
        Seed of the random numbers.

    Returns
    -------
    DataFrame
        Indexed by player and, with several outcomes, their number: ``value`` and ``error``, its standard error.

    Raises
    ------
    DataError
        If there are no players, two of one name, or fewer than two orders.

    References
    ----------
    Castro, J., Gómez, D., & Tejada, J. (2009). Polynomial calculation of the Shapley value based on sampling. *Computers &
    Operations Research*, 36(5), 1726-1730.

    Examples
    --------
    A left glove and two right ones: a pair is worth one.

    >>> worth = lambda present: (present[:, 0] & (present[:, 1] | present[:, 2])).astype(float)
    >>> shapley(worth, ["left", "right", "other right"], orders=400).value.round(1).tolist()
    [0.7, 0.2, 0.2]
    """
    import pandas as pd

    count = len(players)
    if not count or len(set(players)) < count:
        raise DataError("argument 'players': give at least one, each with a name of its own.")
    checks.whole(orders, "orders", 2)
    forward = np.random.default_rng(checks.whole(seed, "seed", 0, 2**64)).permuted(
        np.tile(np.arange(count), (orders, 1)), axis=1
    )
    both = np.concatenate([forward, forward[:, ::-1]])
    place = both.argsort(axis=1)
    present = place[:, None, :] < np.arange(count + 1)[None, :, None]
    unique, back = np.unique(present.reshape(-1, count), axis=0, return_inverse=True)
    try:
        found = np.asarray(value(unique), dtype=float)
    except (TypeError, ValueError):
        raise DataError("argument 'value': returned something that is not numbers.") from None
    if found.ndim not in (1, 2) or len(found) != len(unique) or not np.isfinite(found).all():
        raise DataError(
            f"argument 'value': returned shape {found.shape} for {len(unique)} coalitions, or values that are not finite."
        )
    results = found[back.ravel()].reshape(2 * orders, count + 1, -1)
    steps = np.diff(results, axis=1)
    added = np.empty_like(steps)
    np.put_along_axis(added, both[:, :, None], steps, axis=1)
    pairs = (added[:orders] + added[orders:]) / 2
    means, errors = pairs.mean(axis=0), pairs.std(axis=0, ddof=1) / np.sqrt(orders)
    frame = pd.DataFrame({"value": means.ravel(), "error": errors.ravel()})
    if found.ndim == 1:
        frame.index = pd.Index(players, name="player")
    else:
        frame.index = pd.MultiIndex.from_product([players, range(found.shape[1])], names=["player", "outcome"])
    return frame
