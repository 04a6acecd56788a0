"""Deposits of others: nothing is kept whose checksum does not hold, and nothing is fetched without one."""

import dataclasses
import hashlib
import json
import re
import socket
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from railbelt import replication, web
from railbelt.errors import DataError, FetchError, RailbeltError

QUICK = web.Limits(silence_s=2, deadline_s=5, tries=2, sleep=lambda seconds: None)
JSON = {"Content-Type": "application/json"}
CONTENT = b"origin,destination,year_1994,year_2024\n1101,1201,1.80075773773116,0.736088843596999\n1101,1301,3.16938726537043,1.31735885985976\n"
FILE = "pref_pair/times.csv"
SHA256 = "sha256:" + hashlib.sha256(CONTENT).hexdigest()
MD5 = "md5:" + hashlib.md5(CONTENT).hexdigest()
GIT = "git:" + hashlib.sha1(b"blob %d\0" % len(CONTENT) + CONTENT).hexdigest()


@pytest.fixture
def deposit(server, monkeypatch):
    """The deposit of Ma and Tang as if it lay on this machine."""
    moved = dataclasses.replace(
        replication.DEPOSITS["ma_tang_2024"], listing=server.url + "/list", content=server.url + "/files/{file}"
    )
    monkeypatch.setitem(replication.DEPOSITS, "ma_tang_2024", moved)
    server.play("/files", (200, {"Content-Type": "text/plain"}, CONTENT))
    return server


def fetch(cache, checksum=None, file=FILE):
    return replication.fetch("ma_tang_2024", file, checksum, cache, QUICK)


def kept(cache):
    return sorted(str(p.relative_to(cache)) for p in cache.rglob("*") if p.is_file())


@pytest.mark.parametrize("checksum", [SHA256, MD5, GIT])
def test_a_file_whose_checksum_holds_is_kept(deposit, tmp_path, checksum):
    assert fetch(tmp_path, checksum).read_bytes() == CONTENT
    assert kept(tmp_path) == ["checksums.json", "ma_tang_2024/pref_pair/times.csv"]
    assert json.loads((tmp_path / "checksums.json").read_text()) == {f"ma_tang_2024/{FILE}": SHA256}


def test_git_agrees_on_what_git_calls_a_file(tmp_path):
    (tmp_path / "a").write_bytes(CONTENT)
    said = subprocess.run(["git", "hash-object", tmp_path / "a"], capture_output=True, text=True).stdout.strip()
    assert replication._digest(tmp_path / "a", "git") == f"git:{said}" == GIT


def test_a_kept_file_needs_no_network_and_no_checksum(deposit, tmp_path):
    fetch(tmp_path, GIT)
    deposit.plays.clear()
    assert fetch(tmp_path).read_bytes() == CONTENT
    assert fetch(tmp_path, MD5).read_bytes() == CONTENT
    assert len(deposit.asked) == 1


def test_a_built_in_checksum_is_demanded_and_another_goes_before_it(deposit, tmp_path, monkeypatch):
    known = replication.DEPOSITS["borusyak_hull_2023"]
    assert known.pinned == {"BH replication.zip": "md5:e062e3aaa0af23dd65f6a971db94e358"}
    moved = dataclasses.replace(known, content=deposit.url + "/files/{file}")
    monkeypatch.setitem(replication.DEPOSITS, "borusyak_hull_2023", moved)
    with pytest.raises(FetchError, match="another checksum than md5:e062e3"):
        replication.fetch("borusyak_hull_2023", "BH replication.zip", cache=tmp_path, limits=QUICK)
    assert deposit.asked == ["/files/BH%20replication.zip"] and kept(tmp_path) == []
    assert replication.fetch("borusyak_hull_2023", "BH replication.zip", MD5, tmp_path, QUICK).read_bytes() == CONTENT


def test_without_a_checksum_nothing_is_asked(deposit, tmp_path):
    with pytest.raises(DataError, match=r"No checksum .* is known.*replication\.files"):
        fetch(tmp_path)
    assert deposit.asked == [] and kept(tmp_path) == []


