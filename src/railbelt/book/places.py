"""Where the book lives: its repository, its address, a Binder; links to what is not known are absent, not broken."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Any

__all__ = ["address", "repository", "tell_sphinx"]


def repository(root: Path) -> str:
    """Return the address of the repository: ``RAILBELT_REPOSITORY``, else the git remote ``origin``, else nothing.

    Examples
    --------
    >>> import os
    >>> os.environ["RAILBELT_REPOSITORY"] = "git@github.com:somebody/railbelt.git"
    >>> repository(Path("."))
    'https://github.com/somebody/railbelt'
    >>> del os.environ["RAILBELT_REPOSITORY"]
    """
    found = os.environ.get("RAILBELT_REPOSITORY", "")
    if not found and (root / ".git").exists():
        asked = ["git", "-C", str(root), "remote", "get-url", "origin"]
        found = subprocess.run(asked, capture_output=True, text=True).stdout.strip()
    match = re.fullmatch(r"(?:https://|ssh://git@|git@)([\w.-]+)[/:]([\w.-]+/[\w.-]+?)(?:\.git)?/?", found)
    return f"https://{match.group(1)}/{match.group(2)}" if match else ""


def address(repository: str) -> str:
    """Return where the site is published: ``RAILBELT_ADDRESS``, else the pages of a GitHub repository, else nothing.

    Examples
    --------
    >>> address("https://github.com/somebody/railbelt")
    'https://somebody.github.io/railbelt/'
    >>> address("")
    ''
    """
    found = os.environ.get("RAILBELT_ADDRESS", "")
    match = re.fullmatch(r"https://github\.com/([\w.-]+)/([\w.-]+)", repository)
    if not found and match:
        found = f"https://{match.group(1).lower()}.github.io/{match.group(2)}/"
    return found and found.rstrip("/") + "/"


def tell_sphinx(app: Any, config: Any) -> None:
    """Give the theme the links that can be known, before it draws its buttons."""
    where = repository(Path(app.srcdir))
    config.html_baseurl = address(where)
    if where:
        config.html_theme_options["repository_url"] = where
        config.html_theme_options["use_repository_button"] = True
        config.html_theme_options["use_issues_button"] = True
    binder = os.environ.get(
        "RAILBELT_BINDER", "https://mybinder.org" if where.startswith("https://github.com/") else ""
    )
    if where and binder:
        config.html_theme_options["launch_buttons"] = {
            "binderhub_url": binder.rstrip("/"),
            "notebook_interface": "jupyterlab",
        }
