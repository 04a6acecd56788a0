"""Every table of the project by name: typed, validated against its description, with its sources.

``data/datapackage.json`` (a Frictionless Data Package) is the only description of the tables. Reading a table checks it:
columns, types, constraints, primary key, foreign keys and source keys. What does not hold raises
:class:`~railbelt.errors.DataError` naming the table, the column and the line of the file.
"""

from __future__ import annotations

import csv
import datetime as dt
import functools
import io
import json
import operator
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from railbelt.errors import DataError, suggest

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["data_folder", "describe", "grades", "load", "package", "sources", "tables"]

GRADES = ("A", "B", "C")


def data_folder() -> Path:
    """Return the folder of the tables: inside the installed package, or ``data/`` of a source checkout.

    Examples
    --------
    >>> (data_folder() / "datapackage.json").exists()
    True
    """
    installed = Path(__file__).parent / "_data"
    return installed if installed.is_dir() else Path(__file__).parents[2] / "data"


def package(folder: Path | None = None) -> dict[str, Any]:
    """Return the data package descriptor as a dictionary.

    Parameters
    ----------
    folder : Path, optional
        A folder with ``datapackage.json`` and its files; by default the project's own.

    Raises
    ------
    DataError
        If the descriptor is missing, is not JSON, or does not describe tables as this package needs it.

    Examples
    --------
    >>> package()["name"], len(package()["resources"]) > 50
    ('railbelt', True)
    """
    path = _folder(folder) / "datapackage.json"
    try:
        text = path.read_text(encoding="utf-8")
        found: dict[str, Any] = json.loads(text)
    except FileNotFoundError:
        raise DataError(f"No data package at {path}. Reinstall railbelt, or pass the folder that holds it.") from None
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is not UTF-8 ({error}). Save the file as UTF-8.") from None
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path} is not valid JSON: {error}. Restore the file.") from None
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror}).") from None
    _check_descriptor(text, path)
    return found


@functools.lru_cache(maxsize=4)
def _check_descriptor(text: str, path: Path) -> None:
    """Refuse a descriptor that lacks what the functions below read from it; the same text is looked at once."""
    found = json.loads(text)

    def must(holds: object, what: str) -> None:
        if not holds:
            raise DataError(
                f"{path}: {what}. Restore the file, or describe your tables as datapackage.json of railbelt does."
            )

    def names(value: Any) -> bool:
        return isinstance(value, str) or (
            isinstance(value, list) and bool(value) and all(isinstance(v, str) for v in value)
        )

    must(isinstance(found, dict) and isinstance(found.get("resources"), list), "'resources' is not a list")
    for number, resource in enumerate(found["resources"]):
        must(isinstance(resource, dict) and isinstance(resource.get("name"), str), f"resource {number} has no name")
        name = f"table '{resource['name']}'"
        file = resource.get("path")
        must(
            isinstance(file, str) and re.fullmatch(r"(?!.*\.\.)[\w-][\w./-]*", file),
            f"{name} has no file inside the folder",
        )
        if "schema" not in resource:
            continue
        schema = resource["schema"]
        must(
            isinstance(schema, dict) and isinstance(schema.get("fields"), list) and schema["fields"],
            f"{name} has no fields",
        )
        count = resource.get("rowCount")
        must(isinstance(count, int) and not isinstance(count, bool) and count >= 0, f"{name} has no rowCount")
        must(
            all(isinstance(resource.get(k), str) for k in ("title", "topic", "vintage")),
            f"{name} lacks title, topic or vintage",
        )
        known = []
        for field in schema["fields"]:
            must(isinstance(field, dict) and isinstance(field.get("name"), str), f"{name} has a field without a name")
            label = f"{name}, field '{field['name']}'"
            known.append(field["name"])
            must(str(field.get("type")) in PARSERS, f"{label}: no type '{field.get('type')}'")
            must(isinstance(field.get("description"), str), f"{label} has no description")
            must(isinstance(field.get("unit", ""), str), f"{label}: its unit is no text")
            must(
                "listOf" not in field or re.fullmatch(r"\w+\.\w+", str(field["listOf"])),
                f"{label}: listOf is not 'table.column'",
            )
            _check_constraints(field, label, must)
        must(len(set(known)) == len(known), f"{name} has two fields of one name")
        must(names(schema.get("primaryKey")), f"{name} has no primaryKey")
        must(set(_as_list(schema["primaryKey"])) <= set(known), f"{name}: its primaryKey is not among its fields")
        must(isinstance(schema.get("foreignKeys", []), list), f"{name}: foreignKeys is not a list")
        for key in schema.get("foreignKeys", []):
            reference = key.get("reference") if isinstance(key, dict) else None
            must(
                isinstance(reference, dict) and isinstance(reference.get("resource"), str) and names(reference.get("fields"))
                and names(key.get("fields")) and set(_as_list(key["fields"])) <= set(known),
                f"{name} has a foreign key without its fields",
            )  # fmt: skip