@pytest.mark.parametrize("checksum", ["sha256:" + "0" * 64, "md5:" + "0" * 32, "git:" + "0" * 40])
def test_a_wrong_checksum_keeps_nothing(deposit, tmp_path, checksum):
    with pytest.raises(FetchError, match="another checksum"):
        fetch(tmp_path, checksum)
    assert kept(tmp_path) == []


def test_a_file_that_was_cut_is_not_kept(deposit, tmp_path):
    deposit.play("/files", (200, {"Content-Length": str(len(CONTENT))}, CONTENT[:50]))
    with pytest.raises(FetchError, match="50 bytes of"):
        fetch(tmp_path, SHA256)
    deposit.play("/files", (200, {}, CONTENT[:50]))
    with pytest.raises(FetchError, match="changed or cut"):
        fetch(tmp_path, SHA256)
    assert kept(tmp_path) == []


def test_offline(tmp_path, monkeypatch):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    gone = dataclasses.replace(replication.DEPOSITS["ma_tang_2024"], content=f"http://127.0.0.1:{port}/{{file}}")
    monkeypatch.setitem(replication.DEPOSITS, "ma_tang_2024", gone)
    with pytest.raises(FetchError, match="not reached"):
        fetch(tmp_path, SHA256)
    assert kept(tmp_path) == []


def test_a_kept_file_that_was_damaged_is_fetched_anew(deposit, tmp_path):
    path = fetch(tmp_path, GIT)
    path.write_bytes(b"rotten")
    assert fetch(tmp_path).read_bytes() == CONTENT
    path.write_bytes(b"rotten")
    deposit.play("/files", (200, {}, b"replaced"))
    with pytest.raises(FetchError):
        fetch(tmp_path)
    assert not path.exists() or path.read_bytes() != b"replaced"


def test_a_deposit_that_changed_is_noticed(deposit, tmp_path):
    """A file once verified is demanded for ever, even with the checksum that the deposit now shows."""
    path = fetch(tmp_path, GIT)
    path.unlink()
    new = b"another vintage\n"
    deposit.play("/files", (200, {}, new))
    with pytest.raises(FetchError, match="another checksum"):
        fetch(tmp_path, "sha256:" + hashlib.sha256(new).hexdigest())


def test_another_checksum_than_the_kept_file_has_is_an_error(deposit, tmp_path):
    fetch(tmp_path, GIT)
    with pytest.raises(DataError, match="has another checksum"):
        fetch(tmp_path, "md5:" + "0" * 32)


@pytest.mark.parametrize(
    "file",
    ["../../etc/passwd", "/etc/passwd", "a/../b", "", ".ssh/id", "a\nb", "a?b=c", "a\\b", "a\x00", "x/" * 9 + "x"],
)
def test_a_file_outside_the_cache_is_refused(deposit, tmp_path, file):
    with pytest.raises(DataError, match="not a file of a deposit"):
        fetch(tmp_path, SHA256, file)
    assert deposit.asked == []


@pytest.mark.parametrize(
    "checksum", ["", "abc", "sha256:xyz", "sha1:" + "0" * 40, "SHA256:" + "0" * 64, "md5:" + "0" * 31, 5]
)
def test_a_checksum_has_a_form(tmp_path, checksum):
    with pytest.raises(DataError, match="is not a checksum"):
        fetch(tmp_path, checksum)


@pytest.mark.parametrize("text", ["{", "[]", '{"a": 1}', '{"a": "md5:0"}', "\x00"])
def test_a_damaged_memory_of_the_cache_is_told(deposit, tmp_path, text):
    (tmp_path / "checksums.json").write_text(text)
    with pytest.raises(DataError, match=r"checksums\.json"):
        fetch(tmp_path, SHA256)


def test_an_unknown_deposit():
    with pytest.raises(DataError, match="Did you mean 'ma_tang_2024'"):
        replication.files("ma_tang")
    assert set(replication.deposits().index) == set(replication.DEPOSITS)


