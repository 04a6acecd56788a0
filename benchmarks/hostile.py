"""What twenty thousand damaged arguments end in: an answer that holds what must be true of it, an error of ours, or a failure."""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from record import record

EXAMPLES = 20_000
ROOT = Path(__file__).parents[1]


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "counts.json"
        begun = time.perf_counter()
        ended = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:xdist", "tests/test_hostile.py"],
            cwd=ROOT, check=False,
            env=os.environ | {"RAILBELT_HOSTILE": str(EXAMPLES), "RAILBELT_HOSTILE_REPORT": str(report)},
        )  # fmt: skip
        seconds = time.perf_counter() - begun
        counts = json.loads(report.read_text(encoding="utf-8"))
    cases, answered, refused = (sum(one[key] for one in counts.values()) for key in ("cases", "answered", "refused"))
    record(
        "hostile.py",
        [
            ("Damaged arguments put to public functions", str(cases), "", "≥ 10,000", f"{len(counts)} cases, new random draws in each run, in {seconds / 60:.1f} min"),
            ("… answered, and the answer holds", str(answered), "", "", "each case says what must be true of any answer"),
            ("… refused with an error of the package", str(refused), "", "", "with a text that says what is wrong"),
            ("… ended in anything else", str(cases - answered - refused), "", "0", f"of the tests themselves, exit code {ended.returncode}"),
        ],
        "hypothesis",
    )  # fmt: skip
    sys.exit(ended.returncode)


if __name__ == "__main__":
    main()
