"""The whole book built twice from nothing, in two folders: the same bytes. Takes minutes: RAILBELT_TWICE=1."""

import hashlib
import os
import shutil
import subprocess
import sys

import pytest

TRACKED = (
    "CHANGELOG.md",
    "_config.yml",
    "_toc.yml",
    "pyproject.toml",
    "requirements.txt",
    "assets",
    "chapters",
    "data",
)


def digests(folder):
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.skipif("RAILBELT_TWICE" not in os.environ, reason="builds the book twice from nothing")
def test_two_builds_in_two_folders_give_the_same_bytes(root, tmp_path):
    made = []
    for name in ("one", "another-and-longer"):
        book = tmp_path / name
        book.mkdir()
        for entry in TRACKED:
            (shutil.copytree if (root / entry).is_dir() else shutil.copyfile)(root / entry, book / entry)
        shutil.copytree(root / "src", book / "src", ignore=shutil.ignore_patterns("__pycache__"))
        environment = os.environ | {
            "PYTHONPATH": str(book / "src"),
            "RAILBELT_REPOSITORY": "",
            "PYTHONHASHSEED": "random",
        }
        subprocess.run([sys.executable, "-m", "railbelt.book"], cwd=book, check=True, env=environment)
        made.append(digests(book / "_build" / "html"))
    assert len(made[0]) > 100
    assert {name for name in made[0].keys() | made[1].keys() if made[0].get(name) != made[1].get(name)} == set()
