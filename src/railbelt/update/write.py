"""Writes the chosen lines of a review into the tables: all of them or none, and never over figures that git does not hold."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import math
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from railbelt import catalog
from railbelt.errors import DataError, UpdateError
from railbelt.update.review import COLUMNS
from railbelt.update.targets import SOURCES, TARGETS, Target

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["apply", "read_review"]

CHOICES = {"": False, "no": False, "yes": True, "sure": True}
LARGEST_REVIEW = 5_000_000
HEADING = "## Refreshed from public interfaces"


def read_review(path: Path) -> pd.DataFrame:
    """Read a review that somebody filled in.

    Parameters
    ----------
    path : Path
        The CSV file written by ``python -m railbelt.update``.

    Returns
    -------
    DataFrame
        Its lines as text, with an index that counts them from 2 as an editor does.

    Raises
    ------
    UpdateError
        If it is no such file.

    Examples
    --------
    >>> import tempfile
    >>> import pandas as pd
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "review.csv"
    ...     pd.DataFrame([dict.fromkeys(COLUMNS, "") | {"apply": "yes"}]).to_csv(path, index=False)
    ...     lines = read_review(path)
    >>> lines["apply"].to_dict()
    {2: 'yes'}
    """
    import pandas as pd

    try:
        if path.stat().st_size > LARGEST_REVIEW:
            raise UpdateError(f"{path} is larger than {LARGEST_REVIEW} bytes; it cannot be a review.")
        rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline=""), strict=True))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UpdateError(f"{path} cannot be read as a review ({error}). Ask again and fill in the new file.") from None
    if not rows or tuple(rows[0]) != COLUMNS:
        raise UpdateError(f"{path} has not the columns of a review: {', '.join(COLUMNS)}.")
    for number, row in enumerate(rows[1:], start=2):
        if len(row) != len(COLUMNS):
            raise UpdateError(f"{path}, line {number}: {len(row)} cells where {len(COLUMNS)} belong.")
    return pd.DataFrame(rows[1:], columns=list(COLUMNS), index=range(2, len(rows) + 1), dtype="str")


def apply(lines: pd.DataFrame, folder: Path | None = None, day: dt.date | None = None) -> list[str]:
    """Write the lines that say ``yes`` (or ``sure``, which a flagged one needs) in the column ``apply``.

    The new tables are validated beside the old ones first; then every file is replaced in one step each, and put back if a
    later one fails. The old vintage stays in git: files that differ from the last commit are not overwritten.

    Parameters
    ----------
    lines : DataFrame
        From :func:`read_review`, or the ``lines`` of a :class:`~railbelt.update.Review` with ``apply`` filled in.
    folder : Path, optional
        The data; by default the project's own.
    day : date, optional
        For ``CHANGES.md``; by default today.

    Returns
    -------
    list of str
        What was written, one line a figure; empty if nothing was chosen.

    Raises
    ------
    UpdateError
        If a line is unknown, has aged, is flagged and not ``sure``, or would break its table, or if git does not hold what
        would be overwritten. Nothing is written then.

    Examples
    --------
    >>> import pandas as pd
    >>> apply(pd.DataFrame(columns=COLUMNS))
    []
    """
    folder = (folder or catalog.data_folder()).resolve()
    chosen = [(number, row, _target(number, row)) for number, row in _chosen(lines)]
    if not chosen:
        return []
    package = {r["name"]: r for r in catalog.package(folder)["resources"] if "schema" in r}
    texts: dict[str, list[list[str]]] = {}
    said: list[str] = []
    for table in dict.fromkeys(target.table for _, _, target in chosen):
        if table not in package:
            raise UpdateError(f"{folder} has no table '{table}'. Nothing is written.")
        texts[table] = _cells(folder / package[table]["path"])
        mine = [item for item in chosen if item[2].table == table]
        same = lines[(lines.table == table) & (lines.status == "unchanged")]
        said += _edit(package[table], texts[table], mine, set(zip(same.key, same.column, strict=True)))
    _mend_sources(folder, package, texts, {target.source for _, _, target in chosen})
    files = {package[table]["path"]: _csv(rows) for table, rows in texts.items()}
    files["datapackage.json"] = _descriptor(folder, {table: len(rows) - 1 for table, rows in texts.items()})
    files["CHANGES.md"] = _changes(folder, said, day or dt.datetime.now(dt.UTC).date())
    files = {name: text for name, text in files.items() if text != (folder / name).read_text(encoding="utf-8")}
    _held_by_git(folder, list(files))
    _validate(folder, files, sorted(texts))
    _replace(folder, files)
    return said


def _chosen(lines: pd.DataFrame) -> list[tuple[Any, dict[str, Any]]]:
    missing = [column for column in COLUMNS if column not in lines]
    if missing:
        raise UpdateError(f"A review has the columns {', '.join(COLUMNS)}; missing: {', '.join(missing)}.")
    found: list[tuple[Any, dict[str, Any]]] = []
    seen: dict[tuple[Any, ...], Any] = {}
    for number, row in zip(lines.index, lines.to_dict("records"), strict=True):
        word = str(row["apply"]).strip().lower()
        if word not in CHOICES:
            raise UpdateError(f"Line {number}: apply says {word[:20]!r}. Write yes, sure, no, or nothing.")
        if CHOICES[word]:
            place = (row["table"], row["key"], row["column"])
            if place in seen:
                raise UpdateError(
                    f"Line {number}: {' '.join(map(str, place))} is chosen on line {seen[place]} already."
                )
            seen[place] = number
            found.append((number, {str(name): cell for name, cell in row.items()}))
    return found


def _target(number: Any, row: dict[str, Any]) -> Target:
    name = f"Line {number}"
    matching = [t for t in TARGETS if (t.table, t.column) == (row["table"], row["column"])]
    if not matching:
        raise UpdateError(f"{name}: no interface speaks about {str(row['table'])[:40]!r}, {str(row['column'])[:40]!r}.")
    target = matching[0]
    if not target.writes:
        raise UpdateError(f"{name}: {target.series} is only a check of {target.table}. {target.caution}")
    if row["status"] not in ("added", "changed"):
        raise UpdateError(
            f"{name}: its status is {str(row['status'])[:20]!r}; only what was added or changed can be written."
        )
    if str(row["flags"]).strip() and str(row["apply"]).strip().lower() != "sure":
        raise UpdateError(f"{name}: flagged {row['flags']}. Look at the source, then write sure instead of yes.")
    _figure(row["new"], f"{name}, new")
    return target


def _figure(value: Any, name: str) -> float:
    try:
        number = float(str(value))
    except ValueError:
        number = math.nan
    if not math.isfinite(number) or number < 0:
        raise UpdateError(f"{name}: {str(value)[:30]!r} is not a number that a table can hold.")
    return number


def _cells(path: Path) -> list[list[str]]:
    return list(csv.reader(io.StringIO(path.read_text(encoding="utf-8"), newline="")))


def _csv(rows: list[list[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def _written(value: float, decimals: int) -> str:
    text = f"{value:.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _edit(
    resource: dict[str, Any],
    rows: list[list[str]],
    chosen: list[tuple[Any, dict[str, Any], Target]],
    confirmed: set[tuple[str, str]],
) -> list[str]:
    """Change or add the rows of one table in place; return what was done."""
    table, header = resource["name"], rows[0]
    names = catalog._as_list(resource["schema"]["primaryKey"])
    where = {tuple(row[header.index(name)] for name in names): row for row in rows[1:]}
    said: list[str] = []
    written: dict[str, tuple[list[str], bool, set[str]]] = {}
    for number, line, target in chosen:
        text = str(line["key"])
        pairs = [part.partition("=")[::2] for part in text.split("; ")]
        parts = dict(pairs)
        if [name for name, _ in pairs] != names:
            raise UpdateError(
                f"Line {number}: the key {text[:60]!r} is not one of '{table}', which has {', '.join(names)}."
            )
        key = tuple(parts[name] for name in names)
        if key not in where:
            if line["status"] != "added" or not target.grows:
                raise UpdateError(f"Line {number}: '{table}' has no row {text[:60]}.")
            where[key] = [parts.get(name, "") for name in header]
            rows.append(where[key])
            written[text] = (where[key], True, set())
        row = where[key]
        position, new = header.index(target.column), _figure(line["new"], f"Line {number}, new")
        _unchanged_since(number, table, text, row[position], line["old"])
        old, row[position] = row[position], _written(new, target.decimals)
        written.setdefault(text, (row, False, set()))[2].add(target.column)
        said.append(
            f"`{table}`, {text}: `{target.column}` {old or '(none)'} → {row[position]} "
            f"({SOURCES[target.source]['publisher']}, {target.series}, vintage {str(line['vintage'])[:10]})"
        )
    for text, (row, new_row, columns) in written.items():
        _cite(table, header, row, columns, columns | {c for k, c in confirmed if k == text}, new_row)
    if names == ["year"]:
        rows[1:] = sorted(rows[1:], key=lambda row: row[header.index("year")])
    return said


def _unchanged_since(number: Any, table: str, key: str, cell: str, old: Any) -> None:
    held = "" if str(old).strip() in ("", "nan", "None") else str(old)
    try:
        same = float(cell) == float(held) if cell and held else cell == held
    except ValueError:
        same = False
    if not same:
        raise UpdateError(
            f"Line {number}: '{table}' {key[:60]} now holds {cell or 'nothing'}, the review says {held[:30] or 'nothing'}. "
            "The table has changed since: ask again."
        )


def _cite(table: str, header: list[str], row: list[str], written: set[str], confirmed: set[str], new_row: bool) -> None:
    """Name the source of the figures in their row, drop those that rest on nothing in it any longer, and grade the row."""
    targets = [t for t in TARGETS if t.table == table and t.writes]
    for target in targets:
        if target.column not in written:
            continue
        family = [t.column for t in targets if t.replaces & target.replaces and t.source_column == target.source_column]
        idle = target.replaces if confirmed.issuperset(c for c in family if row[header.index(c)]) else frozenset()
        for column in dict.fromkeys((target.source_column, "source")) if new_row else (target.source_column,):
            place = header.index(column)
            keys = [key for key in catalog._split(row[place]) if key not in idle and key != target.source]
            row[place] = ";".join([*keys, target.source])
    if "grade" in header:
        cited = {k for c in ("source", "split_source") if c in header for k in catalog._split(row[header.index(c)])}
        place = header.index("grade")
        if new_row or row[place] == "A" or (row[place] == "C" and not any("_mem_" in key for key in cited)):
            row[place] = "B"


def _mend_sources(folder: Path, package: dict[str, Any], texts: dict[str, list[list[str]]], used: set[str]) -> None:
    """Add the sources that are new, and take out those that no table cites any longer."""
    rows = _cells(folder / package["sources"]["path"])
    header = rows[0]
    listed = {row[0] for row in rows[1:]}
    cited: set[str] = set()
    for name, resource in package.items():
        fields = [f["name"] for f in catalog._source_fields(resource)]
        if name == "sources" or not fields:
            continue
        table = texts.get(name) or _cells(folder / resource["path"])
        for place in (table[0].index(field) for field in fields):
            cited.update(key for row in table[1:] for key in catalog._split(row[place]))
    body = [row for row in rows[1:] if row[0] in cited]
    body += [[SOURCES[key][column] for column in header] for key in sorted(used - listed)]
    texts["sources"] = [header, *sorted(body, key=lambda row: row[0])]


def _descriptor(folder: Path, counts: dict[str, int]) -> str:
    text = (folder / "datapackage.json").read_text(encoding="utf-8")
    package = json.loads(text)
    for resource in package["resources"]:
        if resource["name"] in counts:
            resource["rowCount"] = counts[resource["name"]]
    return json.dumps(package, indent=1, ensure_ascii=False) + ("\n" if text.endswith("\n") else "")


def _changes(folder: Path, said: list[str], day: dt.date) -> str:
    path = folder / "CHANGES.md"
    text = path.read_text(encoding="utf-8") if path.exists() else "# Changes of the data\n"
    entry = f"\n### {day.isoformat()}\n\n" + "".join(f"- {line}.\n" for line in said)
    if HEADING in text:
        return text.replace(HEADING + "\n", HEADING + "\n" + entry, 1)
    return text.rstrip("\n") + f"\n\n{HEADING}\n{entry}"


def _held_by_git(folder: Path, names: list[str]) -> None:
    """Refuse to overwrite what the last commit does not hold: the old vintage must stay."""

    def git(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True, timeout=30)

    try:
        run = git("status", "--porcelain", "--untracked-files=all", "--", *names)
        tracked = git("ls-files", "--error-unmatch", "--", *[n for n in names if (folder / n).exists()])
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UpdateError(f"git cannot say whether it holds the data ({error}). Nothing is written.") from None
    if run.returncode or tracked.returncode:
        raise UpdateError(
            f"{folder} is not in git, so the old vintage would be lost. Work in a clone of the project; nothing is written."
        )
    if run.stdout.strip():
        raise UpdateError(f"Commit or restore these first, so that the old vintage stays:\n{run.stdout.rstrip()}")


def _validate(folder: Path, files: dict[str, str], tables: list[str]) -> None:
    """Load the tables as they would be, from a copy beside the old ones."""
    with tempfile.TemporaryDirectory(prefix="railbelt-update-") as place:
        copy = Path(place) / "data"
        shutil.copytree(folder, copy, ignore=shutil.ignore_patterns("map", ".git"))
        for name, text in files.items():
            (copy / name).write_text(text, encoding="utf-8", newline="")
        for table in tables:
            try:
                catalog.load(table, copy)
            except DataError as error:
                raise UpdateError(f"The new figures would break a table. {error} Nothing is written.") from None


def _replace(folder: Path, files: dict[str, str]) -> None:
    """Replace the files, each in one step; put all back if one fails."""
    old = {name: (folder / name).read_bytes() if (folder / name).exists() else None for name in files}
    done: list[str] = []
    try:
        for name, text in files.items():
            _put(folder / name, text.encode("utf-8"))
            done.append(name)
    except OSError as error:
        for name in done:
            content = old[name]
            if content is None:
                (folder / name).unlink(missing_ok=True)
            else:
                _put(folder / name, content)
        raise UpdateError(f"{folder} cannot be written ({error}). The data are as they were.") from None


def _put(path: Path, content: bytes) -> None:
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, path.stat().st_mode & 0o777 if path.exists() else 0o644)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
