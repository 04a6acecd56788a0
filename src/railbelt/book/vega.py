"""``python -m railbelt.book.vega FILE``: the script that draws interactive charts, made while the build waits for something else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

__all__ = ["begin", "make", "wait"]

_begun: list[subprocess.Popen[bytes]] = []


def begin(path: Path) -> None:
    """Start to make the script, unless it is there, in a process of its own: it takes a second and its own engine."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-P", "-m", __name__, str(path)]
        # If it fails, wait() tries again and says why.
        _begun.append(subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL))


def wait(path: Path) -> None:
    """Return once the script is there."""
    while _begun:
        _begun.pop().wait()
    if not path.exists():
        make(path)


def make(path: Path) -> None:
    """Make the script: Vega, Vega-Lite and Vega-Embed in one file, whole or not at all."""
    import vl_convert

    code = vl_convert.javascript_bundle(snippet="window.railbeltEmbed=vegaEmbed;")
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_text("(function(){" + code + "\n})();\n", encoding="utf-8")
    part.replace(path)


if __name__ == "__main__":
    make(Path(sys.argv[1]))
