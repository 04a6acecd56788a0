"""How many tests there are and how long the last ``make test`` took, from the report that it leaves."""

import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

from record import record

REPORT = Path(__file__).parents[1] / "_build" / "tests.xml"


def main() -> None:
    if not REPORT.exists():
        sys.exit("No report of the tests: run make test first.")
    suite = ElementTree.parse(REPORT).getroot().find("testsuite")
    assert suite is not None
    count, bad = int(suite.get("tests", 0)), int(suite.get("failures", 0)) + int(suite.get("errors", 0))
    skipped = int(suite.get("skipped", 0))
    record(
        "suite.py",
        [
            ("Tests that pass", str(count - bad - skipped), "", f"all but {skipped} opt-in", f"the last `make test`, of {count} collected"),
            ("Time of the tests", float(suite.get("time", 0)) / 60, "min", "< 10 min", "`make test` with the book built, tests side by side on all cores"),
        ],
        "pytest",
    )  # fmt: skip


if __name__ == "__main__":
    main()
