"""Polite and suspicious requests: every way in which an answer can be late, cut, huge, elsewhere or false is an error.

Only ``urllib`` of the standard library is used: a session with pools and cookies is not needed for a few dozen questions,
and the checks below (one host, one size, one deadline) would have to be written beside any library.
"""

from __future__ import annotations

import datetime as dt
import email.utils
import http.client
import io
import json
import math
import random
import ssl
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from http.client import HTTPMessage
from pathlib import Path
from typing import IO, Any, BinaryIO

from railbelt.errors import FetchError

__all__ = ["CAUTIOUS", "Answer", "Limits", "download", "get", "get_json", "parse_json"]

AGENT = "railbelt (open book on high-speed rail; asks seldom)"
LOOPBACK = {"127.0.0.1", "::1", "localhost"}
RETRIED = {408, 425, 429, 500, 502, 503, 504}


@dataclass(frozen=True)
class Limits:
    """What a request may cost.

    Parameters
    ----------
    silence_s : float
        Seconds without a byte after which the source counts as silent.
    deadline_s : float
        Seconds for one whole answer, however steadily it trickles.
    bytes : int
        Largest answer.
    tries : int
        Requests for one answer, the first included.
    patience_s : float
        Longest wait that a source may ask for with ``Retry-After``.
    pause_s : float
        Mean wait before the second try; it doubles with each further one, between half and three halves of that.

    Examples
    --------
    >>> brief = Limits(deadline_s=5, tries=1)
    >>> brief.tries, brief.silence_s
    (1, 20.0)
    """

    silence_s: float = 20.0
    deadline_s: float = 90.0
    bytes: int = 8_000_000
    tries: int = 4
    patience_s: float = 120.0
    pause_s: float = 1.0
    sleep: Callable[[float], None] = field(default=time.sleep, repr=False)
    chance: Callable[[], float] = field(default=random.random, repr=False)


CAUTIOUS = Limits()
"""The limits that apply unless others are given."""


@dataclass(frozen=True)
class Answer:
    """An answer that arrived whole: its bytes, media type (lower case, without parameters), address and day (UTC).

    Examples
    --------
    >>> Answer(b"{}", "application/json", "https://example.org/", "2026-01-01").media_type
    'application/json'
    """

    content: bytes
    media_type: str
    url: str
    day: str


class _Again(Exception):
    """The request may succeed later; after that many seconds, if the source says so."""

    def __init__(self, reason: str, after: float | None = None) -> None:
        super().__init__(reason)
        self.after = after


class _SameHost(urllib.request.HTTPRedirectHandler):
    """Follows a redirection only within its host, and never from https to http."""

    max_redirections = 3

    def redirect_request(
        self, request: urllib.request.Request, fp: IO[bytes], code: int, message: str, headers: HTTPMessage, target: str
    ) -> urllib.request.Request | None:
        old, new = urllib.parse.urlsplit(request.full_url), urllib.parse.urlsplit(target)
        if new.hostname != old.hostname or (old.scheme == "https" and new.scheme != "https"):
            raise FetchError(
                f"{old.hostname} redirects to {new.scheme}://{new.netloc}, another place. Check by hand whether the "
                "source has moved, and correct its address."
            )
        return super().redirect_request(request, fp, code, message, headers, target)


def download(url: str, path: Path, limits: Limits = CAUTIOUS) -> Answer:
    """Ask for an address and write the answer to a file, piece by piece; see :func:`get`.

    Parameters
    ----------
    url : str
        As in :func:`get`.
    path : Path
        Where the answer goes. A failed try leaves nothing of use there.
    limits : Limits
        Time, size and number of tries.

    Returns
    -------
    Answer
        Without its content.

    Raises
    ------
    FetchError
        As in :func:`get`.

    Examples
    --------
    >>> download("http://example.org/table.csv", Path("table.csv"))
    Traceback (most recent call last):
        ...
    railbelt.errors.FetchError: 'http://example.org/table.csv' is not an https address. Only https is asked.
    """
    return _ask(url, (), limits, path)


def get(url: str, media_types: tuple[str, ...], limits: Limits = CAUTIOUS) -> Answer:
    """Ask for an address and return the whole answer.

    Parameters
    ----------
    url : str
        ``https`` address; ``http`` only on this machine.
    media_types : tuple of str
        Accepted media types; an empty tuple accepts any.
    limits : Limits
        Time, size and number of tries.

    Returns
    -------
    Answer

    Raises
    ------
    FetchError
        If the source is not reached, refuses, redirects elsewhere, sends something else, too much, or not all of it.

    Examples
    --------
    >>> get("https://api.worldbank.org/v2/country/CHN?format=json", ("application/json",)).day  # doctest: +SKIP
    >>> get("http://example.org/", ())
    Traceback (most recent call last):
        ...
    railbelt.errors.FetchError: 'http://example.org/' is not an https address. Only https is asked.
    """
    return _ask(url, media_types, limits, None)


def _ask(url: str, media_types: tuple[str, ...], limits: Limits, path: Path | None) -> Answer:
    """Try as often as allowed."""
    parts = urllib.parse.urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
        raise FetchError(f"{url[:80]!r} is not an https address. Only https is asked.")
    opener = urllib.request.build_opener(_SameHost(), urllib.request.HTTPSHandler(context=ssl.create_default_context()))
    reason = ""
    for number in range(limits.tries):
        try:
            return _once(opener, url, media_types, limits, path)
        except _Again as again:
            reason = str(again)
            if again.after is not None and again.after > limits.patience_s:
                raise FetchError(
                    f"{parts.hostname} asks to wait {again.after:.0f} seconds ({reason}). Ask again later."
                ) from None
            if number + 1 < limits.tries:
                backoff = limits.pause_s * 2**number * (0.5 + limits.chance())
                limits.sleep(max(again.after or 0.0, backoff))
    raise FetchError(f"{parts.hostname} failed {limits.tries} times, last: {reason}. Ask again later.")