def _check_constraints(field: dict[str, Any], label: str, must: Callable[[object, str], None]) -> None:
    rules = field.get("constraints", {})
    must(isinstance(rules, dict), f"{label}: constraints is not an object")
    must(isinstance(rules.get("enum", []), list), f"{label}: enum is not a list")
    try:
        re.compile(rules.get("pattern", ""))
        for bound in ("minimum", "maximum"):
            if bound in rules:
                must(_parsed(str(rules[bound]), field["type"]) is not None, f"{label}: {bound} is no {field['type']}")
    except (re.error, TypeError, ValueError, KeyError) as error:
        must(False, f"{label}: a constraint is no constraint ({error})")


def tables(folder: Path | None = None) -> pd.DataFrame:
    """List the tables.

    Returns
    -------
    DataFrame
        One row a table, indexed by name: ``title``, ``topic``, ``rows`` (count), ``vintage``.

    Examples
    --------
    >>> tables().loc["cities", "title"]
    'Prefecture-level units of China'
    """
    import pandas as pd

    rows = [
        {"table": r["name"], "title": r["title"], "topic": r["topic"], "rows": r["rowCount"], "vintage": r["vintage"]}
        for r in package(folder)["resources"]
        if "schema" in r
    ]
    return pd.DataFrame(rows, columns=["table", "title", "topic", "rows", "vintage"]).set_index("table")


def describe(name: str, folder: Path | None = None) -> pd.DataFrame:
    """Describe the fields of a table.

    Parameters
    ----------
    name : str
        A name listed by :func:`tables`.

    Returns
    -------
    DataFrame
        One row a field, indexed by name: ``type``, ``unit`` (empty where it has none), ``description``.

    Raises
    ------
    DataError
        If there is no such table.

    Examples
    --------
    >>> describe("province_gdp").loc["gdp_100m_yuan", "unit"]
    '100 million yuan, current prices'
    """
    import pandas as pd

    fields = _resource(name, folder)["schema"]["fields"]
    rows = [[f["name"], f["type"], f.get("unit", ""), f["description"]] for f in fields]
    return pd.DataFrame(rows, columns=["field", "type", "unit", "description"]).set_index("field")


def load(name: str, folder: Path | None = None) -> pd.DataFrame:
    """Read a table and prove that it is what its description says.

    Parameters
    ----------
    name : str
        A name listed by :func:`tables`, for instance ``"cities"``.
    folder : Path, optional
        Another folder with the same layout; by default the project's own data.

    Returns
    -------
    DataFrame
        The table with a fresh index. Codes are text (``"2301"``), dates ``datetime64``, integers with gaps ``Int64``.

    Raises
    ------
    DataError
        If the table is unknown, or its file is missing, truncated, malformed, or breaks its schema: a column missing,
        a wrong type, a value outside its constraint, a duplicate key, a reference to a row that does not exist,
        an unknown source.

    Examples
    --------
    >>> load("provinces").query("macro_region == 'Northeast'").name_en.tolist()
    ['Liaoning', 'Jilin', 'Heilongjiang']
    """
    folder = _folder(folder)
    # Reading again what nobody has changed would be most of the time of a chapter; a copy is made when it is written to.
    return _table(name, folder, _state(folder)).copy(deep=False)


def _folder(given: Path | None) -> Path:
    """Return the folder of a data package, given as a path or as a text."""
    if given is not None and not isinstance(given, str | Path):
        raise DataError(f"argument 'folder': {str(given)[:40]} is no path.")
    return Path(given) if given else data_folder()


