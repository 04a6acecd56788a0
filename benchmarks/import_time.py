"""Time of ``import railbelt`` in a fresh interpreter beside ``import pandas``, and of loading every table."""

import platform
import statistics
import subprocess
import sys
import time

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
    print(f"Python {platform.python_version()} on {platform.machine()}, median of {RUNS} runs, ms above a bare start:")
    print(f"import railbelt  {railbelt_ms - bare:8.1f}")
    print(f"import pandas    {pandas_ms - bare:8.1f}   ratio {(pandas_ms - bare) / (railbelt_ms - bare):.1f}")

    import railbelt

    railbelt.load("provinces")
    start = time.perf_counter()
    names = railbelt.tables().index
    rows = sum(len(railbelt.load(name)) for name in names)
    seconds = time.perf_counter() - start
    print(f"load every table {1000 * seconds:8.0f}   {len(names)} tables, {rows} rows, validated")


if __name__ == "__main__":
    main()