def _once(
    opener: urllib.request.OpenerDirector, url: str, media_types: tuple[str, ...], limits: Limits, path: Path | None
) -> Answer:
    accept = ", ".join(media_types) or "*/*"
    headers = {"User-Agent": AGENT, "Accept": accept, "Accept-Encoding": "identity"}
    start, host = time.monotonic(), urllib.parse.urlsplit(url).hostname
    try:
        with opener.open(urllib.request.Request(url, headers=headers), timeout=limits.silence_s) as response:
            media_type = response.headers.get_content_type()
            if response.headers.get("Content-Encoding", "identity").lower() != "identity":
                raise FetchError(f"{host} sends a compressed answer that was not asked for. It is not unpacked.")
            if media_types and (media_type not in media_types or "Content-Type" not in response.headers):
                raise FetchError(f"{host} sends {media_type} where {accept} was asked for: an error page, perhaps.")
            with io.BytesIO() if path is None else path.open("wb") as file:
                _read(response, file, host, start, limits)
                content = file.getvalue() if isinstance(file, io.BytesIO) else b""
            return Answer(content, media_type, response.url, dt.datetime.now(dt.UTC).date().isoformat())
    except urllib.error.HTTPError as error:
        with error:
            if error.code in RETRIED:
                raise _Again(f"HTTP {error.code}", _wait(error.headers.get("Retry-After"))) from None
            raise FetchError(f"{host} answers HTTP {error.code} {str(error.reason)[:60]!r} to {url[:200]}.") from None
    except ssl.SSLCertVerificationError as error:
        raise FetchError(f"The certificate of {host} is not valid: {error.verify_message}.") from None
    except urllib.error.URLError as error:
        if isinstance(error.reason, ssl.SSLCertVerificationError):
            raise FetchError(f"The certificate of {host} is not valid: {error.reason.verify_message}.") from None
        raise _Again(f"not reached ({error.reason})") from None
    except (TimeoutError, http.client.HTTPException, ConnectionError, ssl.SSLError) as error:
        raise _Again(f"{type(error).__name__} {str(error)[:80]}".strip()) from None


def _read(response: http.client.HTTPResponse, file: BinaryIO, host: str | None, start: float, limits: Limits) -> None:
    """Read the answer piece by piece, within its size and its time."""
    promised = response.headers.get("Content-Length")
    if promised is not None and (not promised.isdecimal() or len(promised) > 15 or int(promised) > limits.bytes):
        raise FetchError(f"{host} announces {promised[:20]} bytes; {limits.bytes} are allowed.")
    size = 0
    while piece := response.read1(65_536):
        file.write(piece)
        size += len(piece)
        if size > limits.bytes:
            raise FetchError(f"{host} sends more than {limits.bytes} bytes. The answer is dropped.")
        if time.monotonic() - start > limits.deadline_s:
            raise _Again(f"not whole after {limits.deadline_s:.0f} seconds")
    if promised is not None and size != int(promised):
        raise _Again(f"{size} bytes of {promised} arrived")


def _wait(header: str | None) -> float | None:
    """Return the seconds of a ``Retry-After`` header, which holds a number or a date."""
    if header is None:
        return None
    if header.strip().isdecimal():
        return float(header.strip()[:9])
    try:
        moment = email.utils.parsedate_to_datetime(header)
    except (TypeError, ValueError):
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
    return max(0.0, (moment - dt.datetime.now(dt.UTC)).total_seconds())


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is not a number of JSON")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands twice in one object")
    return found


def _float(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text[:20]} is too large")
    return value


def _int(text: str) -> int:
    if len(text) > 18:
        raise ValueError(f"{text[:20]}... is too large")
    return int(text)


def parse_json(content: bytes, who: str = "The source") -> Any:
    """Parse strict JSON: UTF-8 (a byte order mark is tolerated), finite numbers, no name twice in an object.

    Parameters
    ----------
    content : bytes
        The answer.
    who : str
        Named in the error.

    Returns
    -------
    Any
        The parsed value.

    Raises
    ------
    FetchError
        If it is anything else: cut off, nested without end, ``NaN``, numbers beyond what a double holds.

    Examples
    --------
    >>> parse_json(b'{"value": 7.1}')
    {'value': 7.1}
    """
    try:
        return json.loads(
            content.decode("utf-8-sig"),
            parse_constant=_refuse,
            parse_float=_float,
            parse_int=_int,
            object_pairs_hook=_object,
        )
    except (ValueError, RecursionError) as error:
        raise FetchError(f"{who} sends no valid JSON: {str(error)[:100] or type(error).__name__}.") from None


def get_json(url: str, limits: Limits = CAUTIOUS) -> tuple[Any, Answer]:
    """Ask for an address that answers with JSON; see :func:`get` and :func:`parse_json`.

    Examples
    --------
    >>> body, answer = get_json("https://api.worldbank.org/v2/country/CHN?format=json")  # doctest: +SKIP
    >>> get_json("http://example.org/")
    Traceback (most recent call last):
        ...
    railbelt.errors.FetchError: 'http://example.org/' is not an https address. Only https is asked.
    """
    answer = get(url, ("application/json", "text/json"), limits)
    return parse_json(answer.content, str(urllib.parse.urlsplit(url).hostname)), answer