State = tuple[tuple[str, int, int], ...]


def _state(folder: Path) -> State:
    """Return what tells whether a file of a folder has changed: names, times and sizes."""
    try:
        with os.scandir(folder) as entries:
            return tuple(sorted((e.name, e.stat().st_mtime_ns, e.stat().st_size) for e in entries))
    except OSError:
        return ()


@functools.lru_cache(maxsize=256)
def _table(name: str, folder: Path, state: State) -> pd.DataFrame:
    """Read and check a table; ``state`` makes a table that has changed another one."""
    import pandas as pd

    resource = _resource(name, folder)
    header, lines = _read(resource, folder)
    columns = {}
    for position, field in enumerate(resource["schema"]["fields"]):
        cells = [line[position] for line in lines]
        columns[field["name"]] = _column(name, field, cells)
    _check_primary_key(resource, header, lines)
    _check_references(resource, header, lines, folder)
    return pd.DataFrame(columns)


def sources(name: str | None = None, folder: Path | None = None) -> pd.DataFrame:
    """Return the sources of one table, or of all.

    Parameters
    ----------
    name : str, optional
        A table; without it every source is returned.

    Returns
    -------
    DataFrame
        Indexed by ``source_key``: title, publisher, year, url, read_at (where the figure was read when not in the
        original), terms, grade (A document seen and cross-checked, B one document, C not traced to a document), note;
        with a table also ``rows``, the number of its rows that cite the source.

    Raises
    ------
    DataError
        If there is no such table.

    Examples
    --------
    >>> sources("province_gdp").grade.isin(["A", "B", "C"]).all()
    np.True_
    """
    _known(_resource("sources", folder), ["source_key"])
    every = load("sources", folder).set_index("source_key")
    if name is None:
        return every
    resource = _resource(name, folder)
    header, lines = _read(resource, _folder(folder))
    cited: dict[str, int] = {}
    for field in _source_fields(resource):
        for line in lines:
            for key in _split(line[header.index(field["name"])]):
                cited[key] = cited.get(key, 0) + 1
    for key in cited:
        if key not in every.index:
            raise DataError(
                f"Table '{name}': '{key}' is not in table 'sources'. {suggest(key, every.index) if len(every) < 40 else 'Add it there.'}"
            )
    return every.loc[list(cited)].assign(rows=list(cited.values()))


def grades(name: str, folder: Path | None = None) -> pd.Series:
    """Count the rows of a table by grade of evidence.

    Returns
    -------
    Series
        Number of rows for A, B and C; all zero for a table whose rows carry no grade.

    Examples
    --------
    >>> int(grades("provinces").sum())
    31
    """
    import pandas as pd

    table = load(name, folder)
    found = table["grade"].value_counts() if "grade" in table else pd.Series(dtype="int64")
    return pd.Series({grade: int(found.get(grade, 0)) for grade in GRADES}, name="rows")


def _resource(name: str, folder: Path | None) -> dict[str, Any]:
    folder = _folder(folder)
    known = _resources(folder, _state(folder))
    if name not in known:
        raise DataError(f"There is no table '{name}'. {suggest(name, known)}")
    return known[name]


@functools.lru_cache(maxsize=8)
def _resources(folder: Path, state: State) -> dict[str, dict[str, Any]]:
    return {r["name"]: r for r in package(folder)["resources"] if "schema" in r}


def _read(resource: dict[str, Any], folder: Path) -> tuple[list[str], list[list[str]]]:
    return _lines(resource["name"], folder, _state(folder))


