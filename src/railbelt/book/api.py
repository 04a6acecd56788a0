"""The reference of the package in the book, written from its docstrings."""

from __future__ import annotations

import html
import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from typing import Any

from docutils import nodes
from docutils.parsers.rst import Directive

__all__ = ["Api", "described", "modules"]

SECTION = re.compile(r"^([A-Z][A-Za-z ]+)\n-{3,}\n", re.MULTILINE)
LEFT_OUT = ("railbelt.book", "railbelt.claims.")


def modules() -> list[str]:
    """Return the modules whose names others may rely on."""
    import railbelt

    names = [found.name for found in pkgutil.walk_packages(railbelt.__path__, "railbelt.")]
    return sorted(n for n in names if not n.startswith(LEFT_OUT) and not re.search(r"\._", n))


def public(module: str) -> Iterator[tuple[str, Any]]:
    """Yield the functions and classes that a module defines and exports."""
    loaded = importlib.import_module(module)
    for name in sorted(getattr(loaded, "__all__", [])):
        value = getattr(loaded, name)
        if getattr(value, "__module__", None) == module and (inspect.isroutine(value) or inspect.isclass(value)):
            yield name, value


class Api(Directive):
    """``{api}``: every public function and class, module by module."""

    def run(self) -> list[nodes.Node]:
        """Return one section a module."""
        sections: list[nodes.Node] = []
        for module in modules():
            found = list(public(module))
            if not found:
                continue
            section = nodes.section(ids=[module.replace(".", "-").replace("_", "-")])
            section += nodes.title("", module)
            lead = (importlib.import_module(module).__doc__ or "").strip().split("\n\n")[0]
            body = "".join(described(f"{module}.{name}", value) for name, value in found)
            section += nodes.raw("", f"<p>{_inline(lead)}</p>{body}", format="html")
            sections.append(section)
        return sections


def described(path: str, value: Any) -> str:
    """Return one name as HTML: signature, what it does, and the sections of its docstring.

    Examples
    --------
    >>> "<dt>name : str</dt>" in described("railbelt.errors.suggest", importlib.import_module("railbelt.errors").suggest)
    True
    """
    parts = SECTION.split(inspect.getdoc(value) or "")
    name = path.rsplit(".", 1)[-1]
    body = _paragraphs(parts[0])
    for heading, text in zip(parts[1::2], parts[2::2], strict=True):
        if heading == "Examples":
            text = re.sub(r" *# doctest: .*", "", text.strip())
            shown = f"<pre>{html.escape(text)}</pre>"
        elif heading in ("Parameters", "Returns", "Raises", "Attributes", "Yields"):
            shown = _entries(text)
        else:
            shown = _paragraphs(text)
        body += f'<p class="rb-api-part">{heading}</p>{shown}'
    try:
        signature = str(inspect.signature(value)).replace("'", "")
    except (TypeError, ValueError):
        signature = ""
    kind = "class " if inspect.isclass(value) else ""
    signature = re.sub(r"<[^=,()]+? at 0x[0-9a-f]+>", "…", signature)
    return (
        f'<details class="rb-api" id="{html.escape(path)}"><summary><code>{kind}<b>{html.escape(name)}</b></code> '
        f"{_inline((inspect.getdoc(value) or '').split(chr(10) * 2)[0])}</summary>"
        f"<pre>{html.escape(name + signature)}</pre>{body}</details>"
    )


def _inline(text: str) -> str:
    text = html.escape(re.sub(r"\s+", " ", text).strip(), quote=False)
    text = re.sub(r":[a-z]+:`~?([^`]+)`", r"<code>\1</code>", text)
    return re.sub(r"``([^`]+)``", r"<code>\1</code>", text)


def _paragraphs(text: str) -> str:
    return "".join(f"<p>{_inline(part)}</p>" for part in text.strip().split("\n\n") if part.strip())


def _entries(text: str) -> str:
    """Write a numpydoc list: a line at the margin is a term, what is indented below it says what it is."""
    out = ""
    for term, body in re.findall(r"^(\S.*)\n?((?:(?:[ ]{2,}.*)?\n?(?=[ \n]|\Z))*)", text.strip("\n"), re.MULTILINE):
        out += f"<dt>{_inline(term)}</dt>" + (f"<dd>{_inline(body)}</dd>" if body.strip() else "")
    return f"<dl>{out}</dl>"
