"""Tests of the claims of the chapter *The verdict*."""

from __future__ import annotations

from railbelt._types import rows
from railbelt.claims import Load, Verdict, claim, rules


@claim("A39", section="verdict#what-high-speed-rail-can-do")
def no_cure_all(load: Load) -> Verdict:
    """Fast rail is no cure-all: its net effect on a place is uncertain."""
    from railbelt.models.evidence import describe_estimates, main_results, one_vote

    table = describe_estimates(main_results(load("hsr_effects")))
    votes = one_vote(table[table.topic != "Inequality"])
    gains, losses = (votes == "positive").mean(), (votes == "negative").mean()
    (careful,) = rows(load("hsr_effects").query("estimate_id == 'borusyak_hull_2023_02'"))
    return Verdict(
        rules.record({
            "studies disagree on the sign": rules.consensus(votes) != rules.SUPPORTED,
            "some places lose": losses > 0,
            "the most careful estimate for China includes zero": careful.ci_low < 0 < careful.ci_high,
        }),
        f"Of {len(votes)} studies of fast rail {gains:.0%} report gains throughout, {losses:.0%} losses and the rest both or nothing; the estimate for China that corrects "
        f"for where lines were planned is {careful.estimate:.3f} with an interval from {careful.ci_low:.3f} to {careful.ci_high:.3f}.",
        value=float(careful.estimate), low=float(careful.ci_low), high=float(careful.ci_high),
        unit="percent more jobs for one percent more market access", grade="B",
    )  # fmt: skip


@claim("A41", section="verdict#what-must-come-with-it")
def complementary_policy(load: Load) -> Verdict:
    """Local innovation and talent policy is needed for fast rail to pay off."""
    rows = load("claim_evidence").query("claim_id == 'A41'")
    holds = {note.split(":")[0]: bearing == "supports" for note, bearing in zip(rows.note, rows.bearing, strict=True)}
    for_it = [factor for factor, good in holds.items() if good]
    against = [factor for factor, good in holds.items() if not good]
    return Verdict(
        rules.record(holds),
        f"Of {len(rows)} published interactions {len(for_it)} agree ({', '.join(for_it)}) and {len(against)} does not ({', '.join(against)}). All compare cities that differ in more "
        "than policy, we read abstracts only, and none is about the Northeast.",
        value=len(for_it), unit=f"of {len(rows)} interactions", grade="C",
    )  # fmt: skip