@functools.lru_cache(maxsize=256)
def _lines(name: str, folder: Path, state: State) -> tuple[list[str], list[list[str]]]:
    """Return the header and the lines of a table's file, complete and of equal length."""
    resource = _resource(name, folder)
    path = folder / resource["path"]
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise DataError(f"Table '{name}': its file {path} is missing. Restore it or reinstall railbelt.") from None
    except UnicodeDecodeError as error:
        raise DataError(f"Table '{name}': {path} is not UTF-8 ({error}). Save the file as UTF-8.") from None
    except OSError as error:
        raise DataError(f"Table '{name}': {path} cannot be read ({error.strerror}).") from None
    if text.startswith("\ufeff"):
        raise DataError(f"Table '{name}': {path} begins with a byte order mark. Save the file as UTF-8 without one.")
    try:
        lines = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as error:
        raise DataError(f"Table '{name}': {path} is no CSV file ({error}). A quote is not closed, perhaps.") from None
    if not lines:
        raise DataError(f"Table '{name}': {path} is empty. Restore the file.")
    header, *lines = lines
    expected = [field["name"] for field in resource["schema"]["fields"]]
    for column in expected:
        if column not in header:
            raise DataError(
                f"Table '{name}', column '{column}': missing from the header of {path.name}. {suggest(column, header)}"
            )
    if header != expected:
        raise DataError(
            f"Table '{name}': the columns of {path.name} are {header}, expected {expected}. "
            "Describe a new column in datapackage.json, or restore the order."
        )
    for row, line in enumerate(lines, start=2):
        if len(line) != len(header):
            raise DataError(
                f"Table '{name}', line {row}: {len(line)} cells where the header has {len(header)} "
                f"(the last cell is in column '{header[min(len(line), len(header)) - 1]}'). "
                "The file is truncated or a comma is not quoted."
            )
    if not text.endswith("\n") or len(lines) != resource["rowCount"]:
        raise DataError(
            f"Table '{name}': {len(lines)} rows, the last on line {len(lines) + 1}, where datapackage.json says "
            f"{resource['rowCount']}. The file is truncated, or rows were added: restore it or update rowCount."
        )
    return header, lines


def _boolean(cell: str) -> bool:
    return {"true": True, "false": False}[cell]


PARSERS: dict[str, Callable[[str], Any]] = {
    "string": str,
    "integer": int,
    "year": int,
    "number": float,
    "boolean": _boolean,
    "date": dt.date.fromisoformat,
}
FORMS = {
    "string": re.compile(r"[^\x00-\x08\x0b-\x1f\x7f]*"),
    "integer": re.compile(r"-?[0-9]{1,18}"),
    "year": re.compile(r"-?[0-9]{1,4}"),
    "number": re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?"),
    "date": re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"),
}
"""How a cell of each type is written. Python would also read ``1_000``, `` 7`` or digits of other scripts: nobody means them."""
EXPECTED = {
    "integer": "a whole number",
    "year": "a year such as 2010",
    "number": "a finite number",
    "boolean": "true or false",
    "date": "a date such as 2012-12-01",
    "string": "text without control characters",
}


def _parsed(cell: str, kind: str) -> Any:
    """Return the value of a cell; raise ValueError or KeyError if it is none of its type."""
    if kind in FORMS and not FORMS[kind].fullmatch(cell):
        raise ValueError(cell)
    return PARSERS[kind](cell)


def _column(table: str, field: dict[str, Any], cells: list[str]) -> pd.Series:
    """Parse the cells of one column and check each against the constraints of its field."""
    import pandas as pd

    name, kind, constraints = field["name"], field["type"], field.get("constraints", {})
    values: list[Any] = []
    known: dict[str, Any] = {}
    for row, cell in enumerate(cells, start=2):
        if cell in known:
            values.append(known[cell])
            continue
        if cell == "":
            if constraints.get("required"):
                raise DataError(f"Table '{table}', column '{name}', line {row}: empty, but a value is required.")
            values.append(None)
            continue
        try:
            value = _parsed(cell, kind)
        except (ValueError, KeyError):
            shown = repr(cell[:60]) if len(cell) > 60 or not cell.isprintable() else f"'{cell}'"
            raise DataError(
                f"Table '{table}', column '{name}', line {row}: {shown} is not {EXPECTED[kind]}. Correct the cell."
            ) from None
        if kind == "number" and not (-float("inf") < value < float("inf")):
            raise DataError(f"Table '{table}', column '{name}', line {row}: '{cell}' is not a finite number.")
        broken = _broken_constraint(value, cell, constraints)
        if broken:
            raise DataError(f"Table '{table}', column '{name}', line {row}: '{cell}' {broken}.")
        values.append(value)
        known[cell] = value
    if kind == "date":
        return pd.Series(pd.to_datetime(values), dtype="datetime64[s]")
    if kind == "string":
        return pd.Series(values, dtype="str")
    gaps = any(value is None for value in values)
    dtype = {"integer": "int64", "year": "int64", "number": "float64", "boolean": "bool"}[kind]
    nullable = {"int64": "Int64", "float64": "float64", "bool": "boolean"}[dtype]
    return pd.Series(values, dtype=nullable if gaps else dtype)


