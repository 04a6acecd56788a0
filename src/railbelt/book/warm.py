"""Kernels that start at once: forked from a process that has imported what the chapters import, once for all of them.

A fresh kernel spends three to four seconds on imports before its first cell. Here one process pays them, and every
kernel is a copy of it: an ordinary ipykernel, in a process of its own, that shares nothing with the other chapters.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import functools
import gc
import importlib
import json
import os
import pickle
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    import pandas as pd
    from jupyter_client.manager import AsyncKernelManager

__all__ = ["FONTS", "Nursery", "begin", "furnish", "lighten", "manager", "take"]

MODULES = (
    "altair",
    "geopandas",
    "ipykernel.kernelapp",
    "ipykernel.zmqshell",
    "joblib",
    "myst_nb",
    "pandas",
    "scipy.optimize",
    "scipy.sparse.csgraph",
    "scipy.stats",
    "shapely",
    "sklearn.metrics",
    "statsmodels.genmod.generalized_linear_model",
    "statsmodels.stats.meta_analysis",
    "vl_convert",
)
FONTS = {"FONTCONFIG_FILE": str(Path(__file__).with_name("fonts.conf"))}
"""Environment of what draws charts and pictures."""
# One thread a kernel, since the kernels share the cores; a fixed hash seed, since sets are printed in its order.
KERNEL = FONTS | {
    "PYTHONHASHSEED": "0",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
}
LONGEST_START = 120


_begun: list[Nursery] = []


def begin() -> None:
    """Let the process that kernels are forked from start its imports now, for somebody who will want it soon."""
    if sys.platform == "linux" and not _begun:  # elsewhere a copy of a running process is not safe
        _begun.append(Nursery())


@contextlib.contextmanager
def take() -> Iterator[Nursery | None]:
    """Give that process, or nothing where there can be none, and end it afterwards."""
    begin()
    nursery = _begun.pop() if _begun else None
    try:
        yield nursery
    finally:
        if nursery:
            nursery.close()


def lighten() -> None:
    """Make this process start and run faster, where it does not matter for anything but time.

    A parser of international addresses, which jsonschema brings along and nothing here asks for, builds its grammars
    for a second on import; a debugger would be loaded by every kernel. And what is imported stays: collecting garbage need not visit it again and again.
    """
    for name in ("rfc3987_syntax", "debugpy"):
        sys.modules.setdefault(name, None)  # type: ignore[arg-type]
    gc.set_threshold(20_000, 20, 50)


class Nursery:
    """The process from which kernels are forked; it ends with this object, or with the process that made it."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", __name__, str(theirs.fileno())],
            pass_fds=(theirs.fileno(),),
            stdin=subprocess.DEVNULL,
            env=os.environ | KERNEL,
        )
        theirs.close()
        ours.settimeout(LONGEST_START)
        self._socket, self._lines = ours, ours.makefile("r", encoding="utf-8")
        self._turn = threading.Lock()

    def fork(self, arguments: list[str], environment: dict[str, str], folder: str) -> Forked:
        """Return a new kernel with these arguments of ``ipykernel_launcher``, working in a folder."""
        return Forked(int(self._ask({"arguments": arguments, "environment": environment, "folder": folder})))

    def verdicts(self) -> pd.DataFrame:
        """Return the verdicts on all claims; kernels forked from now on know them."""
        from railbelt.claims import verdicts

        found = base64.b64decode(self._ask("verdicts"))
        return pickle.loads(found) if found else verdicts()  # which says why there are none

    def _ask(self, what: object) -> str:
        try:
            with self._turn:
                self._socket.sendall(json.dumps(what).encode() + b"\n")
                answer = self._lines.readline()
        except OSError:
            answer = ""
        if not answer:
            raise RuntimeError("the process that starts kernels has died; its message, if any, stands above")
        return answer

    def close(self) -> None:
        """End the process; kernels that still run end by themselves."""
        self._lines.close()
        self._socket.close()
        self._process.wait()


