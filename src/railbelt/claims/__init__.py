"""The ledger: every claim of the three articles, the computation that tests it, and its verdict.

Each claim of the table ``claims`` is bound to a function that computes its evidence from the data and returns a verdict by a rule
that was written down beforehand (:mod:`railbelt.claims.rules`). One module a chapter: :mod:`railbelt.claims.rust_belt` and so on.

How to write a test
-------------------
In the module of the chapter, ten lines a claim::

    from railbelt.claims import Load, Verdict, claim, rules

    @claim("A20", section="rails#opened-late")
    def harbin_mudanjiang(load: Load) -> Verdict:
        '''Harbin-Mudanjiang was completed in 2018.'''
        lines = load("hsr_lines")
        year = lines.loc[lines.line_id == "hamu", "opened"].max().year
        return Verdict(rules.dated(2018, year), f"The line opened in {year}.", value=year, unit="year", grade="A")

- Read tables only through the argument ``load``: the verdict then names the tables it rests on, and a test with other data gives
  another verdict. What is read by another function, such as ``railbelt.network.railways()``, is named in ``also=("hsr_lines",)``.
- Take the verdict from a rule; if none fits, use ``rules.record({"assertion": bool, ...})``. Never type a verdict, except
  ``rules.NOT_TESTABLE``, which then needs ``needed="..."``: what data would decide it.
- ``evidence`` is one sentence for readers, with the computed numbers, and says what is weak. ``grade`` grades the evidence as the
  data are graded. ``value`` with ``unit`` is the number that decides, ``low`` and ``high`` its interval where there is one.
- ``section`` is the page and anchor of the chapter that explains it; the tests of the site find a wrong one.
- A test takes well below a second. What two tests share becomes a private function of the module, marked ``@shared`` if it takes
  time; models belong to :mod:`railbelt.models`.

In the chapter, ```` ```{claims} rails``` ```` near the top lists the claims with their verdicts, and ```` ```{verdicts} rails``` ````
in the section on the claims gives the evidence; no chapter types a verdict a second time. A cell tagged ``nbval-check-output`` with
``verdicts("rails")[["verdict", "value"]]`` keeps them in the references.

Examples
--------
>>> found = verdict("A06")
>>> found.verdict, found.value, found.unit
('supported', 9.0, 'firms')
"""

from railbelt.claims import rules
from railbelt.claims.ledger import CHAPTERS, Load, Verdict, claim, shared, source_of, tested, verdict, verdicts

__all__ = ["CHAPTERS", "Load", "Verdict", "claim", "rules", "shared", "source_of", "tested", "verdict", "verdicts"]
