"""Time of ``import railbelt`` in a fresh interpreter beside ``import pandas``, and of loading every table."""

import statistics
import subprocess
import sys
import time

from record import record

RUNS = 9
NOTHING, RAILBELT, PANDAS = "pass", "import railbelt", "import pandas"


def milliseconds(code: str) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True)
    return 1000 * (time.perf_counter() - start)


def main() -> None:
    times = {code: [] for code in (NOTHING, RAILBELT, PANDAS)}
    for _ in range(RUNS):
        for code, found in times.items():
            found.append(milliseconds(code))
    bare, railbelt_ms, pandas_ms = (statistics.median(found) for found in times.values())
    import railbelt

    railbelt.load("provinces")
    start = time.perf_counter()
    names = railbelt.tables().index
    rows = sum(len(railbelt.load(name)) for name in names)
    seconds = time.perf_counter() - start
    how = f"fresh interpreters, median of {RUNS}, less a bare start"
    record(
        "import_time.py",
        [
            ("`import railbelt`", railbelt_ms - bare, "ms", "< 150 ms", how),
            ("`import pandas`, beside it", pandas_ms - bare, "ms", "", how),
            ("Every table loaded and validated", seconds, "s", "", f"{len(names)} tables, {rows} rows, in one process"),
        ],
        "pandas",
    )


if __name__ == "__main__":
    main()
