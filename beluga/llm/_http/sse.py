"""Server-sent events from bytes that arrive in pieces of any size."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["EventDecoder", "ServerSentEvent"]


@attrs.frozen
class ServerSentEvent:
    """One event of a stream.

    Args:
        data: Its lines of data, joined by a newline.
        event: Its name.
    """

    data: str
    event: str = "message"


class EventDecoder:
    r"""Turn bytes into events.

    Bytes that are no UTF-8 become U+FFFD. Ids and reconnection times are passed over: nobody reconnects.

    Source: WHATWG HTML, section 9.2.6, "Interpreting an event stream".

    Example:
        >>> decoder = EventDecoder()
        >>> list(decoder.feed(b"data: al")), list(decoder.feed(b"most\r\n\r\n"))
        ([], [ServerSentEvent(data='almost', event='message')])
    """

    def __init__(self) -> None:
        self._decode = codecs.getincrementaldecoder("utf-8-sig")("replace").decode  # "sig" drops the byte order mark
        self._rest: list[str] = []  # the line that has begun, in pieces: joining them each time would be quadratic
        self._after_cr = False
        self._event = ""
        self._data: list[str] = []

    def feed(self, data: bytes) -> Iterator[ServerSentEvent]:
        """Yield the events that `data` completes."""
        for line in self._lines(self._decode(data)):
            if line:
                self._take(line)
                continue
            if self._data:
                yield ServerSentEvent("\n".join(self._data), self._event or "message")
            self._event, self._data = "", []

    def rest(self) -> Iterator[ServerSentEvent]:
        """Yield the event that the end of the bytes has left without its blank line.

        A browser would drop it. Servers forget that line, and what was cut is not complete JSON.
        """
        yield from self.feed(b"\n\n")

    def _lines(self, text: str) -> list[str]:
        """Return the lines that `text` completes; they end with CR LF, CR or LF and nothing else."""
        if not text:
            return []
        if self._after_cr and text[0] == "\n":
            text = text[1:]  # the second half of a CR LF
        self._after_cr = text.endswith("\r")
        if "\r" in text:
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        *lines, rest = text.split("\n")
        if lines:
            lines[0] = "".join((*self._rest, lines[0]))
            self._rest.clear()
        if rest:
            self._rest.append(rest)
        return lines

    def _take(self, line: str) -> None:
        field, _, value = line.partition(":")
        if field == "data":
            self._data.append(value.removeprefix(" "))
        elif field == "event":
            self._event = value.removeprefix(" ")
