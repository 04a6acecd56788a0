"""What a literature says: count signs, weigh them, compare like with like, and refuse to add up what differs.

The functions work on the table ``hsr_effects`` and on tables of the same columns. Estimates of different outcomes, units or
treatments are never averaged: :func:`random_effects` takes bare numbers, and :func:`comparable` says which numbers may go in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from railbelt import checks
from railbelt.errors import DataError, suggest

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "DESIGNS",
    "PLACES",
    "SIGNS",
    "TOPICS",
    "Pooled",
    "SignTest",
    "comparable",
    "count_signs",
    "describe_estimates",
    "in_percent",
    "main_results",
    "one_vote",
    "random_effects",
    "selection_needed",
    "sign_test",
    "what_is_known",
]

SIGNS = ("positive", "null", "mixed", "negative")
"""What authors conclude about the direction of an effect."""

FAST = ("high-speed rail", "upgraded rail")

TOPICS = {
    "Output": ("gdp", "gdp_per_capita"),
    "Night lights": ("night_lights",),
    "Jobs": ("employment",),
    "Firms": ("firm_entry", "firm_productivity", "exports"),
    "Investment": ("investment",),
    "Innovation": ("innovation",),
    "People": ("population", "migration"),
    "House and land prices": ("house_price", "land_value"),
    "Tourism and shops": (
        "passengers",
        "retail",
        "tourism",
        "tourism_arrivals",
        "tourism_revenue",
        "tourism_spending",
    ),
    "Inequality": ("inequality",),
}
"""Outcomes of the table in the groups a reader thinks in."""

DESIGNS = {
    "Compares before and after": (
        "did",
        "did, matched",
        "panel",
        "panel counterfactual",
        "spatial",
        "ols",
        "descriptive",
    ),
    "Deals with where lines go": (
        "did and iv",
        "panel and iv",
        "iv",
        "scm",
        "regression discontinuity",
        "iv, recentred",
        "ols, expected access controlled",
    ),
    "Model": ("structural",),
}
"""Designs in three classes: differences between linked and other places; those that also face the choice of places; models."""

PLACES = ("China", "East", "Central", "West", "Northeast", "Small places", "Abroad")
"""Where an estimate comes from: all China or one of its regions, small or bypassed places of any country, other countries."""


@dataclass(frozen=True)
class SignTest:
    """Exact sign test of votes; made by :func:`sign_test`.

    Attributes
    ----------
    n, positive : int
        Votes with a direction, and those for a gain.
    share, low, high : float
        Share of gains and its exact (Clopper-Pearson) 95 percent interval.
    p_value : float
        Two-sided, under even odds.

    Examples
    --------
    >>> votes = sign_test(["positive"] * 9 + ["negative"])
    >>> votes.n, votes.share, round(votes.p_value, 3)
    (10, 0.9, 0.021)
    """

    n: int
    positive: int
    share: float
    low: float
    high: float
    p_value: float


@dataclass(frozen=True)
class Pooled:
    """Random-effects mean; made by :func:`random_effects`.

    Attributes
    ----------
    estimate, std_error, low, high : float
        Mean of the distribution of effects and its 95 percent interval.
    tau2 : float
        Variance of the effects between studies.
    q, i2 : float
        Cochran's Q, and the part of the spread that chance does not explain (0 to 1).
    k : int
        Number of estimates.

    Examples
    --------
    >>> pooled = random_effects([0.1, 0.3, 0.2], [0.05, 0.1, 0.05])
    >>> bool(pooled.low < pooled.estimate < pooled.high), pooled.k
    (True, 3)
    """

    estimate: float
    std_error: float
    low: float
    high: float
    tau2: float
    q: float
    i2: float
    k: int


def _signs(effects: pd.DataFrame) -> None:
    checks.columns(effects, ["sign"], "effects")
    lost = set(effects.sign) - set(SIGNS)
    if lost:
        raise DataError(f"column 'sign': unknown {', '.join(sorted(map(repr, lost)))}. Known: {', '.join(SIGNS)}.")


def _lookup(groups: dict[str, tuple[str, ...]]) -> dict[str, str]:
    return {member: name for name, members in groups.items() for member in members}


def main_results(effects: pd.DataFrame, infrastructure: Sequence[str] = FAST) -> pd.DataFrame:
    """Return the main result of each study for each outcome and sample: no further specifications, no diagnostics.

    Parameters
    ----------
    effects : DataFrame
        Like the table ``hsr_effects``: columns ``preferred``, ``metric``, ``infrastructure``.
    infrastructure : sequence of str
        Kinds of link that count; fast rail by default.

    Returns
    -------
    DataFrame
        The rows, unchanged.

    Examples
    --------
    >>> from railbelt import load
    >>> effects = load("hsr_effects")
    >>> main = main_results(effects)
    >>> len(main) < len(effects), sorted(main.infrastructure.unique())
    (True, ['high-speed rail', 'upgraded rail'])
    """
    checks.columns(effects, ["preferred", "metric", "infrastructure"], "effects", filled=True)
    if effects.preferred.dtype != bool:
        raise DataError("argument 'effects', column 'preferred': holds something else than true and false.")
    known = set(effects.infrastructure)
    infrastructure = checks.texts(infrastructure, "infrastructure")
    for kind in infrastructure:
        if kind not in known and kind not in FAST:
            raise DataError(f"argument 'infrastructure': '{kind}' is not in the table. {suggest(kind, known)}")
    keep = effects.preferred & (effects.metric != "diagnostic") & effects.infrastructure.isin(infrastructure)
    return effects[keep]


def describe_estimates(effects: pd.DataFrame) -> pd.DataFrame:
    """Add to each estimate its ``topic``, ``place`` and ``design``.

    Parameters
    ----------
    effects : DataFrame
        Columns ``outcome``, ``country``, ``sample``, ``method``.

    Returns
    -------
    DataFrame
        With three columns more: keys of :data:`TOPICS`, members of :data:`PLACES`, keys of :data:`DESIGNS`. An
        estimate without a stated method counts as the weakest design.

    Raises
    ------
    DataError
        If an outcome or method belongs to no group.

    Examples
    --------
    >>> import pandas as pd
    >>> row = pd.DataFrame({"outcome": ["gdp"], "country": ["CHN"], "sample": ["northeast"], "method": ["did"]})
    >>> describe_estimates(row)[["topic", "place", "design"]].values.tolist()
    [['Output', 'Northeast', 'Compares before and after']]
    """
    checks.columns(effects, ["outcome", "country", "sample"], "effects", filled=True)
    checks.columns(effects, ["method"], "effects")
    topics, designs = _lookup(TOPICS), _lookup(DESIGNS)
    weakest = next(iter(DESIGNS))
    for column, groups in (("outcome", topics), ("method", designs)):
        lost = set(effects[column].dropna()) - set(groups)
        if lost:
            names = ", ".join(sorted(map(str, lost)))
            raise DataError(f"column '{column}': no group for {names}. Add it in models.evidence.")
    regions = {"all": "China", **{place.lower(): place for place in PLACES[1:5]}}
    unknown = set(effects["sample"][effects.country == "CHN"]) - {*regions, "periphery"}
    if unknown:
        raise DataError(
            f"column 'sample': no place for {', '.join(sorted(map(str, unknown)))}. Add it in models.evidence."
        )
    home = effects["sample"].map(regions).where(effects.country == "CHN", "Abroad")
    return effects.assign(
        topic=effects.outcome.map(topics),
        place=home.where(effects["sample"] != "periphery", "Small places"),
        design=effects.method.map(designs).fillna(weakest),
    )


def count_signs(effects: pd.DataFrame, by: str) -> pd.DataFrame:
    """Count what authors conclude, group by group.

    Parameters
    ----------
    effects : DataFrame
        Columns ``sign``, ``study_key`` and ``by``.
    by : str
        Column whose values are the groups.

    Returns
    -------
    DataFrame
        Indexed by group: ``positive``, ``null``, ``mixed``, ``negative``, ``estimates``, ``studies``.

    Examples
    --------
    >>> import pandas as pd
    >>> votes = pd.DataFrame({"sign": ["positive", "null"], "study_key": ["a", "a"], "place": ["China", "China"]})
    >>> count_signs(votes, "place").loc["China", ["positive", "null", "studies"]].tolist()
    [1, 1, 1]
    """
    import pandas as pd

    checks.columns(effects, ["study_key", by], "effects", filled=True)
    _signs(effects)
    effects = effects.reset_index(drop=True)
    counts = pd.crosstab(effects[by], effects.sign).reindex(columns=list(SIGNS), fill_value=0)
    counts.columns.name = None
    return counts.assign(estimates=counts.sum(axis=1), studies=effects.groupby(by, observed=True).study_key.nunique())


def one_vote(effects: pd.DataFrame) -> pd.Series:
    """Return one sign a study: its own if all its results agree, ``mixed`` otherwise.

    Estimates of one paper share data and authors; counting each of them would let the paper with most tables vote most often.

    Parameters
    ----------
    effects : DataFrame
        Columns ``study_key`` and ``sign``.

    Returns
    -------
    Series
        Sign, indexed by study.

    Examples
    --------
    >>> import pandas as pd
    >>> one_vote(pd.DataFrame({"study_key": ["a", "a", "b"], "sign": ["positive", "null", "negative"]})).to_dict()
    {'a': 'mixed', 'b': 'negative'}
    """
    checks.columns(effects, ["study_key"], "effects", filled=True)
    _signs(effects)
    return effects.groupby("study_key").sign.agg(lambda s: s.iloc[0] if s.nunique() == 1 else "mixed")


def sign_test(signs: Sequence[str] | pd.Series) -> SignTest:
    """Test whether gains and losses are equally frequent, by the exact binomial.

    Null and mixed results have no direction and do not vote, which is the first weakness of the test. It also takes votes for
    independent, and says nothing about size.

    Parameters
    ----------
    signs : sequence of str
        Members of :data:`SIGNS`.

    Returns
    -------
    SignTest

    Raises
    ------
    DataError
        If no vote has a direction, or a sign is unknown.

    References
    ----------
    Dixon, W. J., & Mood, A. M. (1946). The statistical sign test. *Journal of the American Statistical Association*, 41(236), 557-566.

    Examples
    --------
    >>> found = sign_test(["positive"] * 9 + ["negative"])
    >>> found.positive, found.n, round(found.p_value, 4)
    (9, 10, 0.0215)
    """
    from scipy.stats import binomtest

    signs = checks.texts(signs, "signs")
    lost = set(signs) - set(SIGNS)
    if lost:
        raise DataError(f"argument 'signs': unknown {', '.join(sorted(map(repr, lost)))}. Known: {', '.join(SIGNS)}.")
    positive, n = signs.count("positive"), signs.count("positive") + signs.count("negative")
    if n == 0:
        raise DataError("argument 'signs': no vote is positive or negative, so there is nothing to test.")
    test = binomtest(positive, n)
    limits = test.proportion_ci(method="exact")
    return SignTest(n, positive, positive / n, float(limits.low), float(limits.high), float(test.pvalue))


def selection_needed(positive: int, null: int, negative: int, alpha: float = 0.05) -> dict[str, float]:
    """Say how selective printing would have to be to draw these votes from true effects of zero.

    If nothing has an effect, a test at level ``alpha`` finds a gain in ``alpha / 2`` of all studies, a loss in as many and nothing in
    the rest. Printing each kind with its own probability then gives the votes seen; only ratios of these probabilities can be known.

    Parameters
    ----------
    positive, null, negative : int
        Votes: gains, no effect, losses. At least one gain.
    alpha : float
        Level of the tests in the studies.

    Returns
    -------
    dict
        ``negative`` and ``null``: probability that such a result is printed, relative to a gain's; ``unseen``: studies that would
        have been made for each one printed, if every gain were.

    References
    ----------
    Andrews, I., & Kasy, M. (2019). Identification of and correction for publication bias. *American Economic Review*, 109(8), 2766-2794.

    Examples
    --------
    >>> need = selection_needed(40, 8, 10)
    >>> round(need["negative"], 2), round(need["null"], 4)
    (0.25, 0.0053)
    """
    for name, votes, least in (("positive", positive, 1), ("null", null, 0), ("negative", negative, 0)):
        checks.whole(votes, name, least)
    checks.number(alpha, "alpha", 1e-9, 1 - 1e-9)
    each = alpha / 2
    made = positive / each
    return {
        "negative": negative / positive,
        "null": (null / positive) * each / (1 - alpha),
        "unseen": made / (positive + null + negative),
    }


def in_percent(effects: pd.DataFrame, level: float = 0.95) -> pd.DataFrame:
    """Bring effects of a link on one scale, percent of the outcome, with whatever interval the document gives.

    Parameters
    ----------
    effects : DataFrame
        Columns ``estimate``, ``estimate_low``, ``estimate_high``, ``unit``, ``std_error``.
    level : float
        Coverage of the normal interval made of a standard error.

    Returns
    -------
    DataFrame
        The rows in ``percent``, ``log points`` or ``share``, with ``percent``, ``low``, ``high`` (percent; the middle of a range stands for
        its point) and ``kind``: ``interval`` (from a standard error), ``range`` (published over places or specifications) or
        ``point`` (nothing but the number).

    Examples
    --------
    >>> import pandas as pd
    >>> row = pd.DataFrame({"estimate": [0.057], "estimate_low": [None], "estimate_high": [None], "unit": ["log points"],
    ...                     "std_error": [0.006]})
    >>> in_percent(row)[["percent", "low", "high"]].round(1).values.tolist()
    [[5.9, 4.6, 7.1]]
    """
    import numpy as np
    import pandas as pd
    from scipy.stats import norm

    checks.coverage(level)
    checks.columns(effects, ["unit"], "effects")
    table = effects[effects.unit.isin(["percent", "log points", "share"])].copy()
    columns = ("estimate", "estimate_low", "estimate_high", "std_error")
    numbers = table.assign(**{name: checks.figures(table, name, "effects", missing=True) for name in columns})
    if (numbers.std_error < 0).any() or (numbers.estimate_low > numbers.estimate_high).any():
        raise DataError("argument 'effects': a standard error below zero, or a range whose limits have changed places.")
    z = norm.ppf(0.5 + level / 2)
    limits = {
        "percent": numbers.estimate.fillna((numbers.estimate_low + numbers.estimate_high) / 2),
        "low": (numbers.estimate - z * numbers.std_error).fillna(numbers.estimate_low),
        "high": (numbers.estimate + z * numbers.std_error).fillna(numbers.estimate_high),
    }
    if ((limits["low"] > limits["percent"]) | (limits["percent"] > limits["high"])).any():
        raise DataError("argument 'effects', column 'estimate': an estimate lies outside its range.")
    logs, shares = table.unit == "log points", table.unit == "share"
    for name, values in limits.items():
        table[name] = np.where(logs, 100 * np.expm1(values), np.where(shares, 100 * values, values))
    checks.sound(table[list(limits)].fillna(0), "'effects'")
    table["kind"] = np.select([numbers.std_error.notna(), numbers.estimate_low.notna()], ["interval", "range"], "point")
    return pd.DataFrame(table.dropna(subset=["percent"]))


def comparable(effects: pd.DataFrame) -> pd.DataFrame:
    """Say which estimates with a standard error measure the same thing, and so might be averaged.

    The same thing means one outcome, one unit, one treatment and one kind of link. Two estimates of one study do not make a
    pair: they share their data.

    Parameters
    ----------
    effects : DataFrame
        Like ``hsr_effects``.

    Returns
    -------
    DataFrame
        One row a set: ``outcome``, ``scale``, ``treatment``, ``infrastructure``, ``estimates``, ``studies``, sorted by studies.
        A mean makes sense from two studies on. Percent, shares and log points are one scale.

    Examples
    --------
    >>> from railbelt import load
    >>> sets = comparable(load("hsr_effects"))
    >>> bool(sets.studies.is_monotonic_decreasing)
    True
    """
    named = ["estimate_id", "study_key", "metric", "unit", "outcome", "treatment", "infrastructure"]
    checks.columns(effects, [*named, "std_error"], "effects")
    exact = effects[effects.std_error.notna() & (effects.metric != "diagnostic")]
    checks.columns(exact, named, "effects", filled=True)
    exact = exact.assign(scale=exact.unit.replace({"log points": "percent", "share": "percent"}))
    sets = exact.groupby(["outcome", "scale", "treatment", "infrastructure"], as_index=False).agg(
        estimates=("estimate_id", "size"), studies=("study_key", "nunique")
    )
    return sets.sort_values(["studies", "estimates"], ascending=False, ignore_index=True)


def random_effects(
    estimates: Sequence[float], std_errors: Sequence[float], method: str = "pm", level: float = 0.95
) -> Pooled:
    """Average independent estimates of one quantity that may differ between studies.

    Parameters
    ----------
    estimates, std_errors : sequence of float
        In one unit; from different data.
    method : str
        Estimator of the variance between studies: ``"dl"`` (DerSimonian and Laird) or ``"pm"`` (Paule and Mandel).
    level : float
        Coverage of the interval.

    Returns
    -------
    Pooled

    Raises
    ------
    DataError
        If there are fewer than two estimates, or a standard error is not positive.

    References
    ----------
    DerSimonian, R., & Laird, N. (1986). Meta-analysis in clinical trials. *Controlled Clinical Trials*, 7(3), 177-188.

    Examples
    --------
    >>> found = random_effects([0.1, 0.3], [0.1, 0.1], method="dl")
    >>> round(found.estimate, 3), round(found.tau2, 3), round(found.i2, 3)
    (0.2, 0.01, 0.5)
    """
    import numpy as np
    from scipy.stats import norm
    from statsmodels.stats.meta_analysis import combine_effects

    effect = checks.vector(estimates, "estimates")
    error = checks.vector(std_errors, "std_errors", len(effect), positive=True)
    checks.coverage(level)
    if len(effect) < 2:
        raise DataError("argument 'estimates': at least two are needed.")
    if method not in ("dl", "pm"):
        raise DataError(f"argument 'method': '{method}'. {suggest(method, ['dl', 'pm'])}")
    with np.errstate(invalid="ignore"):
        found = combine_effects(effect, error**2, method_re=method, alpha=1 - level)
    spread = max(0.0, float(found.tau2))  # statsmodels leaves a negative variance as it is
    weight = 1 / (error**2 + spread)
    mean, sd = float((weight * effect).sum() / weight.sum()), float(weight.sum() ** -0.5)
    z = float(norm.ppf(0.5 + level / 2))
    q = float(found.q)
    checks.sound([mean, mean - z * sd, mean + z * sd, spread, q], "'estimates' and 'std_errors'")
    return Pooled(
        estimate=mean,
        std_error=sd,
        low=mean - z * sd,
        high=mean + z * sd,
        tau2=spread,
        q=q,
        i2=max(0.0, 1 - (len(effect) - 1) / q) if q > 0 else 0.0,
        k=len(effect),
    )


def what_is_known(effects: pd.DataFrame) -> pd.DataFrame:
    """Sum up the main results topic by topic: how many, how they vote, how exact, how well designed, and the Northeast's.

    How surely is a rule, not an impression. *Fairly sure*: at least five studies with a direction, four fifths of them on one side, more
    than even odds would give (p < 0.05), and two studies that deal with where lines go. *Leaning*: two thirds of at least five studies
    on one side. *Open*: less agreement. *Thin*: fewer than five studies.

    Parameters
    ----------
    effects : DataFrame
        Main results, see :func:`main_results`.

    Returns
    -------
    DataFrame
        One row a topic, and one each for small places and the Northeast, without inequality: ``about``, ``estimates``, ``studies``, ``gain``, ``none``, ``loss`` (one
        vote a study, ``none`` holds null and mixed), ``exact`` (estimates with a standard error), ``designed`` (studies that
        deal with where lines go), ``northeast`` (estimates for the region), ``how_surely``.

    Examples
    --------
    >>> from railbelt import load
    >>> known = what_is_known(describe_estimates(main_results(load("hsr_effects"))))
    >>> set(known.how_surely) <= {"fairly sure", "leaning", "open", "thin"}
    True
    """
    import pandas as pd

    checks.columns(effects, ["study_key"], "effects", filled=True)
    checks.columns(effects, ["std_error"], "effects")
    table = describe_estimates(effects)
    parts = [(topic, table[table.topic == topic]) for topic in TOPICS]
    activity = table[table.topic != "Inequality"]
    parts += [(place, activity[activity.place == place]) for place in ("Small places", "Northeast")]
    rows = []
    for about, part in parts:
        if part.empty:
            continue
        votes = one_vote(part).value_counts().reindex(list(SIGNS), fill_value=0)
        gain, loss = int(votes["positive"]), int(votes["negative"])
        studies = part.study_key.nunique()
        designed = part[part.design == "Deals with where lines go"].study_key.nunique()
        rows.append(
            {
                "about": about,
                "estimates": len(part),
                "studies": studies,
                "gain": gain,
                "none": studies - gain - loss,
                "loss": loss,
                "exact": int(part.std_error.notna().sum()),
                "designed": designed,
                "northeast": int((part.place == "Northeast").sum()),
                "how_surely": _how_surely(gain, loss, studies, designed),
            }
        )
    return pd.DataFrame(rows)


def _how_surely(gain: int, loss: int, studies: int, designed: int) -> str:
    if studies < 5:
        return "thin"
    side = max(gain, loss)
    if gain + loss >= 5 and side / studies >= 0.8 and designed >= 2:
        votes = ["positive"] * gain + ["negative"] * loss
        if sign_test(votes).p_value < 0.05:
            return "fairly sure"
    return "leaning" if side / studies >= 2 / 3 else "open"
