"""Kernels forked from a process that has imported everything: the same as fresh ones, only sooner."""

import os
import signal
import sys
import time

import nbformat
import pytest

from railbelt import claims
from railbelt.book import warm
from railbelt.book.execute import execute
from railbelt.errors import BuildError

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="kernels are forked on Linux only")

TELLS = """
import os, subprocess, sys
import numpy as np, pandas as pd
x = {"ä", "b", "c", "d"}
print(x, __name__, os.path.basename(os.getcwd()), sys.path[0], os.environ["OMP_NUM_THREADS"])
print(subprocess.run(["sh", "-c", "exit 3"]).returncode, file=sys.stderr)
pd.DataFrame({"draw": np.random.default_rng(1).normal(size=2)})
"""
FIGURE = """
import altair as alt, pandas as pd
from railbelt.charts import figure
table = pd.DataFrame({"place": ["Harbin", "Dalian"], "people": [10.0, 7.0]})
figure(lambda width: alt.Chart(table).mark_bar().encode(x="people", y="place").properties(width=width),
       name="two", title="Two bars", subtitle="People", alt="Two bars, for Harbin and for Dalian, of people.",
       source="Census", tables=["city_census"], data=table)
"""


def notebook(*cells):
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code) for code in cells])
    book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python"}
    return book


@pytest.fixture
def nursery():
    made = warm.Nursery()
    yield made
    made.close()


def outputs(book):
    return [output for cell in book.cells for output in cell.outputs]


def test_a_forked_kernel_prints_what_a_fresh_one_prints_and_keeps_nothing_for_the_next(tmp_path, nursery):
    fresh = notebook(TELLS, FIGURE)
    execute({"fresh": fresh}, tmp_path, 60)
    forked = {name: notebook("assert 'mark' not in globals(); mark = 1", TELLS, FIGURE) for name in ("a", "b", "c")}
    execute(forked, tmp_path, 60, nursery=nursery)
    assert outputs(fresh)[0].text.startswith("{")
    for book in forked.values():
        for output in outputs(book):
            if "execution_count" in output:
                output.execution_count -= 1
        assert outputs(book) == outputs(fresh)


VERDICTS = """
import time
from unittest.mock import patch
from railbelt.claims import rules, verdicts
start = time.process_time()
known = verdicts()
soon = time.process_time() - start < 0.2
lenient = {name: 9.0 for name in rules.TOLERANCE}
with patch.dict(rules.TOLERANCE, lenient):
    again = verdicts("megalopolis")
print(soon, len(known), again.equals(known[known.chapter == "megalopolis"]), verdicts("rails").equals(known[known.chapter == "rails"]))
"""


def test_kernels_know_the_verdicts_if_asked_for_and_only_while_nothing_has_changed(tmp_path, nursery):
    before, after = notebook(VERDICTS), notebook(VERDICTS)
    execute({"before": before}, tmp_path, 60, nursery=nursery)
    found = nursery.verdicts()
    execute({"after": after}, tmp_path, 60, nursery=nursery)
    assert found.equals(claims.verdicts())
    first, second = (outputs(book)[0].text.split() for book in (before, after))
    assert first == ["False", str(len(found)), "False", "True"]
    assert second == ["True", str(len(found)), "False", "True"]


def test_errors_time_and_death_of_a_kernel_are_named(tmp_path, nursery):
    books = {
        "wrong": notebook("1 / 0"),
        "slow": notebook("import time; time.sleep(60)"),
        "dead": notebook("import os; os._exit(3)"),
        "whole": notebook("1 + 1"),
    }
    with pytest.raises(BuildError, match="3 of 4 chapters") as error:
        execute(books, tmp_path, 3, nursery=nursery)
    for words in ("dead: Kernel died", "wrong: An error", "ZeroDivisionError", "slow: A cell timed out"):
        assert words in str(error.value)
    assert outputs(books["whole"])[0].data["text/plain"] == "2"


def test_a_dead_nursery_is_named(tmp_path):
    nursery = warm.Nursery()
    nursery._process.kill()
    with pytest.raises(BuildError, match="process that starts kernels has died"):
        execute({"one": notebook("1")}, tmp_path, 30, nursery=nursery)
    nursery.close()


def test_kernels_end_with_the_process_they_came_from(tmp_path):
    nursery = warm.Nursery()
    book = notebook(
        f"import os, signal; print(os.getpid(), flush=True); os.kill({nursery._process.pid}, signal.SIGKILL)"
    )
    execute({"one": book}, tmp_path, 30, nursery=nursery)
    kernel = int(outputs(book)[0].text)
    end = time.monotonic() + 10
    while time.monotonic() < end:
        try:
            os.kill(kernel, 0)
        except ProcessLookupError:
            break
        time.sleep(0.1)
    else:
        os.kill(kernel, signal.SIGKILL)
        pytest.fail("the kernel still runs")
    nursery.close()
