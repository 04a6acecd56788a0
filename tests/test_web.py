"""Requests: every way in which an answer can be wrong is an error that says so, within its time and its size."""

import contextlib
import datetime as dt
import email.utils
import json
import socket
import ssl
import subprocess
import sys
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from railbelt import web
from railbelt.errors import FetchError, RailbeltError

JSON = {"Content-Type": "application/json; charset=utf-8"}
OK = (200, JSON, b'{"value": 1}')


def limits(**other):
    waits = []
    made = web.Limits(**{"silence_s": 1.0, "deadline_s": 2.0, "sleep": waits.append, "chance": lambda: 0.5, **other})
    return made, waits


def test_an_answer_is_returned_whole(server):
    value, answer = web.get_json(server.play("/a", OK), limits()[0])
    assert value == {"value": 1}
    assert answer.media_type == "application/json" and answer.day == dt.datetime.now(dt.UTC).date().isoformat()


@pytest.mark.parametrize(
    "address", ["http://example.org/", "file:///etc/passwd", "ftp://127.0.0.1/", "data:,1", "x", ""]
)
def test_only_https_is_asked(address):
    with pytest.raises(FetchError, match="not an https address"):
        web.get_json(address)


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_passing_fault_is_tried_again_with_growing_waits(server, status):
    made, waits = limits()
    assert web.get_json(server.play("/a", (status, {}, b""), (status, {}, b""), OK), made)[0] == {"value": 1}
    assert waits == [1.0, 2.0]


def test_the_number_of_tries_is_bounded(server):
    made, waits = limits(tries=3)
    with pytest.raises(FetchError, match="failed 3 times, last: HTTP 500"):
        web.get_json(server.play("/a", (500, {}, b"")), made)
    assert len(server.asked) == 3 and len(waits) == 2


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
def test_a_refusal_is_final(server, status):
    with pytest.raises(FetchError, match=f"HTTP {status}"):
        web.get_json(server.play("/a", (status, {}, b"no"), OK), limits()[0])
    assert len(server.asked) == 1


def test_the_source_may_say_how_long_to_wait(server):
    made, waits = limits()
    web.get_json(server.play("/a", (429, {"Retry-After": "7"}, b""), OK), made)
    assert waits == [7.0]


def test_the_source_may_say_until_when_to_wait(server):
    made, waits = limits()
    then = email.utils.format_datetime(dt.datetime.now(dt.UTC) + dt.timedelta(seconds=30))
    web.get_json(server.play("/a", (503, {"Retry-After": then}, b""), OK), made)
    assert waits == [pytest.approx(30, abs=3)]


@pytest.mark.parametrize("header", ["soon", "-5", "Wed, 99 Nov 2026", "1e9", ""])
def test_a_senseless_wait_is_ignored(server, header):
    made, waits = limits()
    web.get_json(server.play("/a", (429, {"Retry-After": header}, b""), OK), made)
    assert waits == [1.0]


@pytest.mark.parametrize("header", ["3600", "99999999999999999999"])
def test_a_long_wait_is_not_waited_for(server, header):
    made, waits = limits()
    with pytest.raises(FetchError, match=r"asks to wait \d+ seconds"):
        web.get_json(server.play("/a", (429, {"Retry-After": header}, b""), OK), made)
    assert waits == []


def test_an_error_page_with_200_is_refused(server):
    with pytest.raises(FetchError, match="sends text/html where application/json"):
        web.get_json(server.play("/a", (200, {"Content-Type": "text/html"}, b"<h1>down</h1>")), limits()[0])


def test_an_answer_without_a_type_is_refused(server):
    with pytest.raises(FetchError, match="an error page, perhaps"):
        web.get_json(server.play("/a", (200, {}, b"{}")), limits()[0])


def test_an_answer_cut_short_is_tried_again_and_then_an_error(server):
    cut = (200, {**JSON, "Content-Length": "400"}, b'{"value": 1}')
    assert web.get_json(server.play("/a", cut, OK), limits()[0])[0] == {"value": 1}
    with pytest.raises(FetchError, match="12 bytes of 400 arrived"):
        web.get_json(server.play("/b", cut), limits(tries=2)[0])


def test_a_chunked_answer_cut_short_is_an_error(server):
    headers = {**JSON, "Content-Length": None, "Transfer-Encoding": "chunked"}
    with pytest.raises(FetchError, match="failed 2 times"):
        web.get_json(server.play("/a", (200, headers, [b"c\r\n", b'{"value"'])), limits(tries=2)[0])


