"""Other people's research data, to repeat their work or to hold ours beside it: fetched on request, only with a checksum.

The book needs none of it. Two deposits are known: the replication package of Borusyak and Hull (2023), whose checksum is built
in, and the travel times of Ma and Tang (2024), for which none could be found in print. What has no checksum is not fetched on
trust: :func:`files` shows the one that the deposit itself publishes today, you hand it to :func:`fetch`, and from then on the
cache demands the same file (SHA-256, in ``checksums.json``).

Examples
--------
>>> from railbelt import replication
>>> replication.deposits().address.tolist()
['https://doi.org/10.5281/zenodo.8286785', 'https://github.com/malin84/transportation_networks_of_china']
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from railbelt.errors import DataError, FetchError, suggest
from railbelt.web import CAUTIOUS, Limits, download, get_json

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["DEPOSITS", "Deposit", "deposits", "fetch", "files", "ma_tang_times"]

LARGEST = 4_000_000_000
CHECKSUM = re.compile(r"(sha256:[0-9a-f]{64}|md5:[0-9a-f]{32}|git:[0-9a-f]{40})")
FILE = re.compile(r"(?!.*(^|/)\.)[\w()\-., ]+(/[\w()\-., ]+){0,6}", re.ASCII)


@dataclass(frozen=True)
class Deposit:
    """Where a deposit lies.

    Parameters
    ----------
    title, authors : str
        What it is, and whose.
    address : str
        For people.
    terms : str
        On which it may be used.
    listing : str
        Address of the interface that lists its files with their checksums.
    content : str
        Address of a file, with ``{file}``.
    pinned : mapping of str to str
        Checksums of files that are known beforehand.

    Examples
    --------
    >>> deposit = DEPOSITS["ma_tang_2024"]
    >>> deposit.content.startswith("https://")
    True
    """

    title: str
    authors: str
    address: str
    terms: str
    listing: str
    content: str
    pinned: Mapping[str, str] = field(default_factory=dict)


COMMIT = "a8a2c6e669c05eaba82f7d0624b393fe03855689"

DEPOSITS = {
    "borusyak_hull_2023": Deposit(
        "Replication package of “Nonrandom exposure to exogenous shocks”, Econometrica 91(6)",
        "Kirill Borusyak and Peter Hull",
        "https://doi.org/10.5281/zenodo.8286785",
        "CC BY 4.0; raw data of third parties are inside, their terms hold beside it",
        "https://zenodo.org/api/records/8286785",
        "https://zenodo.org/api/records/8286785/files/{file}/content",
        # 101,647,028 bytes; as Zenodo published it on 2026-09-28, after a public catalogue of research data.
        {"BH replication.zip": "md5:e062e3aaa0af23dd65f6a971db94e358"},
    ),
    "ma_tang_2024": Deposit(
        "Transportation networks of China: travel times between prefectures by road and rail, 1994-2024",
        "Lin Ma and Yang Tang",
        "https://github.com/malin84/transportation_networks_of_china",
        "GPL-3.0; cite Ma and Tang, Journal of International Economics (2024) 103873",
        f"https://api.github.com/repos/malin84/transportation_networks_of_china/git/trees/{COMMIT}?recursive=1",
        f"https://raw.githubusercontent.com/malin84/transportation_networks_of_china/{COMMIT}/{{file}}",
    ),
}
"""Known deposits. The second is held to to one commit of its repository, whose name is itself a checksum of every file in it."""


def deposits() -> pd.DataFrame:
    """List the deposits.

    Returns
    -------
    DataFrame
        Indexed by name: title, authors, address, terms.

    Examples
    --------
    >>> deposits().loc["ma_tang_2024", "authors"]
    'Lin Ma and Yang Tang'
    """
    import pandas as pd

    rows = {name: (d.title, d.authors, d.address, d.terms) for name, d in DEPOSITS.items()}
    return pd.DataFrame.from_dict(rows, orient="index", columns=["title", "authors", "address", "terms"]).rename_axis(
        "name"
    )


def _deposit(name: str) -> Deposit:
    if name not in DEPOSITS:
        raise DataError(f"There is no deposit '{name}'. {suggest(name, DEPOSITS)}")
    return DEPOSITS[name]


def files(name: str, limits: Limits = CAUTIOUS) -> pd.DataFrame:
    """Ask a deposit which files it holds and which checksums it publishes for them.

    Parameters
    ----------
    name : str
        A name listed by :func:`deposits`.
    limits : Limits
        Time, size and number of tries.

    Returns
    -------
    DataFrame
        Indexed by file: ``bytes`` and ``checksum``, which is ``md5:...`` on Zenodo and ``git:...`` (the SHA-1 that git
        computes for a file) on GitHub.

    Raises
    ------
    DataError
        If there is no such deposit.
    FetchError
        If it does not answer, or not as documented.

    Examples
    --------
    >>> files("ma_tang_2024").checksum.head(1)  # doctest: +SKIP
    >>> files("ma_tang")
    Traceback (most recent call last):
        ...
    railbelt.errors.DataError: There is no deposit 'ma_tang'. Did you mean 'ma_tang_2024'?
    """
    import pandas as pd

    body, _ = get_json(_deposit(name).listing, limits)
    rows = body.get("files", body.get("tree")) if isinstance(body, dict) else None
    if not isinstance(rows, list) or not isinstance(body, dict) or body.get("truncated"):
        raise FetchError(f"The listing of '{name}' is not what its host documents, or was cut.")
    found: dict[str, tuple[int, str]] = {}
    for row in rows:
        if not isinstance(row, dict) or row.get("type", "blob") != "blob":
            continue
        file = row.get("key", row.get("path"))
        checksum = row.get("checksum", f"git:{row.get('sha')}")
        size = row.get("size")
        if not (isinstance(file, str) and isinstance(checksum, str) and CHECKSUM.fullmatch(checksum)):
            raise FetchError(f"The listing of '{name}' has a file without a name or a checksum.")
        if isinstance(size, bool) or not isinstance(size, int) or size < 0 or file in found:
            raise FetchError(f"The listing of '{name}' has a file twice, or one without a size.")
        if FILE.fullmatch(file):  # other names could not be kept safely; they are left out
            found[file] = (size, checksum)
    return pd.DataFrame.from_dict(found, orient="index", columns=["bytes", "checksum"]).rename_axis("file")


def fetch(
    name: str,
    file: str,
    checksum: str | None = None,
    cache: Path | None = None,
    limits: Limits = replace(CAUTIOUS, bytes=LARGEST, deadline_s=3600),  # noqa: B008 (frozen)
) -> Path:
    """Return a file of a deposit from the cache, or download it if its checksum is known.

    Parameters
    ----------
    name : str
        A name listed by :func:`deposits`.
    file : str
        A file listed by :func:`files`.
    checksum : str, optional
        ``sha256:...``, ``md5:...`` or ``git:...``. Needed for the first download of a file without a built-in checksum, before
        which it goes; afterwards the cache remembers.
    cache : Path, optional
        Folder of the cache; by default the one of your account, or ``RAILBELT_CACHE``.
    limits : Limits
        Time, size and number of tries.

    Returns
    -------
    Path
        The file, whose checksum holds.

    Raises
    ------
    DataError
        If there is no such deposit, the name of the file or the checksum has not the right form, no checksum is known, or the
        one given is not the one that the cache demands.
    FetchError
        If the deposit is not reached, sends something else, or pooch is not installed. Nothing is kept then.

    Examples
    --------
    >>> path = fetch("ma_tang_2024", "README.md", "git:0123456789abcdef0123456789abcdef01234567")  # doctest: +SKIP
    >>> fetch("ma_tang", "README.md")
    Traceback (most recent call last):
        ...
    railbelt.errors.DataError: There is no deposit 'ma_tang'. Did you mean 'ma_tang_2024'?
    """
    deposit = _deposit(name)
    if not FILE.fullmatch(str(file)):
        raise DataError(f"{str(file)[:60]!r} is not a file of a deposit. List them with replication.files({name!r}).")
    if checksum is not None and not CHECKSUM.fullmatch(str(checksum)):
        raise DataError(
            f"{str(checksum)[:50]!r} is not a checksum. Its form is sha256:..., md5:... or git:..., in hexadecimal."
        )
    try:
        import pooch
    except ImportError:
        raise FetchError("Downloads need pooch. Install it: pip install 'railbelt[replication]'.") from None

    place = Path(cache or os.environ.get("RAILBELT_CACHE") or pooch.os_cache("railbelt"))
    lock = _Lock(place / "checksums.json")
    known = lock.read().get(f"{name}/{file}")
    target = place / name / file
    demanded = known or checksum or deposit.pinned.get(file)
    if demanded is None:
        raise DataError(
            f"No checksum of '{file}' is known, so what arrives could not be checked. replication.files({name!r}) shows what "
            f"the deposit publishes (compare it with {deposit.address}); pass it as checksum=."
        )
    if target.exists() and known is not None and _digest(target, "sha256") == known:
        if checksum is not None and _digest(target, checksum.split(":")[0]) != checksum:
            raise DataError(f"'{file}' in {place} has another checksum than {checksum}. Delete it to fetch it anew.")
        return target
    url = deposit.content.format(file=urllib.parse.quote(file))

    def bring(url: str, output_file: str, pooch: Any) -> None:
        download(url, Path(output_file), limits)
        for wanted in {demanded, checksum or demanded}:
            if _digest(Path(output_file), wanted.split(":")[0]) != wanted:
                raise FetchError(
                    f"'{file}' arrived with another checksum than {wanted}. It is not kept: it was changed or cut."
                )

    plain = demanded if not demanded.startswith("git:") else None
    try:
        pooch.retrieve(url, plain, fname=target.name, path=target.parent, downloader=bring)
    except FetchError:
        raise
    except (OSError, ValueError) as error:
        raise FetchError(f"'{file}' cannot be kept in {place}: {error}.") from None
    lock.write({**lock.read(), f"{name}/{file}": _digest(target, "sha256")})
    return target


def _digest(path: Path, kind: str) -> str:
    """Return the checksum of a file: SHA-256, MD5, or what git calls its name."""
    made = hashlib.new({"git": "sha1"}.get(kind, kind), usedforsecurity=False)
    if kind == "git":
        made.update(b"blob %d\0" % path.stat().st_size)
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            made.update(piece)
    return f"{kind}:{made.hexdigest()}"


@dataclass(frozen=True)
class _Lock:
    """The checksums that the cache demands."""

    path: Path

    def read(self) -> dict[str, str]:
        try:
            found = json.loads(self.path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, RecursionError) as error:
            raise DataError(
                f"{self.path} cannot be read ({str(error)[:80]}). Delete the folder and fetch anew."
            ) from None
        if not isinstance(found, dict) or not all(re.fullmatch(r"sha256:[0-9a-f]{64}", str(v)) for v in found.values()):
            raise DataError(f"{self.path} holds something else than checksums. Delete the folder and fetch anew.")
        return found

    def write(self, known: dict[str, str]) -> None:
        temporary = self.path.with_suffix(f".{os.getpid()}")
        temporary.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        os.replace(temporary, self.path)


def ma_tang_times(path: Path, year: int) -> pd.DataFrame:
    """Read the travel times of a year from a file of Ma and Tang.

    Parameters
    ----------
    path : Path
        ``pref_pair/time_cost_prefecture_pair_rail_pass.csv`` or its neighbours, fetched with :func:`fetch`.
    year : int
        1994 to 2024.

    Returns
    -------
    DataFrame
        Minutes, symmetric, indexed and named by four-digit codes; the diagonal is zero, a pair that is not given is ``nan``.

    Raises
    ------
    DataError
        If the file is not such a table, or lacks the year.

    References
    ----------
    Ma, L., & Tang, Y. (2024). The distributional impacts of transportation networks in China. *Journal of International
    Economics*, 103873.

    Examples
    --------
    >>> import tempfile
    >>> import pandas as pd
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "pairs.csv"
    ...     pd.DataFrame({"origin": ["1100"], "destination": ["2101"], "year_2024": [2.5]}).to_csv(path, index=False)
    ...     times = ma_tang_times(path, 2024)
    >>> times.loc["2101", "1100"].item()
    150.0
    """
    import numpy as np
    import pandas as pd

    column = f"year_{year}"
    try:
        table = pd.read_csv(
            path, usecols=["origin", "destination", column], dtype={"origin": "str", "destination": "str"}
        )
    except FileNotFoundError:
        raise DataError(f"{path} is missing. Fetch it first.") from None
    except (ValueError, OSError) as error:
        raise DataError(f"{path} is not a table of Ma and Tang with the year {year}: {str(error)[:150]}") from None
    hours = pd.to_numeric(table[column], errors="coerce")
    wrong = ~table.origin.str.fullmatch(r"\d{4}").fillna(False) | ~table.destination.str.fullmatch(r"\d{4}").fillna(
        False
    )
    wrong |= ~((hours > 0) & (hours < 10_000)) | (table.origin == table.destination)
    pairs = pd.Series([frozenset(p) for p in zip(table.origin, table.destination, strict=True)], index=table.index)
    wrong |= pairs.duplicated()
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise DataError(
            f"{path}, line {row + 2}: {table.iloc[row].to_dict()} is not a pair of codes with a time, or stands twice."
        )
    if table.empty:
        raise DataError(f"{path} holds no pair.")
    codes = sorted({*table.origin, *table.destination})
    place = {code: number for number, code in enumerate(codes)}
    minutes = np.full((len(codes), len(codes)), np.nan)
    i, j = table.origin.map(place).to_numpy(), table.destination.map(place).to_numpy()
    minutes[i, j] = minutes[j, i] = 60 * hours.to_numpy()
    np.fill_diagonal(minutes, 0.0)
    return pd.DataFrame(minutes, index=pd.Index(codes, name="origin"), columns=pd.Index(codes, name="destination"))
