"""Where the book lives: its repository, its address, a Binder; links to what is not known are absent, not broken."""

from __future__ import annotations

import os
import re
import subprocess
import urllib.parse
from pathlib import Path
from typing import Any

__all__ = ["address", "live", "repository", "tell_sphinx"]


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


def live(repository: str) -> tuple[str, str]:
    """Return where the pages ask for live code, and what their policy must allow for it; nothing unless asked for.

    ``RAILBELT_BINDER`` is the address of a Binder; further addresses after it, apart by spaces, are those of its servers
    where they are not below its own name.

    Examples
    --------
    >>> import os
    >>> os.environ["RAILBELT_BINDER"] = "https://mybinder.org"
    >>> ask, allow = live("https://github.com/somebody/railbelt")
    >>> ask
    'https://mybinder.org/build/gh/somebody/railbelt/HEAD'
    >>> allow
    'https://mybinder.org wss://mybinder.org https://*.mybinder.org wss://*.mybinder.org'
    >>> del os.environ["RAILBELT_BINDER"]
    >>> live("https://github.com/somebody/railbelt")
    ('', '')
    """
    binder, *servers = os.environ.get("RAILBELT_BINDER", "").split() or [""]
    if not binder or not repository:
        return "", ""
    name = repository.removeprefix("https://github.com/")
    what = f"git/{urllib.parse.quote(repository, safe='')}" if name == repository else f"gh/{name}"
    hosts = []
    for origin in (binder, *servers):
        parts = urllib.parse.urlsplit(origin)
        names = [parts.netloc] if parts.port else [parts.netloc, f"*.{parts.netloc}"]
        safe = "s" if parts.scheme == "https" else ""
        hosts += [f"{kind}{safe}://{host}" for host in names for kind in ("http", "ws")]
    return f"{binder.rstrip('/')}/build/{what}/HEAD", " ".join(hosts)


def tell_sphinx(app: Any, config: Any) -> None:
    """Give the theme the links that can be known, before it draws its buttons."""
    where = repository(Path(app.srcdir))
    config.html_baseurl = address(where)
    if where:
        config.html_theme_options["repository_url"] = where
        config.html_theme_options["use_repository_button"] = True
        config.html_theme_options["use_issues_button"] = True
    usual = "https://mybinder.org" if where.startswith("https://github.com/") else ""
    binder = (os.environ.get("RAILBELT_BINDER", usual).split() or [""])[0]
    if where and binder:
        config.html_theme_options["launch_buttons"] = {
            "binderhub_url": binder.rstrip("/"),
            "notebook_interface": "jupyterlab",
        }