@pytest.mark.parametrize("promised", ["9000", "99999999999999999999", "-1", "many"])
def test_an_announced_size_beyond_the_limit_is_refused(server, promised):
    with pytest.raises(FetchError, match="1000 are allowed"):
        web.get_json(server.play("/a", (200, {**JSON, "Content-Length": promised}, b"x" * 50)), limits(bytes=1000)[0])


def test_an_endless_answer_is_dropped(server):
    endless = (200, {**JSON, "Content-Length": None}, (b" " * 4096 for _ in range(10_000)))
    with pytest.raises(FetchError, match="more than 100000 bytes"):
        web.get_json(server.play("/a", endless), limits(bytes=100_000)[0])


def test_a_compressed_answer_is_not_unpacked(server):
    with pytest.raises(FetchError, match="compressed"):
        web.get_json(server.play("/a", (200, {**JSON, "Content-Encoding": "gzip"}, b"\x1f\x8b")), limits()[0])


def test_a_silent_source_is_left(server):
    def silent(path):
        time.sleep(0.6)
        return OK

    start = time.monotonic()
    with pytest.raises(FetchError, match="failed 2 times"):
        web.get_json(server.play("/a", silent), limits(silence_s=0.2, tries=2)[0])
    assert time.monotonic() - start < 3


def test_a_source_that_trickles_is_left(server):
    def trickle():
        for _ in range(40):
            time.sleep(0.05)
            yield b" "

    with pytest.raises(FetchError, match="not whole after"):
        web.get_json(
            server.play("/a", lambda path: (200, {**JSON, "Content-Length": None}, trickle())),
            limits(deadline_s=0.3, tries=1)[0],
        )


def test_nobody_listens():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(FetchError, match="not reached"):
        web.get_json(f"http://127.0.0.1:{port}/", limits(tries=2)[0])


def test_a_redirection_within_the_host_is_followed(server):
    server.play("/new", OK)
    assert web.get_json(server.play("/a", (302, {"Location": "/new"}, b"")), limits()[0])[0] == {"value": 1}


@pytest.mark.parametrize(
    "target", ["https://example.org/", "http://localhost:1/", "file:///etc/passwd", "//evil.example/"]
)
def test_a_redirection_elsewhere_is_refused(server, target):
    with pytest.raises(FetchError):
        web.get_json(server.play("/a", (302, {"Location": target}, b"")), limits()[0])
    assert len(server.asked) == 1


def test_a_circle_of_redirections_ends(server):
    with pytest.raises(FetchError):
        web.get_json(server.play("/a", (302, {"Location": "/a"}, b"")), limits(tries=1)[0])
    assert len(server.asked) < 10


def test_a_certificate_that_nobody_signed_is_refused(tmp_path):
    made = subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost",
         "-keyout", tmp_path / "key", "-out", tmp_path / "cert"], capture_output=True, check=False,
    )  # fmt: skip
    if made.returncode:
        pytest.skip("openssl is not installed")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert", tmp_path / "key")
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve():
            plain, _ = listening.accept()
            try:
                context.wrap_socket(plain, server_side=True).close()
            except (ssl.SSLError, OSError):
                plain.close()

        threading.Thread(target=serve, daemon=True).start()
        with pytest.raises(FetchError, match="certificate"):
            web.get_json(f"https://localhost:{listening.getsockname()[1]}/", limits(tries=1)[0])


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b'{"a": 1', b'{"a": NaN}', b"[Infinity]", b"[-Infinity]", b"[1e999]", b"[" + b"9" * 5000 + b"]", b"[" * 100_000,
     b'{"a": 1, "a": 2}', b"\xff\xfe{}", "{“a”: 1}".encode(), b"<html></html>", b"[1,]", '{"a": "\u4e2d"}'.encode("gbk")],
)  # fmt: skip
def test_what_is_not_json_is_an_error(content):
    with pytest.raises(FetchError, match="no valid JSON"):
        web.parse_json(content)


def test_a_byte_order_mark_is_tolerated():
    assert web.parse_json(b"\xef\xbb\xbf[1]") == [1]


@given(st.recursive(st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
                    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4)))  # fmt: skip
def test_json_is_read_as_the_library_reads_it(value):
    assert web.parse_json(json.dumps(value).encode()) == value


@given(st.binary(max_size=60))
def test_any_bytes_are_json_or_our_error(content):
    with contextlib.suppress(RailbeltError):
        web.parse_json(content)


def test_the_requests_need_no_library_beyond_the_standard_one():
    code = "import sys, railbelt.web; print([m for m in ('pandas','numpy','requests','httpx','pooch') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "[]"