def test_the_listings_of_both_hosts_are_read(deposit, monkeypatch):
    tree = {"sha": "1" * 40, "truncated": False, "tree": [
        {"path": "pref_pair", "mode": "040000", "type": "tree", "sha": "2" * 40},
        {"path": FILE, "mode": "100644", "type": "blob", "sha": "3" * 40, "size": 10},
        {"path": "../evil", "mode": "100644", "type": "blob", "sha": "4" * 40, "size": 10}]}  # fmt: skip
    deposit.play("/list", (200, JSON, json.dumps(tree).encode()))
    assert replication.files("ma_tang_2024", QUICK).to_dict("index") == {
        FILE: {"bytes": 10, "checksum": "git:" + "3" * 40}
    }
    record = {
        "id": 8286785,
        "files": [{"id": "x", "key": "Replication.zip", "size": 99, "checksum": "md5:" + "5" * 32}],
    }
    moved = dataclasses.replace(replication.DEPOSITS["borusyak_hull_2023"], listing=deposit.url + "/zenodo")
    monkeypatch.setitem(replication.DEPOSITS, "borusyak_hull_2023", moved)
    deposit.play("/zenodo", (200, JSON, json.dumps(record).encode()))
    assert replication.files("borusyak_hull_2023", QUICK).checksum.to_dict() == {"Replication.zip": "md5:" + "5" * 32}


@pytest.mark.parametrize("body", [[], {}, {"tree": "x"}, {"tree": [], "truncated": True}, {"files": [{"key": 1}]},
    {"files": [{"key": "a", "checksum": "=1+1", "size": 1}]}, {"files": [{"key": "a", "checksum": "md5:" + "0" * 32, "size": "1"}]},
    {"files": [{"key": "a", "checksum": "md5:" + "0" * 32, "size": 1}] * 2}])  # fmt: skip
def test_a_listing_that_lies_is_an_error(deposit, body):
    deposit.play("/list", (200, JSON, json.dumps(body).encode()))
    with pytest.raises(FetchError, match="listing of"):
        replication.files("ma_tang_2024", QUICK)


def test_the_travel_times_are_minutes_and_symmetric(tmp_path):
    (tmp_path / "times.csv").write_bytes(CONTENT)
    times = replication.ma_tang_times(tmp_path / "times.csv", 2024)
    assert times.loc["1101", "1201"] == times.loc["1201", "1101"] == pytest.approx(44.16533)
    assert np.diag(times).tolist() == [0, 0, 0] and np.isnan(times.loc["1201", "1301"])


@pytest.mark.parametrize(
    "damage",
    [lambda t: t.replace(b"1201", b"12"), lambda t: t.replace(b"0.73", b"-0.73"), lambda t: t.replace(b"0.736088843596999", b"inf"),
     lambda t: t.replace(b"0.736088843596999", b"1e300"), lambda t: t.replace(b"0.736088843596999", b"x"), lambda t: t + b"1201,1101,1,1\n", lambda t: t + b"1201,1201,1,1\n",
     lambda t: t.replace(b"year_2024", b"year"), lambda t: b"", lambda t: t.decode().encode("utf-16"), lambda t: t[:-20] + b'"'],
)  # fmt: skip
def test_a_damaged_table_of_travel_times_is_an_error(tmp_path, damage):
    (tmp_path / "times.csv").write_bytes(damage(CONTENT))
    with pytest.raises(DataError):
        replication.ma_tang_times(tmp_path / "times.csv", 2024)


@given(st.binary(max_size=12), st.integers(0, len(CONTENT)))
def test_any_bytes_are_travel_times_or_our_error(tmp_path_factory, noise, place):
    path = tmp_path_factory.mktemp("noise") / "times.csv"
    path.write_bytes(CONTENT[:place] + noise + CONTENT[place:])
    try:
        times = replication.ma_tang_times(path, 2024).to_numpy()
    except RailbeltError:
        return
    assert np.array_equal(times, times.T, equal_nan=True) and np.nanmin(times) >= 0


def test_pooch_is_asked_for_when_it_is_missing(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pooch", None)
    with pytest.raises(FetchError, match="pip install"):
        fetch(tmp_path, SHA256)


def test_the_book_needs_no_deposit(root):
    for path in (root / "chapters").glob("*.md"):
        cells = re.findall(r"```\{code-cell\}.*?```", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        assert not [cell for cell in cells if "replication" in cell], path
    code = "import sys, railbelt, railbelt.replication; print([m for m in ('pooch', 'requests', 'pandas') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "[]"
