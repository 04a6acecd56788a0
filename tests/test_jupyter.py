"""Chapters in a real Jupyter server: each opens as a notebook, and one runs from top to bottom over its protocol."""

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
import uuid
from pathlib import Path

import jupytext
import nbformat
import pytest
from tornado.websocket import websocket_connect

from railbelt.book.notebooks import portable

ROOT = Path(__file__).parents[1]
TOKEN = "for-this-test-alone"
WITH_CODE = [p for p in sorted((ROOT / "chapters").glob("*.md")) if "{code-cell}" in p.read_text("utf-8")]
RUN = os.environ.get("RAILBELT_RUN", "reuse").split()  # more chapters by name, outside the default


def ask(address, path, data=None):
    body = None if data is None else json.dumps(data).encode()
    asked = urllib.request.Request(address + path, body, {"Authorization": f"token {TOKEN}"})
    with urllib.request.urlopen(asked, timeout=60) as answer:
        return json.load(answer)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    home = str(tmp_path_factory.mktemp("jupyter"))
    own = {"JUPYTER_CONFIG_DIR": home, "JUPYTER_RUNTIME_DIR": home, "JUPYTER_DATA_DIR": home, "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "jupyter", "lab", "--no-browser", "--allow-root", f"--ServerApp.port={port}"]
    command += [
        f"--IdentityProvider.token={TOKEN}",
        f"--ServerApp.root_dir={ROOT}",
        "--LabApp.expose_app_in_browser=False",
    ]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    process = subprocess.Popen(command, env=os.environ | own | {"PATH": path}, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}/"
    for _ in range(240):
        try:
            ask(address, "api/status")
            break
        except OSError:
            time.sleep(0.5)
    yield address
    process.terminate()
    process.wait(30)


async def run(address, kernel, sources):
    """Execute cells over the websocket of a kernel and return the first error, or nothing."""
    socket = f"{address.replace('http', 'ws')}api/kernels/{kernel}/channels?token={TOKEN}"
    connection = await websocket_connect(socket, max_message_size=10**9)
    for source in sources:
        head = {
            "msg_id": uuid.uuid4().hex,
            "msg_type": "execute_request",
            "username": "",
            "session": "s",
            "version": "5.3",
        }
        content = {"code": source, "silent": False, "store_history": True, "allow_stdin": False, "stop_on_error": True}
        message = {"header": head, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell"}
        await connection.write_message(json.dumps(message))
        while True:
            answer = json.loads(await asyncio.wait_for(connection.read_message(), 180))
            if answer["header"]["msg_type"] == "execute_reply" and answer["parent_header"]["msg_id"] == head["msg_id"]:
                break
        if answer["content"]["status"] != "ok":
            return f"{source.splitlines()[0]}: {answer['content'].get('evalue')}"
    return ""


@pytest.mark.parametrize("chapter", WITH_CODE, ids=lambda path: path.stem)
def test_a_chapter_opens_as_a_notebook(server, chapter):
    opened = ask(server, f"api/contents/chapters/{chapter.name}?type=notebook")
    assert opened["type"] == "notebook"
    assert any(cell["cell_type"] == "code" for cell in opened["content"]["cells"])


@pytest.mark.parametrize("name", RUN)
def test_a_chapter_runs_from_top_to_bottom(server, name):
    cells = jupytext.read(ROOT / "chapters" / f"{name}.md").cells
    session = {"path": f"chapters/{name}.md", "name": name, "type": "notebook", "kernel": {"name": "python3"}}
    kernel = ask(server, "api/sessions", session)["kernel"]["id"]
    assert asyncio.run(run(server, kernel, [cell.source for cell in cells if cell.cell_type == "code"])) == ""


@pytest.mark.parametrize(
    "repository, words", [("https://github.com/a/b", "git+https://github.com/a/b"), ("", "Install the package")]
)
def test_a_notebook_to_take_along_installs_what_it_needs(repository, words):
    notebook = portable(ROOT / "chapters" / "intro.md", repository)
    nbformat.validate(notebook)
    assert words in notebook.cells[0].source
    assert nbformat.writes(notebook) == nbformat.writes(portable(ROOT / "chapters" / "intro.md", repository))


def test_binder_finds_what_it_needs():
    """repo2docker reads runtime.txt and requirements.txt in the root; a Dockerfile or a conda file would take their place."""
    assert (ROOT / "runtime.txt").read_text().strip().startswith("python-3.")
    assert "-e ." in (ROOT / "requirements.txt").read_text().splitlines()
    others = ("Dockerfile", "environment.yml", "Pipfile", "install.R", "default.nix", "Project.toml")
    assert not [name for name in others for folder in (".", "binder", ".binder") if (ROOT / folder / name).exists()]


def test_repo2docker_itself_chooses_python_and_the_pinned_requirements(monkeypatch):
    """Opt-in by ``pip install jupyter-repo2docker``: its own detection, without Docker."""
    app = pytest.importorskip("repo2docker.app")
    monkeypatch.chdir(ROOT)
    packs = [pack(base_image="unused") for pack in app.Repo2Docker().buildpacks]
    chosen = next(pack for pack in packs if pack.detect())
    assert type(chosen).__name__ == "PythonBuildPack"
    assert chosen.python_version == "3.11"
    assert any("requirements.txt" in script for _, script in chosen.get_assemble_scripts())
