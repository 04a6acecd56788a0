"""Times of building the book: from nothing, unchanged, with one chapter changed; and whether two builds give the same bytes."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from record import record

ROOT = Path(__file__).parents[1]
NEEDED = (
    "CHANGELOG.md",
    "_config.yml",
    "_toc.yml",
    "pyproject.toml",
    "requirements.txt",
    "assets",
    "chapters",
    "data",
    "src",
)
CHANGED = "russia"


def seconds(book: Path) -> float:
    start = time.perf_counter()
    environment = os.environ | {"PYTHONPATH": str(book / "src"), "RAILBELT_REPOSITORY": ""}
    run = subprocess.run(
        [sys.executable, "-m", "railbelt.book"], cwd=book, env=environment, capture_output=True, text=True
    )
    if run.returncode:
        sys.exit(run.stdout + run.stderr)
    return time.perf_counter() - start


def digests(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def copied(book: Path) -> Path:
    """Return a folder with a copy of all that the book is built from, and of nothing that was built."""
    book.mkdir()
    for entry in NEEDED:
        if (ROOT / entry).is_dir():
            shutil.copytree(ROOT / entry, book / entry, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copyfile(ROOT / entry, book / entry)
    return book


def main() -> None:
    with tempfile.TemporaryDirectory() as made:
        book = copied(Path(made) / "book")
        first = seconds(book)
        site = digests(book / "_build" / "html")
        unchanged = min(seconds(book) for _ in range(3))
        chapter = book / "chapters" / f"{CHANGED}.md"
        text = chapter.read_text(encoding="utf-8")
        chapter.write_text(text + "\nMore words.\n", encoding="utf-8")
        words = seconds(book)
        chapter.write_text(
            re.sub(r"(```\{code-cell\}[^\n]*\n(?::[^\n]*\n)*)", r"\1# changed\n", text, count=1), encoding="utf-8"
        )
        code = seconds(book)
        chapter.write_text(text, encoding="utf-8")
        shutil.rmtree(book / "_build")
        other = book.rename(Path(made) / "another-folder")
        second = seconds(other)
        again = digests(other / "_build" / "html")
        different = sorted(name for name in site.keys() | again.keys() if site.get(name) != again.get(name))
        print("differ:", different)
        size = sum(path.stat().st_size for path in (other / "_build" / "html").rglob("*") if path.is_file()) / 1e6
    with_code = sum("{code-cell}" in path.read_text(encoding="utf-8") for path in (ROOT / "chapters").glob("*.md"))
    pages = len(re.findall(r"^\s*(?:- file|root):", (ROOT / "_toc.yml").read_text(encoding="utf-8"), re.MULTILINE))
    cold = min(first, second)
    record(
        "build.py",
        [
            ("Cold build of the whole book", cold, "s", "", f"`python -m railbelt.book`, nothing built or cached before, on {len(os.sched_getaffinity(0))} cores; the better of two ({first:.1f} and {second:.1f} s)"),
            ("… for each executed chapter", cold / with_code, "s", "≤ 4 s", f"divided by the {with_code} pages with code"),
            ("… for each page", cold / pages, "s", "≤ 4 s", f"divided by the {pages} pages of the contents"),
            ("Build with nothing changed", unchanged, "s", "< 2 s", "the same command again; the best of three"),
            ("Build with the words of one chapter changed", words, "s", "", f"a sentence added to `{CHANGED}`; nothing is executed"),
            ("Build with the code of one chapter changed", code, "s", "", f"a line added to a cell of `{CHANGED}`; that chapter alone is executed"),
            ("Files that differ between two cold builds", float(len(different)), f"of {len(site)}", "0", "hashes of the whole site, built twice from nothing in two folders"),
            ("The site on disk", size, "MB", "", "all files, with tables, charts as SVG, PNG and CSV, notebooks"),
        ],
        "sphinx", "jupyter-book", "altair", "vl-convert-python",
    )  # fmt: skip


if __name__ == "__main__":
    main()
