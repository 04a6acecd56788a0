"""Fixtures shared by the tests."""

import json
import shutil
from pathlib import Path

import pytest
from hypothesis import settings

from railbelt import catalog

settings.register_profile("railbelt", deadline=None, derandomize=True)
settings.load_profile("railbelt")

ROOT = Path(__file__).parents[1]
SITE = ROOT / "_build" / "html"


@pytest.fixture
def root() -> Path:
    return ROOT


@pytest.fixture
def site() -> Path:
    assert (SITE / "index.html").exists(), "build the book first: make book"
    return SITE


@pytest.fixture
def folder(tmp_path):
    """A copy of the project's data that a test may damage."""
    copy = tmp_path / "data"
    shutil.copytree(catalog.data_folder(), copy)
    return copy


@pytest.fixture
def damage(folder):
    """Rewrite a table's file, or its description, and return the folder."""

    def rewrite(table, change=None, describe=None):
        path = folder / "datapackage.json"
        package = json.loads(path.read_text(encoding="utf-8"))
        resource = next(r for r in package["resources"] if r["name"] == table)
        if change:
            file = folder / resource["path"]
            file.write_text(change(file.read_text(encoding="utf-8")), encoding="utf-8")
        if describe:
            describe(resource)
            path.write_text(json.dumps(package), encoding="utf-8")
        return folder

    return rewrite
