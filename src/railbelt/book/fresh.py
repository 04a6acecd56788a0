"""Never a stale page: executed chapters are kept under a digest of everything that can change their output."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from typing import Any

__all__ = ["digest", "place_cache"]

INPUTS = ("src/railbelt", "data", "requirements.txt")


def digest(root: Path) -> str:
    """Return a digest of the package, the data and the pinned requirements below ``root``.

    A chapter's own code is the key of its entry in the cache, so that an edit of its prose executes nothing.
    """
    found = hashlib.sha256()
    for entry in INPUTS:
        path = root / entry
        files = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file())
        for file in files:
            if "__pycache__" in file.parts:
                continue
            found.update(str(file.relative_to(root)).encode())
            found.update(file.read_bytes())
    return found.hexdigest()[:16]


def place_cache(app: Any, config: Any) -> None:
    """Put the cache of executed chapters in a folder named by the digest; forget those of other digests."""
    root = Path(app.srcdir)
    config.railbelt_digest = digest(root)
    cache = root / "_build" / ".chapters"
    config.nb_execution_cache_path = str(cache / config.railbelt_digest)
    if cache.is_dir():
        for old in cache.iterdir():
            if old.name != config.railbelt_digest:
                shutil.rmtree(old)
