"""The three quick starts of the README, as printed, by a new user: a new clone, an empty environment, no privileges.

It needs git, make, a Python and a package index, as a reader does; standard library only.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from record import record

ROOT = Path(__file__).parents[1]
PATH = "/usr/local/bin:/usr/bin:/bin"
NOBODY = 65534
TOKEN = "quick"


def alone(home: Path) -> list[str]:
    """Return what to put before a command: no variable but these, and another user if this one may do anything."""
    kept = [f"PATH={PATH}", f"HOME={home}", "LANG=C.UTF-8"]
    user = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"] if os.geteuid() == 0 else []
    return [*user, "env", "-i", *kept]


def timed(command: list[str], folder: Path, home: Path) -> float:
    start = time.perf_counter()
    run = subprocess.run([*alone(home), *command], cwd=folder, capture_output=True, text=True)
    if run.returncode:
        sys.exit(f"{' '.join(command)}\n{run.stdout[-2000:]}\n{run.stderr[-2000:]}")
    return time.perf_counter() - start


def answer(address: str, seconds: float = 60) -> bytes:
    """Return what an address answers, once it does."""
    end = time.monotonic() + seconds
    while True:
        try:
            with urllib.request.urlopen(address, timeout=10) as found:
                return found.read()
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.2)


def served(command: list[str], address: str, folder: Path, home: Path) -> tuple[float, bytes]:
    """Start a server, and return how long it took to answer, and what."""
    start = time.perf_counter()
    process = subprocess.Popen(
        [*alone(home), *command],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        found = answer(address)
        return time.perf_counter() - start, found
    finally:
        os.killpg(process.pid, 15)
        process.wait()


def main() -> None:
    made = Path(tempfile.mkdtemp(prefix="railbelt-"))
    home, clone, elsewhere = made / "home", made / "railbelt", made / "elsewhere"
    try:
        for folder in (home, elsewhere):
            folder.mkdir()
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        code = re.search(r"```python\n(.*?)```", (clone / "README.md").read_text(encoding="utf-8"), re.DOTALL)
        assert code, "the README shows no Python"
        (elsewhere / "quick.py").write_text(code.group(1), encoding="utf-8")
        if os.geteuid() == 0:
            subprocess.run(["chown", "-R", f"{NOBODY}:{NOBODY}", str(made)], check=True)
        made.chmod(0o755)
        read = timed(["make", "book"], clone, home)
        again = timed(["make", "book"], clone, home)
        _, page = served(["make", "serve"], "http://127.0.0.1:8000/chapters/intro.html", clone, home)
        assert b"<h1>" in page
        lab = [".venv/bin/jupyter", "lab", "--no-browser", f"--IdentityProvider.token={TOKEN}", "--ServerApp.port=8899"]
        asked = f"http://127.0.0.1:8899/api/contents/chapters/intro.md?type=notebook&token={TOKEN}"
        opened, text = served(lab, asked, clone, home)
        assert any(cell["cell_type"] == "code" for cell in json.loads(text)["content"]["cells"])
        setup = timed(["python3", "-m", "venv", str(made / "env")], elsewhere, home)
        install = timed([str(made / "env" / "bin" / "pip"), "install", "--quiet", "."], clone, home)
        use = timed([str(made / "env" / "bin" / "python"), "quick.py"], elsewhere, home)
        python = subprocess.run([*alone(home), "python3", "--version"], capture_output=True, text=True).stdout.strip()
    finally:
        shutil.rmtree(made, ignore_errors=True)
    record(
        "quickstart.py",
        [
            ("Read: `make book`", read / 60, "min", "", "new clone, empty environment, ordinary user: sets up `.venv` from the package index, executes, builds"),
            ("… again", again, "s", "< 2 s", "nothing changed"),
            ("Run: `.venv/bin/jupyter lab`", opened, "s", "", "until a chapter is open as a notebook; after *read*"),
            ("Reuse: `pip install .`", (setup + install) / 60, "min", "", "into a new environment, with what it depends on"),
            ("… the Python of the README", use, "s", "", "the block as printed, in a folder outside the clone"),
        ],
        versions=f"the user's {python}",
    )  # fmt: skip


if __name__ == "__main__":
    main()
