"""Executes chapters side by side, before Sphinx reads them, and hands Sphinx the results."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from railbelt.book import fresh, ledger, warm
from railbelt.errors import BuildError

if TYPE_CHECKING:
    from nbformat import NotebookNode

__all__ = ["cores", "execute", "prepare"]


def cores() -> int:
    """Return the number of processor cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def execute(
    notebooks: Mapping[str, NotebookNode],
    folder: Path,
    timeout: int,
    done: Any = lambda name, notebook: None,
    nursery: warm.Nursery | None = None,
) -> None:
    """Run notebooks side by side, each in a kernel of its own, one more at once than there are cores.

    Parameters
    ----------
    notebooks : mapping of str to NotebookNode
        By name; outputs are written into them.
    folder : Path
        Where their code runs.
    timeout : int
        Seconds a cell may take.
    done : callable
        Called with name and notebook as soon as one has run.
    nursery : Nursery, optional
        Where kernels come from; without it each starts from nothing.

    Raises
    ------
    BuildError
        If a kernel is missing, or once all have run and some failed: it names each and shows its error.
    """
    from jupyter_client.kernelspec import NoSuchKernel
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    failures: dict[str, str] = {}
    forked: dict[str, Any] = {"kernel_manager_class": warm.manager(nursery)} if nursery else {}

    async def one(name: str, turn: asyncio.Semaphore) -> None:
        async with turn:
            client = NotebookClient(
                notebooks[name],
                timeout=timeout,
                startup_timeout=180,
                record_timing=False,
                resources={"metadata": {"path": str(folder)}},
                extra_arguments=["--log-level=ERROR"],
                **forked,
            )
            try:
                await client.async_execute(env=os.environ | warm.KERNEL)
            except (CellExecutionError, CellTimeoutError, DeadKernelError, RuntimeError) as error:
                failures[name] = str(error)
            except NoSuchKernel as error:
                failures[name] = (
                    f"the Jupyter kernel '{error.name}' is missing. Install it (.venv/bin/pip install ipykernel), "
                    "or set the environment up again: rm -rf .venv && make book"
                )
            else:
                done(name, notebooks[name])

    async def all_of_them() -> None:
        turn = asyncio.Semaphore(cores() + 1)  # now and then a kernel waits for its next cell
        # The longest first, so that no core waits at the end: by the length of the code, since its time is not known.
        await asyncio.gather(*(one(name, turn) for name in sorted(notebooks, key=_length, reverse=True)))

    def _length(name: str) -> int:
        return sum(len(cell.source) for cell in notebooks[name].cells if cell.cell_type == "code")

    asyncio.run(all_of_them())
    if failures:
        told = "\n\n".join(f"{name}: {failures[name]}" for name in sorted(failures))
        raise BuildError(f"{len(failures)} of {len(notebooks)} chapters could not be executed.\n{told}")


def prepare(app: Any, env: Any, docnames: list[str]) -> None:
    """Execute the stale ones among the chapters that Sphinx is about to read, and put all where myst-nb looks."""
    from jupyter_cache import get_cache
    from jupyter_cache.base import CacheBundleIn
    from jupyter_cache.cache.db import NbCacheRecord
    from sphinx.errors import ExtensionError

    store = Path(app.srcdir) / "_build" / ".chapters"
    inputs = fresh.digest(Path(app.srcdir))
    chapters = {name: book for name in sorted(docnames) if (book := _read(env, name)) is not None}
    keys = {name: fresh.chapter_key(book, inputs) for name, book in chapters.items()}
    known = {name: book for name, key in keys.items() if (book := fresh.recall(store, key)) is not None}
    stale = {name: book for name, book in chapters.items() if name not in known}
    if stale:
        print(f"Executing {len(stale)} of {len(chapters)} chapters on {cores()} cores", flush=True)

        verdicts: list[Future[Any]] = []

        def done(name: str, notebook: NotebookNode) -> None:
            fresh.keep(store, keys[name], notebook)
            print(f"  executed {name}", flush=True)
            if not verdicts:
                # Pages are read by several processes, which would each compute the verdicts if they were not there; so
                # would the last chapter, whose kernel is forked from where they are computed now, beside the others.
                compute = nursery.verdicts if nursery else None
                verdicts.append(beside.submit(ledger.stored, Path(app.srcdir), compute))
                beside.submit(warm.furnish)

        try:
            with warm.take() as nursery, ThreadPoolExecutor(max_workers=1) as beside:
                execute(stale, Path(app.srcdir) / "chapters", app.config.nb_execution_timeout, done, nursery)
            verdicts[0].result()
        except BuildError as error:
            raise ExtensionError(str(error)) from None
    place = Path(app.config.nb_execution_cache_path)
    shutil.rmtree(place, ignore_errors=True)
    cache = get_cache(str(place))
    for name, book in {**known, **stale}.items():
        cache.cache_notebook_bundle(CacheBundleIn(book, env.doc2path(name)), check_validity=False, overwrite=True)
    # Pages are read side by side, and noting each reading would lock the others out of the cache.
    NbCacheRecord.touch = staticmethod(lambda pk, db: None)
    fresh.forget(store)


def _read(env: Any, name: str) -> NotebookNode | None:
    """Return a chapter as myst-nb reads it, or nothing if it holds no code."""
    from myst_nb.core.read import create_nb_reader

    path = env.doc2path(name)
    text = Path(path).read_text(encoding="utf-8")
    reader = create_nb_reader(path, env.myst_config, env.mystnb_config, text)
    if reader is None:
        return None
    notebook = reader.read(text)
    return notebook if any(cell.cell_type == "code" for cell in notebook.cells) else None
