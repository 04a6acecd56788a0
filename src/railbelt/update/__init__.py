"""Newer and revised figures from public interfaces: asked, compared, reviewed, and only then written.

``python -m railbelt.update`` asks and writes a review below ``_build/update``; nothing else happens. In the review's CSV
write ``yes`` before the lines that you have checked, then ``python -m railbelt.update --apply _build/update/review.csv``
writes those lines, their sources and a line in ``CHANGES.md``.

Examples
--------
>>> from railbelt import update
>>> sorted({target.table for target in update.TARGETS})[:3]
['country_totals', 'exchange_rates', 'gravity_panel']
"""

from railbelt.update.review import Review, check, report
from railbelt.update.targets import TARGETS, Target
from railbelt.update.write import apply, read_review

__all__ = ["TARGETS", "Review", "Target", "apply", "check", "read_review", "report"]
