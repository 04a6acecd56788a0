"""Never a stale page: executed chapters are kept under a digest of everything that can change their output."""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nbformat import NotebookNode

__all__ = ["chapter_key", "digest", "forget", "keep", "recall"]

INPUTS = ("src/railbelt", "data", "requirements.txt")
# What builds the site and no chapter imports (a test proves it): its change executes nothing.
SITE = [
    "__main__",
    "api",
    "build",
    "directives",
    "execute",
    "explorer",
    "figures",
    "finish",
    "fresh",
    "glossary",
    "ledger",
    "notebooks",
    "pages",
    "places",
    "serve",
    "vega",
    "words",
]
UNREAD = (
    "__pycache__",
    "src/railbelt/book/static",
    *(f"src/railbelt/book/{name}{end}" for name in SITE for end in ("", ".py")),
)
KEPT = 60


def digest(root: Path, inputs: Iterable[str] = INPUTS, unread: Iterable[str] = UNREAD) -> str:
    """Return a digest of the files that chapters can see: the package, the data and the pinned requirements.

    Parameters
    ----------
    root : Path
        The folder of the book.
    inputs : iterable of str
        Files and folders below it; absent ones count as such.
    unread : iterable of str
        Paths below it, or names of folders, to leave out.

    Returns
    -------
    str
        Sixteen hexadecimal digits, different for another version of Python.
    """
    found = hashlib.sha256(sys.version.encode())
    for entry in inputs:
        path = root / entry
        files = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path] * path.exists()
        for file in files:
            path = file.relative_to(root)
            if not set(unread) & {*path.parts, path.as_posix(), *(parent.as_posix() for parent in path.parents)}:
                content = file.read_bytes()
                found.update(f"\0{file.relative_to(root).as_posix()}\0{len(content)}\0".encode())
                found.update(content)
    return found.hexdigest()[:16]


def chapter_key(notebook: NotebookNode, inputs: str) -> str:
    """Return the name under which an executed chapter is kept: its code and the digest of what the code can see."""
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    kernel = notebook.metadata.get("kernelspec", {}).get("name", "")
    return hashlib.sha256(repr((inputs, kernel, code)).encode()).hexdigest()[:24]


def recall(folder: Path, key: str) -> NotebookNode | None:
    """Return an executed chapter, or nothing; a file that cannot be read counts as nothing."""
    import nbformat

    path = folder / f"{key}.ipynb"
    try:
        notebook: NotebookNode = nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)
    except (OSError, ValueError, nbformat.ValidationError):
        return None
    os.utime(path)
    return notebook


def keep(folder: Path, key: str, notebook: NotebookNode) -> None:
    """Keep an executed chapter: the whole file or none, whenever the process dies."""
    import nbformat

    folder.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=folder, suffix=".part")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(nbformat.writes(notebook))
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, folder / f"{key}.ipynb")
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def forget(folder: Path, kept: int = KEPT) -> None:
    """Delete what killed builds left, and all but the executed chapters used last."""
    for part in folder.glob("*.part"):
        part.unlink(missing_ok=True)
    for old in sorted(folder.glob("*.ipynb"), key=lambda path: path.stat().st_mtime, reverse=True)[kept:]:
        old.unlink(missing_ok=True)
