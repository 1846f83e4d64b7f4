"""HTTP/1.1 as bytes: how a request is read from a line, and how an answer is written.

Source: RFC 9112, sections 2 to 7.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, BinaryIO

import attrs

from beluga.llm.fake._wire.events import HTTPRequest

if TYPE_CHECKING:
    from collections.abc import Callable

    from beluga.llm.fake._wire.events import Head

__all__ = ["LAST_CHUNK", "BadRequest", "Incoming", "chunk", "head", "read_request"]

_LONGEST_LINE = 65_536
_MOST_HEADERS = 256
_LARGEST_BODY = 64 * 1024 * 1024
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
LAST_CHUNK = b"0\r\n\r\n"


class BadRequest(Exception):
    """What came over the line is no request."""


@attrs.frozen
class Incoming:
    """A request, and what its sender understands.

    Args:
        request: The request.
        keep_alive: Whether the next one may come on the same connection.
        chunked: Whether a body without a length can be told from its end; HTTP/1.0 closes for that.
    """

    request: HTTPRequest
    keep_alive: bool = True
    chunked: bool = True


def read_request(source: BinaryIO, write: Callable[[bytes], object]) -> Incoming | None:
    """Read one request; None where the other side has nothing more to say.

    Args:
        source: What comes over the line.
        write: Sends the permission that some clients wait for before they send their body.

    Raises:
        BadRequest: It is no HTTP/1.x, or its length is unclear.
    """
    line = _line(source)
    if line == b"":  # a blank line before a request is to be skipped once
        line = _line(source)
    if line is None:
        return None
    words = line.split(b" ")
    if len(words) != 3 or words[2] not in {b"HTTP/1.1", b"HTTP/1.0"}:  # noqa: PLR2004 - method, path, version
        msg = "the first line is no request of HTTP/1.1"
        raise BadRequest(msg)
    headers = _headers(source)
    if headers.get("expect", "").lower() == "100-continue":
        write(_CONTINUE)
    modern = words[2] == b"HTTP/1.1"
    connection = headers.get("connection", "").lower()
    return Incoming(
        HTTPRequest(words[0].decode("latin-1").upper(), words[1].decode("latin-1"), headers, _body(source, headers)),
        keep_alive="close" not in connection if modern else "keep-alive" in connection,
        chunked=modern,
    )


def head(answer: Head, *, keep_alive: bool, chunked: bool) -> bytes:
    """Return the status line and headers of `answer`, with how its body ends."""
    reason = HTTPStatus(answer.status).phrase if answer.status in _KNOWN else "Overloaded"
    lines = [f"HTTP/1.1 {answer.status} {reason}", *(f"{name}: {value}" for name, value in answer.headers)]
    if chunked:
        lines.append("transfer-encoding: chunked")
    lines.append(f"connection: {'keep-alive' if keep_alive else 'close'}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def chunk(data: bytes) -> bytes:
    """Return `data` as one chunk of a body without a length; empty data would end the body."""
    return b"%x\r\n%b\r\n" % (len(data), data) if data else b""


_KNOWN = frozenset(map(int, HTTPStatus))


def _line(source: BinaryIO) -> bytes | None:
    line = source.readline(_LONGEST_LINE + 1)
    if not line:
        return None
    if not line.endswith(b"\n"):
        msg = "a line is cut or too long"
        raise BadRequest(msg)
    return line.rstrip(b"\r\n")


def _headers(source: BinaryIO) -> dict[str, str]:
    headers: dict[str, str] = {}
    for _ in range(_MOST_HEADERS):
        line = _line(source)
        if line == b"":
            return headers
        name, colon, value = (line or b"").partition(b":")
        if not colon or not name.strip():
            msg = "a header has no name, or the headers are cut"
            raise BadRequest(msg)
        key, text = name.decode("latin-1").lower(), value.strip().decode("latin-1")
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    msg = f"there are more than {_MOST_HEADERS} headers"
    raise BadRequest(msg)


def _body(source: BinaryIO, headers: dict[str, str]) -> bytes:
    if headers.get("transfer-encoding", "").lower() == "chunked":
        return _chunked(source)
    return _exactly(source, _size(headers.get("content-length", "0"), 10))


def _chunked(source: BinaryIO) -> bytes:
    pieces: list[bytes] = []
    while True:
        size = _size((_line(source) or b"").partition(b";")[0].decode("latin-1").strip(), 16)
        if not size:
            break
        pieces.append(_exactly(source, size))
        if sum(map(len, pieces)) > _LARGEST_BODY:
            msg = "the body is too large"
            raise BadRequest(msg)
        _line(source)
    while _line(source):
        pass  # trailers say nothing that matters here
    return b"".join(pieces)


def _size(text: str, base: int) -> int:
    try:
        size = int(text, base)
    except ValueError:
        size = -1
    if not 0 <= size <= _LARGEST_BODY:
        msg = f"a body's length is 0 to {_LARGEST_BODY} bytes"
        raise BadRequest(msg)
    return size


def _exactly(source: BinaryIO, size: int) -> bytes:
    data = source.read(size) if size else b""
    if len(data) < size:
        msg = f"the body has {len(data)} of {size} bytes"
        raise BadRequest(msg)
    return data
