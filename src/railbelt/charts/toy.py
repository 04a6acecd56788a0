"""Small models that a reader can change with sliders: a place on the page that a script of the book fills."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import Any

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
    return Toy(script, title)
