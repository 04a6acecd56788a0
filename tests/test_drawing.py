"""One process draws the charts of all kernels: the same pictures, and none is missing when it is gone."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are forked on Linux only")

# In a process of its own, since no process may be forked once the engine of the charts has started.
SCRIPT = """
import json
from railbelt.book import drawing
from railbelt.charts._drawing import vegalite_to_svg

address = drawing.begin()
words = {"mark": "text", "data": {"values": [{"name": "Harbin 哈尔滨\\r\\n"}]}, "encoding": {"text": {"field": "name"}}}
chart = json.dumps(words, ensure_ascii=False)
there = [drawing.draw(address, chart) for _ in range(3)]
for wrong in ("{", '{"mark": "nothing"}'):
    try:
        drawing.draw(address, wrong)
    except ValueError as error:
        print("refused:", str(error).splitlines()[0])
assert there == [vegalite_to_svg(chart)] * 3 and "哈尔滨" in there[0]
other = drawing.draw(address, chart.replace("Harbin", "Dalian"))
assert "Dalian" in other
drawing._alive.pop().close()
while True:
    try:
        drawing.socket.socket(drawing.socket.AF_UNIX).connect(address)
    except OSError:
        break
assert drawing.draw(address, chart) == there[0]
print("drawn")
"""


def test_another_process_draws_the_same_and_without_it_this_one_draws():
    run = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stderr
    assert run.stdout.count("refused:") == 2 and run.stdout.endswith("drawn\n")
