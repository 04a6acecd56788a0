"""``python -m railbelt.book``: builds the book whole or not at all, and only what changed.

The new site is made beside the published one, which one rename replaces when all has gone well: whenever a build dies,
``_build/html`` is a whole site, and the next build knows what it cannot trust.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from railbelt.book import fresh, warm
from railbelt.book.places import repository
from railbelt.errors import BuildError

__all__ = ["build", "main"]

FRAME = (
    "src/railbelt",
    "data",
    "assets",
    "requirements.txt",
    "pyproject.toml",
    "CHANGELOG.md",
    "_config.yml",
    "_toc.yml",
)
SETTINGS = ("RAILBELT_REPOSITORY", "RAILBELT_ADDRESS", "RAILBELT_BINDER")
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
FORBIDDEN = (errno.EROFS, errno.EACCES, errno.EPERM)
DIED = "The last build did not end; starting from the executed chapters"


def build(root: Path) -> Path:
    """Build the book below ``root`` and return the folder of the site.

    Parameters
    ----------
    root : Path
        The folder with ``_config.yml``.

    Returns
    -------
    Path
        ``_build/html``, always a whole site.

    Raises
    ------
    BuildError
        If the book cannot be built; the message says why and what to do. The site published before stays.
    """
    output = root / "_build"
    site = output / "html"
    try:
        output.mkdir(exist_ok=True)
        with _alone(output / ".lock"):
            settings = repr([(name, os.environ.get(name)) for name in SETTINGS]) + repository(root)
            frame = fresh.digest(root, FRAME, ("__pycache__",)) + _short(settings)
            wanted = f"{fresh.digest(root, ['chapters'], ())}-{frame}"
            if site.is_symlink() and site.resolve().name == wanted:
                print("Nothing has changed since the last build")
                return site
            work = _workshop(output, frame)
            (work / "unfinished").touch()
            if not (output / ".chapters").exists():
                warm.begin()
            _sphinx(root, work)
            (work / "unfinished").unlink()
            _publish(work / "html", output, wanted)
    except OSError as error:
        raise BuildError(_plain(error, root)) from error
    return site


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]


@contextlib.contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """Wait until no other build works below the same folder; the system lets go of the lock of one that died."""
    import fcntl

    with lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Another build of this book is running; waiting for it", flush=True)
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _workshop(output: Path, frame: str) -> Path:
    """Return the folder Sphinx works in: the last one, unless more than chapters changed or its build died."""
    work = output / ".work"
    mark = work / "frame"
    if (work / "unfinished").exists():
        print(DIED, flush=True)
    if (work / "unfinished").exists() or not mark.exists() or mark.read_text() != frame:
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir()
        mark.write_text(frame)
    shutil.rmtree(work / "html", ignore_errors=True)  # pages are written anew; what was read of them is kept
    return work


def _sphinx(root: Path, work: Path) -> None:
    from jupyter_book.sphinx import build_sphinx

    from railbelt.book.execute import cores

    result = build_sphinx(
        str(root),
        str(work / "html"),
        path_config=str(root / "_config.yml"),
        noconfig=True,
        confoverrides={"latex_individualpages": False, "external_toc_path": str(root / "_toc.yml")},
        doctreedir=str(work / "doctrees"),
        force_all=True,
        quiet=True,
        warningiserror=True,
        keep_going=True,
        jobs=16 * cores(),  # a page a process: pages differ much in size, and shares would end at different times
    )
    error: BaseException | None = result if isinstance(result, Exception) else None
    while error:
        if isinstance(error, OSError):
            raise error
        error = getattr(error, "orig_exc", None) or error.__cause__
    if result:
        raise BuildError("The book was not built: see the messages above. The site built before is untouched.")
    (work / "html" / ".buildinfo").unlink(missing_ok=True)  # of use to Sphinx alone, and different in each folder
    missing = [page for page in ("index.html", "search.html") if not (work / "html" / page).exists()]
    if missing:
        raise BuildError(f"Sphinx ended without an error but wrote no {' and no '.join(missing)}.")


def _publish(made: Path, output: Path, name: str) -> None:
    """Put the finished site in its place and let ``html`` point to it, in one step that cannot be seen half done."""
    sites = output / ".sites"
    new, site, link = sites / name, output / "html", output / ".html"
    shutil.rmtree(new, ignore_errors=True)
    sites.mkdir(exist_ok=True)
    made.rename(new)
    link.unlink(missing_ok=True)
    link.symlink_to(new.relative_to(output))
    if site.is_dir() and not site.is_symlink():  # of a build by jupyter-book itself
        site.rename(sites / f"old-{time.time_ns()}")
    os.replace(link, site)
    for old in sites.iterdir():
        if old != new:
            shutil.rmtree(old, ignore_errors=True)


def _plain(error: OSError, root: Path) -> str:
    """Say in plain words why a file could not be written."""
    where = error.filename or root / "_build"
    if error.errno in FULL:
        return (
            f"No space left for {where}. Free some (make clean removes what can be made again) and run make book again."
        )
    if error.errno in FORBIDDEN:
        return f"{where} may not be written: the checkout is read-only or belongs to somebody else. Copy it and build the copy."
    return f"{where}: {error.strerror or error}"


def main() -> int:
    """Build the book of the current folder."""
    start = time.perf_counter()
    warm.lighten()
    os.environ.update(warm.FONTS)
    try:
        site = build(Path.cwd())
    except BuildError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    print(f"The book is at {site / 'index.html'} ({time.perf_counter() - start:.1f} s)")
    return 0
