"""Every chapter as a notebook to take along: it runs in Colab or anywhere else, and says so where it cannot."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nbformat import NotebookNode

__all__ = ["portable", "write_notebooks"]

START = """# Installs the package of the book where it is missing, as in Colab.
import importlib.util

if importlib.util.find_spec("railbelt") is None:
    {install}"""


def portable(path: Path, repository: str) -> NotebookNode:
    """Return a chapter as a notebook whose first cell installs the package where it is missing.

    Parameters
    ----------
    path : Path
        A chapter as text.
    repository : str
        Address of the repository, or nothing: then the first cell says what to install by hand.

    Returns
    -------
    NotebookNode
        Without outputs, the same bytes each time.
    """
    import jupytext
    import nbformat

    notebook: NotebookNode = jupytext.read(path)
    install = (
        f"%pip install --quiet 'railbelt[book] @ git+{repository}'"
        if repository
        else 'raise ModuleNotFoundError("Install the package first: pip install \\".[book]\\" in the folder of the project.")'
    )
    notebook.cells.insert(0, nbformat.v4.new_code_cell(START.format(install=install)))
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number}"
    notebook.metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return notebook


def write_notebooks(app: Any, exception: Exception | None) -> None:
    """Write the notebooks of the chapters that hold code, before pages get their links to them."""
    if exception or app.builder.format != "html":
        return
    import nbformat

    from railbelt.book.places import repository

    folder = Path(app.outdir) / "_notebooks"
    folder.mkdir(exist_ok=True)
    where = repository(Path(app.srcdir))
    for name in sorted(app.env.found_docs):
        path = Path(app.env.doc2path(name))
        if "{code-cell}" in path.read_text(encoding="utf-8"):
            nbformat.write(portable(path, where), folder / f"{path.stem}.ipynb")
