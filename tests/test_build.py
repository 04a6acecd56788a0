"""Building a small book: only what changed, the same bytes twice, and a whole site whenever a build dies."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time

import pytest

KILLS = int(os.environ.get("RAILBELT_KILLS", "3"))
CHAPTER = """---
kernelspec: {{name: {kernel}, display_name: Python}}
file_format: mystnb
---
# Chapter {name}

{prose}

```{{code-cell}} python
from pathlib import Path
with Path("../executed.log").open("a") as log:
    log.write("{name} ")
{code}
```
"""


def write(book, name, code="print({1, 2, 3})", prose="Some words.", kernel="python3"):
    (book / "chapters" / f"{name}.md").write_text(CHAPTER.format(**locals()), encoding="utf-8")


def make(book, **environment):
    return subprocess.run(
        [sys.executable, "-m", "railbelt.book"],
        cwd=book,
        capture_output=True,
        text=True,
        env=os.environ | environment,
    )


def built(book, **environment):
    """Build and return what was executed."""
    log = book / "executed.log"
    log.write_text("")
    run = make(book, **environment)
    assert run.returncode == 0, run.stdout + run.stderr
    return sorted(log.read_text().split())


def tree(folder):
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    from pathlib import Path

    root = Path(__file__).parents[1]
    book = tmp_path_factory.mktemp("book")
    for entry in ("src", "assets", "requirements.txt", "pyproject.toml", "CHANGELOG.md"):
        (book / entry).symlink_to(root / entry)
    shutil.copytree(root / "data", book / "data")
    shutil.copyfile(root / "_config.yml", book / "_config.yml")
    toc = "format: jb-book\nroot: chapters/one\nchapters:\n  - file: chapters/two\n"
    (book / "_toc.yml").write_text(toc)
    (book / "chapters").mkdir()
    write(book, "one")
    write(book, "two")
    assert built(book) == ["one", "two"]
    return book


@pytest.fixture
def book(template, tmp_path):
    """A small book that has been built."""
    shutil.copytree(template, tmp_path / "book", symlinks=True)
    return tmp_path / "book"


def test_only_what_changed_is_executed_and_the_site_equals_one_built_from_nothing(book):
    assert built(book) == []
    write(book, "two", code="print('new')")
    assert built(book) == ["two"]
    write(book, "one", prose="Other words.")
    assert built(book) == []
    text = (book / "chapters" / "two.md").read_text(encoding="utf-8")
    (book / "chapters" / "two.md").write_text(text.replace("# Chapter two", "# A new title"), encoding="utf-8")
    assert built(book) == []
    kept = tree(book / "_build" / "html")
    assert b"A new title" in kept["chapters/one.html"]
    shutil.rmtree(book / "_build")
    assert built(book) == ["one", "two"]
    assert tree(book / "_build" / "html") == kept


def test_a_failing_chapter_and_a_missing_kernel_are_named_and_the_site_stays(book):
    before = tree(book / "_build" / "html")
    write(book, "two", code="raise ValueError('no such year')")
    write(book, "one", kernel="julia-9")
    run = make(book)
    assert run.returncode == 1
    assert "chapters/one: the Jupyter kernel 'julia-9' is missing" in run.stderr
    assert "chapters/two" in run.stderr and "no such year" in run.stderr
    assert tree(book / "_build" / "html") == before
    write(book, "one")
    write(book, "two", code="print('mended')")
    assert built(book) == ["two"]


def test_two_builds_at_once_wait_for_each_other(book):
    write(book, "two", code="import time; time.sleep(2)")
    both = [
        subprocess.Popen([sys.executable, "-m", "railbelt.book"], cwd=book, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    said = [process.communicate()[0] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert sum("waiting for it" in text for text in said) == 1
    assert sum("Nothing has changed" in text for text in said) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="limits of POSIX systems")
def test_a_full_disk_ends_in_a_message_and_the_site_stays(book):
    import resource

    before = tree(book / "_build" / "html")
    write(book, "two", code="from IPython.display import HTML\nHTML('<p>' + 'long ' * 60_000 + '</p>')")

    def small():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, resource.RLIM_INFINITY))

    run = subprocess.run(
        [sys.executable, "-m", "railbelt.book"], cwd=book, capture_output=True, text=True, preexec_fn=small
    )
    assert run.returncode == 1
    assert "No space left" in run.stderr, run.stderr
    assert tree(book / "_build" / "html") == before
    assert built(book) == ["two"]


@pytest.mark.parametrize("number", [30, 13])
def test_a_checkout_that_may_not_be_written_ends_in_a_message(tmp_path, monkeypatch, number):
    from railbelt.book.build import build
    from railbelt.errors import BuildError

    def refuse(self, *_, **__):
        raise OSError(number, os.strerror(number), str(self))

    monkeypatch.setattr("pathlib.Path.mkdir", refuse)
    with pytest.raises(BuildError, match=r"may not be written.*Copy it and build the copy"):
        build(tmp_path)


def test_a_killed_build_leaves_a_whole_site_and_the_next_is_right(book):
    """A build is killed at random moments; what is served is always one whole site, the old or the new."""
    draw = random.Random(KILLS)
    sites = [tree(book / "_build" / "html")]
    write(book, "one", code="print('second')")
    start = time.perf_counter()
    built(book)
    seconds = time.perf_counter() - start
    sites.append(tree(book / "_build" / "html"))
    for turn in range(KILLS):
        write(book, "one", code=["print({1, 2, 3})", "print('second')"][turn % 2])
        if turn % 2:
            shutil.rmtree(book / "_build" / ".chapters", ignore_errors=True)
        process = subprocess.Popen([sys.executable, "-m", "railbelt.book"], cwd=book, start_new_session=True)
        try:
            process.wait(draw.uniform(0.05, seconds))
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        assert tree(book / "_build" / "html") in sites, turn
    write(book, "one", code="print('second')")
    built(book)
    assert tree(book / "_build" / "html") == sites[1]
