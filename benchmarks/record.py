"""The table of all figures: each benchmark puts its rows into ``results.csv``, this script writes ``README.md`` from it."""

from __future__ import annotations

import csv
import datetime as dt
import importlib.metadata
import os
import platform
from pathlib import Path

FOLDER = Path(__file__).parent
RESULTS = FOLDER / "results.csv"
COLUMNS = ["script", "figure", "value", "unit", "target", "how", "measured_on", "machine", "versions"]


def machine() -> str:
    """Return what measured: processor, cores, memory, system."""
    info = Path("/proc/cpuinfo")
    names = (
        [line.split(":", 1)[1].strip() for line in info.read_text().splitlines() if line.startswith("model name")]
        if info.exists()
        else []
    )
    memory = (
        f", {os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 1e9:.0f} GB" if hasattr(os, "sysconf") else ""
    )
    return f"{names[0] if names else platform.machine()}, {os.cpu_count()} cores{memory}, {platform.system()}"


def record(script: str, rows: list[tuple[str, float | str, str, str, str]], *packages: str, versions: str = "") -> None:
    """Put the figures of one script into the table, in place of those it had, and print them.

    A row is what was measured, its value, its unit, what was aimed at, and how it was measured.
    """
    known = [
        f"Python {platform.python_version()}",
        *(f"{p} {importlib.metadata.version(p)}" for p in packages),
        versions,
    ]
    common = [dt.date.today().isoformat(), machine(), ", ".join(part for part in known if part)]
    new = [[script, what, value if isinstance(value, str) else written(value), unit, target, how, *common]
           for what, value, unit, target, how in rows]  # fmt: skip
    for _, what, value, unit, target, *_ in new:
        print(f"{what:72} {value:>10} {unit:8} {f'({target})' if target else ''}", flush=True)
    old = [[row[c] for c in COLUMNS] for row in results() if row["script"] != script]
    with RESULTS.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerows([COLUMNS, *sorted([*old, *new], key=lambda row: row[0])])
    render()


def written(value: float) -> str:
    """Return three digits that count, and no exponent."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def results() -> list[dict[str, str]]:
    """Return the table."""
    if not RESULTS.exists():
        return []
    with RESULTS.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


TITLES = {
    "build.py": "Building the book",
    "explorer.py": "The scenario explorer",
    "hostile.py": "Hostile input",
    "import_time.py": "The package",
    "network.py": "The rail network",
    "quickstart.py": "The three quick starts, as a new user",
    "recentring.py": "Counterfactual networks with inference",
    "site.py": "The pages",
    "spatial.py": "The spatial model",
    "suite.py": "The tests",
}
HEAD = """# Benchmarks

Every figure of speed or size that this project claims, as last measured; none is a test. `make bench` measures all but the
quick starts and the tests again, one script after the other; each writes its rows into `results.csv`, from which
`record.py` makes this page. Run it on a quiet machine: what else runs there only adds.
"""


def render() -> None:
    """Write the page from the table."""
    rows, text = results(), HEAD
    for script, title in TITLES.items():
        own = [row for row in rows if row["script"] == script]
        if not own:
            continue
        text += f"\n## {title}\n\n"
        text += "| figure | measured | aim | how |\n|---|---:|---|---|\n"
        for row in own:
            text += f"| {row['figure']} | {row['value']} {row['unit']} | {row['target'] or '–'} | {row['how']} |\n"
        text += f"\n`{script}`, {own[0]['measured_on']}; {own[0]['machine']}; {own[0]['versions']}.\n"
    (FOLDER / "README.md").write_text(text.replace("  ", " "), encoding="utf-8")


if __name__ == "__main__":
    render()
