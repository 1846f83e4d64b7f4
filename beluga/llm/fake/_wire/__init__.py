"""The wire without a socket: a request's bytes go in, and what happens on the line comes out.

::

    HTTPRequest ──> Exchange ──> Dialect.question ──> the script's Turn
                                                            │
    Head, bytes, Pause, Break  <── Dialect.answer, ... <────┘

Nothing here reads, writes, waits or raises for effect. A transport and a server do what the events say,
each in its own way, so that one script looks the same through both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Literal

import attrs

from beluga.llm.fake.replies import Pause

__all__ = ["Break", "HTTPRequest", "Head", "Responder", "WireEvent"]


@attrs.frozen
class HTTPRequest:
    """A request as it came.

    Args:
        method: In capitals.
        path: With its query.
        headers: By name in lower case.
        body: The whole of it.
    """

    method: str
    path: str
    headers: Mapping[str, str] = attrs.field(factory=dict, repr=False)
    body: bytes = attrs.field(default=b"", repr=False)


@attrs.frozen
class Head:
    """Status and headers; the body's bytes follow."""

    status: int
    headers: tuple[tuple[str, str], ...]


@attrs.frozen
class Break:
    """The end of the connection before the end of the answer.

    Args:
        kind: ``"connect_error"`` and ``"connect_timeout"``: it never stood; ``"read_timeout"``: nothing
            comes any more; ``"cut"``: it was closed.
    """

    kind: Literal["connect_error", "connect_timeout", "read_timeout", "cut"]


WireEvent = Head | bytes | Pause | Break
"""One step of an answer. A `Head` comes once and before all bytes, and nothing after a `Break`."""

Responder = Callable[[HTTPRequest], Iterator[WireEvent]]
"""Answers requests: a fake provider, or a cassette that plays a recording."""
