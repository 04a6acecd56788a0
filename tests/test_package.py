"""The installable package: a wheel that carries its data and works outside the repository."""

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from railbelt import catalog

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT],  # the wheel from the sdist
        check=True,
        capture_output=True,
    )
    return next(folder.glob("*.whl"))


def test_wheel_holds_every_table_and_the_licences(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {f"railbelt/_data/{r['path']}" for r in catalog.package()["resources"]} <= names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert "railbelt/py.typed" in names
    assert not [name for name in names if name.startswith(("tests", "chapters", "scripts"))]


def test_source_distribution_holds_what_a_wheel_is_built_from(wheel):
    with tarfile.open(next(wheel.parent.glob("*.tar.gz"))) as archive:
        names = {name.split("/", 1)[-1] for name in archive.getnames()}
    assert {"pyproject.toml", "README.md", "LICENSE", "src/railbelt/__init__.py", "data/datapackage.json"} <= names


def test_an_index_would_accept_both(wheel):
    check = [sys.executable, "-m", "twine", "check", "--strict", *wheel.parent.iterdir()]
    run = subprocess.run(check, capture_output=True, text=True)
    assert run.returncode == 0 and run.stdout.count("PASSED") == 2, run.stdout + run.stderr


def test_installed_wheel_loads_every_table_outside_the_repository(wheel, tmp_path):
    target = tmp_path / "site"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", target, wheel]
    subprocess.run(pip, check=True, capture_output=True)
    code = (
        "import railbelt; print(railbelt.__file__);"
        "print(sum(len(railbelt.load(name)) for name in railbelt.tables().index));"
        "from railbelt.geography import outlines; print(len(outlines('provinces')))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env={"PYTHONPATH": str(target)}, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr
    file, rows, provinces = run.stdout.split()
    assert file.startswith(str(target))
    assert int(rows) == int(catalog.tables().rows.sum())
    assert int(provinces) == 34


def test_versions_agree():
    import tomllib

    import railbelt

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert railbelt.__version__ == project["version"]
    assert f"version: {project['version']}" in citation


def test_the_pythons_said_to_be_tested_are_those_declared():
    import re
    import tomllib

    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    minors = [int(c.rsplit(".", 1)[1]) for c in declared["classifiers"] if ":: 3." in c]
    assert declared["requires-python"] == f">=3.{minors[0]}" and minors == list(range(minors[0], minors[-1] + 1))
    said = re.search(r"tested: 3\.(\d+) to 3\.(\d+)", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert [int(n) for n in said.groups()] == [minors[0], minors[-1]]


def test_the_lock_pins_every_declared_dependency():
    import re
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    declared = [*project["dependencies"], *extras["book"], *extras["test"]]
    locked = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    pinned = {line.split("==")[0].split("[")[0] for line in locked if "==" in line}
    names = {re.split(r"[<>=\[]", entry)[0].lower() for entry in declared}
    assert names <= pinned, names - pinned
    assert "-e ." in locked
    assert all("==" in line for line in locked if line and not line.startswith(("#", "-")))