def _broken_constraint(value: Any, cell: str, constraints: dict[str, Any]) -> str | None:
    """Say which constraint a value breaks, if any."""
    if "enum" in constraints and cell not in map(str, constraints["enum"]):
        return f"is not allowed. {suggest(cell, map(str, constraints['enum']))[:-1]}"
    if "pattern" in constraints and not re.fullmatch(constraints["pattern"], cell):
        return f"does not match the pattern {constraints['pattern']}"
    for bound, beyond in (("minimum", operator.lt), ("maximum", operator.gt)):
        if bound in constraints:
            limit = constraints[bound]
            limit = dt.date.fromisoformat(limit) if isinstance(value, dt.date) else type(value)(limit)
            if beyond(value, limit):
                return f"is outside the allowed range ({bound} {constraints[bound]})"
    return None


def _keys(header: list[str], lines: list[list[str]], columns: list[str]) -> list[tuple[str, ...]]:
    positions = [header.index(column) for column in columns]
    return [tuple(line[p] for p in positions) for line in lines]


def _as_list(columns: str | list[str]) -> list[str]:
    return [columns] if isinstance(columns, str) else columns


def _known(resource: dict[str, Any], columns: list[str]) -> list[str]:
    """Return columns that a table has, or say which one it has not."""
    fields = [field["name"] for field in resource["schema"]["fields"]]
    for column in columns:
        if column not in fields:
            raise DataError(
                f"Table '{resource['name']}' has no column '{column}', to which another refers. {suggest(column, fields)}"
            )
    return columns


def _check_primary_key(resource: dict[str, Any], header: list[str], lines: list[list[str]]) -> None:
    columns = _as_list(resource["schema"]["primaryKey"])
    first: dict[tuple[str, ...], int] = {}
    for row, key in enumerate(_keys(header, lines, columns), start=2):
        if key in first:
            raise DataError(
                f"Table '{resource['name']}', column {', '.join(repr(c) for c in columns)}, line {row}: the key "
                f"{' / '.join(key)} stands already on line {first[key]}. Remove or correct one of the two rows."
            )
        first[key] = row


def _split(cell: str) -> list[str]:
    return [key.strip() for key in cell.split(";") if key.strip()]


def _source_fields(resource: dict[str, Any]) -> list[dict[str, Any]]:
    return [f for f in resource["schema"]["fields"] if f.get("listOf") == "sources.source_key"]


def _check_references(resource: dict[str, Any], header: list[str], lines: list[list[str]], folder: Path) -> None:
    """Check foreign keys, and cells that list keys of another table such as sources."""
    name = resource["name"]
    for foreign in resource["schema"].get("foreignKeys", []):
        columns, reference = _as_list(foreign["fields"]), foreign["reference"]
        target = resource if reference["resource"] in ("", name) else _resource(reference["resource"], folder)
        known = set(_keys(*_read(target, folder), _known(target, _as_list(reference["fields"]))))
        for row, key in enumerate(_keys(header, lines, columns), start=2):
            if any(key) and key not in known:
                raise DataError(
                    f"Table '{name}', column {', '.join(repr(c) for c in columns)}, line {row}: "
                    f"'{' / '.join(key)}' is not in table '{target['name']}'. Correct the code, or add the row there."
                )
    for field in resource["schema"]["fields"]:
        if "listOf" not in field:
            continue
        target_name, column = field["listOf"].split(".")
        target = _resource(target_name, folder)
        codes = {code for (code,) in _keys(*_read(target, folder), _known(target, [column]))}
        position = header.index(field["name"])
        for row, line in enumerate(lines, start=2):
            for code in _split(line[position]):
                if code not in codes:
                    raise DataError(
                        f"Table '{name}', column '{field['name']}', line {row}: '{code}' is not in table "
                        f"'{target_name}'. {suggest(code, codes) if len(codes) < 40 else 'Add it there.'}"
                    )
