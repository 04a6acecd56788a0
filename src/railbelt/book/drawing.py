"""The process that draws the charts of all kernels: the engine of the charts takes half a second to start and to warm up, once.

Every kernel has the address of its socket. A request is a chart of Vega-Lite as JSON; the answer a plus and the SVG, or a minus
and what is wrong with the chart.
"""

from __future__ import annotations

import contextlib
import os
import select
import socket

from railbelt.charts._drawing import vegalite_to_svg

__all__ = ["begin", "draw"]

LONGEST = 120
_alive: list[socket.socket] = []


def begin(*private: socket.socket) -> bytes:
    """Fork the process and return its address; it ends with this one, and does without what is private to it."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind("")  # Linux chooses a free address that is no file
    listener.listen(64)
    ours, theirs = socket.socketpair()
    if not os.fork():
        for end in (ours, *private):
            end.close()
        try:
            _serve(listener, theirs)
        finally:
            os._exit(0)
    theirs.close()
    _alive.append(ours)
    with listener:
        address: bytes = listener.getsockname()
    return address


def draw(address: bytes, chart: str) -> str:
    """Return the SVG of a chart, from the process at an address or, if it is gone, drawn in this one.

    Raises
    ------
    ValueError
        If the chart cannot be drawn.
    """
    answer = ""
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as asked:
        asked.settimeout(LONGEST)
        asked.connect(address)
        with asked.makefile("rw", encoding="utf-8", newline="") as file:
            file.write(chart)
            file.flush()
            asked.shutdown(socket.SHUT_WR)
            answer = file.read()
    if answer.startswith("-"):
        raise ValueError(answer[1:])
    return answer[1:] or vegalite_to_svg(chart)


def _serve(listener: socket.socket, parent: socket.socket) -> None:
    """Draw one chart after the other until the process this one was forked from has ended."""
    while parent not in select.select([listener, parent], [], [])[0]:
        asked, _ = listener.accept()
        with contextlib.suppress(OSError), asked, asked.makefile("rw", encoding="utf-8", newline="") as file:
            chart = file.read()
            try:
                answer = f"+{vegalite_to_svg(chart)}"
            except ValueError as error:
                answer = f"-{error}"
            file.write(answer)
