"""The whole book built twice from nothing, in two folders: the same bytes. Takes minutes: RAILBELT_TWICE=1."""

import importlib.util
import os
import subprocess
import sys

import pytest


@pytest.fixture
def measured(root, monkeypatch):
    """The benchmark of builds, which knows what a book is built from."""
    monkeypatch.syspath_prepend(root / "benchmarks")
    spec = importlib.util.spec_from_file_location("benchmark_of_builds", root / "benchmarks" / "build.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.skipif("RAILBELT_TWICE" not in os.environ, reason="builds the book twice from nothing")
def test_two_builds_in_two_folders_give_the_same_bytes(measured, tmp_path):
    made = []
    for name in ("one", "another-and-longer"):
        book = measured.copied(tmp_path / name)
        environment = os.environ | {
            "PYTHONPATH": str(book / "src"),
            "RAILBELT_REPOSITORY": "",
            "PYTHONHASHSEED": "random",
        }
        subprocess.run([sys.executable, "-m", "railbelt.book"], cwd=book, check=True, env=environment)
        made.append(measured.digests(book / "_build" / "html"))
    assert len(made[0]) > 100
    assert {name for name in made[0].keys() | made[1].keys() if made[0].get(name) != made[1].get(name)} == set()


def test_the_copy_holds_what_a_book_is_built_from(measured, tmp_path):
    book = measured.copied(tmp_path / "book")
    assert {p.name for p in book.iterdir()} == set(measured.NEEDED)
    assert measured.digests(book) == measured.digests(measured.copied(tmp_path / "again"))
