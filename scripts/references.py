"""Write what the marked cells of each chapter print into tests/references, to be compared by the tests.

A reference notebook holds the code of its chapter, cell by cell, and the outputs of cells tagged ``nbval-check-output``.
Run it after a change of results, and read the difference before committing it.
"""

from __future__ import annotations

import sys
from pathlib import Path

import jupytext
import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).parents[1]
MARK = "nbval-check-output"


def reference(chapter: Path, execute: bool = True) -> nbformat.NotebookNode:
    """Return the code cells of a chapter as a notebook, executed, with only the marked outputs kept."""
    notebook = jupytext.read(chapter)
    notebook.cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    if execute:
        NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(ROOT)}}).execute()
    for number, cell in enumerate(notebook.cells):
        marked = MARK in cell.metadata.get("tags", [])
        cell.id = f"cell-{number}"
        cell.execution_count = number + 1
        cell.metadata = {"tags": [MARK]} if marked else {}
        cell.outputs = [_bare(output) for output in cell.outputs] if marked else []
    notebook.metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    return notebook


def _bare(output: nbformat.NotebookNode) -> nbformat.NotebookNode:
    if "execution_count" in output:
        output.execution_count = None
    return output


def chapters() -> list[Path]:
    """Return the chapters that hold code."""
    return [path for path in sorted((ROOT / "chapters").glob("*.md")) if "{code-cell}" in path.read_text("utf-8")]


def main() -> int:
    """Write every reference, or those of the chapters named on the command line."""
    wanted = sys.argv[1:]
    folder = ROOT / "tests" / "references"
    folder.mkdir(exist_ok=True)
    for chapter in chapters():
        if not wanted or chapter.stem in wanted:
            print(f"executing {chapter.relative_to(ROOT)}", flush=True)
            nbformat.write(reference(chapter), folder / f"{chapter.stem}.ipynb")
    return 0


if __name__ == "__main__":
    sys.exit(main())