class Forked:
    """A kernel as jupyter_client wants to see it: like a ``subprocess.Popen``, though it is not a child of ours."""

    stdin = stdout = stderr = None

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Return nothing while it runs."""
        if self.returncode is None:
            try:
                os.kill(self.pid, 0)
            except ProcessLookupError:
                self.returncode = 0
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Return once it has ended."""
        end = time.monotonic() + (timeout or float("inf"))
        while (code := self.poll()) is None:
            if time.monotonic() > end:
                raise subprocess.TimeoutExpired("kernel", timeout or 0)
            time.sleep(0.01)
        return code

    def send_signal(self, number: int) -> None:
        """Send it a signal."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)


def manager(nursery: Nursery) -> type[AsyncKernelManager]:
    """Return a kernel manager that forks kernels of this Python, and starts all others as usual."""
    from jupyter_client.manager import AsyncKernelManager
    from jupyter_client.provisioning.local_provisioner import LocalProvisioner

    class Provisioner(LocalProvisioner):
        async def launch_kernel(self, cmd: list[str], **options: Any) -> Any:
            if cmd[0] != sys.executable or "ipykernel_launcher" not in cmd:
                return await super().launch_kernel(cmd, **options)
            arguments = cmd[cmd.index("ipykernel_launcher") + 1 :]
            folder = str(options.get("cwd") or os.getcwd())
            # In a thread, for the other kernels need not wait while the nursery does something else.
            made = await asyncio.to_thread(nursery.fork, arguments, dict(options["env"]), folder)
            self.process = cast("subprocess.Popen[bytes]", made)
            self.pid = self.pgid = made.pid
            return self.connection_info

    class Manager(AsyncKernelManager):
        async def _async_pre_start_kernel(self, **options: Any) -> Any:
            self.provisioner = Provisioner(
                kernel_id=self.kernel_id, kernel_spec=self.kernel_spec, parent=self, config=self.config
            )
            return await super()._async_pre_start_kernel(**options)

    return Manager


def _serve(connection: socket.socket) -> None:
    """Import, then fork a kernel for each line that asks for one, until none can arrive any more."""
    from railbelt.book import drawing
    from railbelt.charts import _drawing

    lighten()
    _drawing.draw = functools.partial(drawing.draw, drawing.begin(connection))
    for name in MODULES:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    _rehearse()
    from railbelt.claims.ledger import keep

    gc.collect()
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the system buries kernels that end
    with connection.makefile("r", encoding="utf-8") as lines:
        for line in lines:
            asked = json.loads(line)
            if asked == "verdicts":
                answer = ""
                with contextlib.suppress(Exception):
                    answer = base64.b64encode(pickle.dumps(keep())).decode()
            else:
                pid = os.fork()
                if not pid:
                    os.close(connection.fileno())
                    _become_kernel(**asked)
                answer = str(pid)
            connection.sendall(f"{answer}\n".encode())
    os._exit(0)


def _package() -> Iterator[str]:
    """Yield the modules of the package that chapters may import."""
    import pkgutil

    import railbelt

    for found in pkgutil.walk_packages(railbelt.__path__, "railbelt."):
        if not found.name.startswith("railbelt.book"):
            yield found.name
    yield "railbelt.book.numbers"


def furnish() -> None:
    """Import the package and read every table, once for this process and all that are forked from it."""
    from railbelt import catalog

    for name in ("geopandas", *_package()):
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    with contextlib.suppress(Exception):  # a damaged table is for the chapter that reads it to report
        for name in catalog.tables().index:
            catalog.load(name)


def _rehearse() -> None:
    """Do once what every chapter begins with: imports, reading tables, building the validators of a chart."""
    import altair
    import pandas as pd

    furnish()
    altair.Chart(pd.DataFrame({"x": [1]})).mark_point().encode(x="x:Q").configure(background="white").to_dict()


def _become_kernel(arguments: list[str], environment: dict[str, str], folder: str) -> None:
    """Be a kernel until it ends."""
    code = 1
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.setsid()
        os.environ.clear()
        os.environ.update(environment, JPY_PARENT_PID=str(os.getppid()))
        os.chdir(folder)
        # It ends when the process that it came from does.
        sys.argv = ["ipykernel_launcher", *arguments, f"--IPKernelApp.parent_handle={os.getppid()}"]
        from ipykernel.kernelapp import launch_new_instance

        launch_new_instance()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    finally:
        with contextlib.suppress(Exception):
            sys.stdout.flush()
        os._exit(code)


if __name__ == "__main__":
    _serve(socket.socket(fileno=int(sys.argv[1])))
