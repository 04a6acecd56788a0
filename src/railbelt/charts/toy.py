"""Small models that a reader can change with sliders: a place on the page that a script of the book fills."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import Any

from railbelt.errors import FigureError

__all__ = ["Toy", "toy"]


@dataclass(frozen=True)
class Toy:
    """A place for sliders; made by :func:`toy`. Without scripts, and in a notebook, nothing but a figure before it is needed.

    Attributes
    ----------
    script : str
        Name of the script among the static files of the book.
    title : str
        What to try.

    Examples
    --------
    >>> toy("two-cities", "Drag the sliders").title
    'Drag the sliders'
    """

    script: str
    title: str

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        page = (
            f'<div class="rb-toy" data-script="{self.script}" role="group" aria-label="{html.escape(self.title, quote=True)}" hidden>'
            f'<p class="rb-toy-title">{html.escape(self.title)}</p></div>'
        )
        return {"text/html": page, "text/plain": f"Sliders (on the page of the book): {self.title}"}


def toy(script: str, title: str) -> Toy:
    """Give a model with sliders its place on the page.

    Parameters
    ----------
    script : str
        Name of a script in ``railbelt/book/static``; it is loaded on pages that have such a place, and only there.
    title : str
        What the reader may try, as a sentence.

    Returns
    -------
    Toy

    Examples
    --------
    >>> toy("two-cities", "Drag the sliders").script
    'two-cities'
    """
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", script):
        raise FigureError(
            f"argument 'script': {script[:40]!r} is no name of a script; use lower-case letters and hyphens."
        )
    return Toy(script, title)
