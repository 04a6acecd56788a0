"""What twenty thousand damaged arguments end in: an answer that holds what must be true of it, an error of ours, or a failure."""

import json
import os
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from pathlib import Path

from record import record

EXAMPLES = 20_000
ROOT = Path(__file__).parents[1]


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        report, tests = Path(folder) / "counts.json", Path(folder) / "tests.xml"
        begun = time.perf_counter()
        ended = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:xdist", f"--junitxml={tests}", "tests/test_hostile.py"],
            cwd=ROOT, check=False,
            env=os.environ | {"RAILBELT_HOSTILE": str(EXAMPLES), "RAILBELT_HOSTILE_REPORT": str(report)},
        )  # fmt: skip
        seconds = time.perf_counter() - begun
        if not report.exists():
            sys.exit(f"The tests ended without a report (exit code {ended.returncode}); nothing is recorded.")
        counts = json.loads(report.read_text(encoding="utf-8"))
        suite = ElementTree.parse(tests).getroot().find("testsuite")
    assert suite is not None
    failed = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
    # What hypothesis breaks off while it draws never reaches a function, and is not counted.
    answered, refused = (sum(one[key] for one in counts.values()) for key in ("answered", "refused"))
    record(
        "hostile.py",
        [
            ("Damaged arguments put to public functions", float(answered + refused), "", "≥ 10,000", f"{len(counts)} cases, new random draws in each run, in {seconds / 60:.1f} min"),
            ("… answered, and the answer holds", float(answered), "", "", "each case says what must be true of any answer"),
            ("… refused with an error of the package", float(refused), "", "", "with a text that says what is wrong"),
            ("Cases that ended in anything else", str(failed), "", "0", "an error of another kind, or an answer that does not hold; a run that does not end is not recorded"),
        ],
        "hypothesis",
    )  # fmt: skip
    sys.exit(ended.returncode)


if __name__ == "__main__":
    main()
