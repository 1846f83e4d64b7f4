"""One question and its answer, without any input or output: what to send, and what that makes of what comes.

A stream comes as bytes in pieces of any size, which a decoder makes server-sent events of.
"""

from __future__ import annotations

import codecs
import contextlib
import json
from typing import TYPE_CHECKING, Any, Final

import attrs

from beluga import events
from beluga._foreign import usage_of
from beluga.llm._http import ErrorEvent, failures
from beluga.llm._http.parts import ANSWER, arguments_of, compact, error_in, parsed, text_of
from beluga.llm.base import Collector
from beluga.schema import Chunk, Embeddings, Usage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from beluga.errors import ProviderError
    from beluga.llm._http import Profile, Reader
    from beluga.schema import Response

__all__ = ["EventDecoder", "Exchange", "ServerSentEvent", "data_of"]


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

    Bytes that are not UTF-8 become U+FFFD. Ids and reconnection times are passed over: nobody reconnects.

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


def data_of(event: ServerSentEvent, reader: Reader) -> Any:
    """Return what an event holds, None where it is nothing, or nothing that matters when `reader` has the answer.

    Raises:
        ErrorEvent: It is an error.
        JSONDecodeError: It is not JSON.
    """
    text = event.data.strip()
    if not text or text.startswith("[DONE]"):
        return None
    data = json.loads(text)
    error = error_in(data)
    if error is None and event.event == "error" and isinstance(data, dict):
        error = {"error": data}
    if error is not None:
        raise ErrorEvent(error)
    if not isinstance(data, dict) and reader.answered:
        reader.odd.append("an event after the answer holds no object")
        return None
    return data


_GOOD: Final = range(200, 300)
_NO_EVENTS: Final = frozenset({b"{", b"[", b"<"})
_OTHER_TYPES: Final = frozenset({"application/json", "text/html", "text/plain"})

# What a decoder runs into when an answer has not the shape that it should have; the last one where it is too deep.
_WRONG_SHAPE: Final = (KeyError, IndexError, TypeError, ValueError, AttributeError, RecursionError)


class Exchange:
    """One question and its answer.

    Args:
        profile: Who is asked.
        request: What ``build_request`` of an HTTP client is called with.
        by_tool: Whether the answer comes as a call of the tool `ANSWER`.
    """

    def __init__(self, profile: Profile, request: Mapping[str, Any], *, by_tool: bool = False) -> None:
        self.request = request
        self._by_tool = by_tool
        self._called: set[bool] = set()  # whether that tool was, and whether others were
        self._profile = profile
        self._chunks: int | None = None  # what went out of a stream, once there is one
        self._answer = self._described(0, {})
        self._decoder: EventDecoder | None = None
        self._reader = profile.speech.reader(profile)
        self._is_stream: bool | None = None  # None until the first byte tells
        self._other: list[bytes] = []  # what came in place of a stream

    def answered(self, status: int, headers: Mapping[str, str], content: bytes) -> Response:
        """Return the answer to a question that did not ask for a stream.

        Raises:
            ProviderError: When it is not one.
        """
        answer = self._answer = self._described(status, headers)
        if status not in _GOOD:
            raise self.refused(content)
        body = parsed(content)
        if body is None:
            raise failures.nonsense(answer, "is not JSON")
        collector = Collector()
        for chunk in self._whole(body):
            collector.add(chunk)
        self._tell()
        return collector.response(raw=body, limits=answer.limits())

    def embedded(self, status: int, headers: Mapping[str, str], content: bytes) -> Embeddings:
        """Return the vectors that came, in the order in which they were asked for.

        Raises:
            ProviderError: None came.
        """
        answer = self._answer = self._described(status, headers)
        body = parsed(content)
        if status not in _GOOD or error_in(body) is not None:
            raise self.refused(content)
        try:
            data = sorted(body["data"], key=lambda each: each["index"])
            vectors = tuple(tuple(map(float, each["embedding"])) for each in data)
            return Embeddings(vectors, usage_of(body) or Usage(), text_of(body, "model"))
        except _WRONG_SHAPE:
            raise failures.nonsense(answer, "has not the shape of one") from None

    def opens_stream(self, status: int, headers: Mapping[str, str]) -> bool:
        """Take the head of an answer that should be a stream, and say whether one may follow."""
        self._answer, self._chunks = self._described(status, headers), 0
        return status in _GOOD

    def refused(self, content: bytes) -> ProviderError:
        """Return the error for an answer with an error status, whose whole body is `content`."""
        self._chunks = None
        body = parsed(content)
        self._answer.body = error_in(body) or body
        return failures.refusal(self._answer)

    @property
    def is_complete(self) -> bool:
        """Whether the stream has ended by its own account.

        Its end mark is read on from, as a connection whose body was read to the end can be used again; but who goes on
        to send would keep his reader for ever.
        """
        return self._reader.done

    def feed(self, data: bytes) -> Iterator[Chunk]:
        """Yield the chunks that `data` completes.

        Whether it is a stream the first bytes tell: its label is wrong now and then.

        Raises:
            ProviderError: When the stream breaks off with an error, or makes no sense.
        """
        if self._is_stream is None:
            start = data.removeprefix(codecs.BOM_UTF8).lstrip()
            if start:
                self._is_stream = start[:1] not in _NO_EVENTS
                if self._is_stream and self._answer.media_type in _OTHER_TYPES:
                    self._reader.odd.append("a stream of events is labelled as something else")
        if self._is_stream is False:
            self._other.append(data)
            return
        if self._decoder is None:
            self._decoder = EventDecoder()
        for event in self._decoder.feed(data):
            if self._reader.done:
                return
            for chunk in self._understood(self._reader.read, event):
                self._chunks = (self._chunks or 0) + 1
                yield self._sealed(chunk)

    def finish(self) -> list[Chunk]:
        """Return the last chunks of a stream whose bytes have ended.

        Raises:
            ProviderError: When it was not complete.
        """
        chunks: list[Chunk] = []
        if self._other:
            chunks = self._in_place_of_stream(b"".join(self._other))
        elif not self._reader.done:
            for event in () if self._decoder is None else self._decoder.rest():
                if parsed(event.data.encode("utf-8", "replace")) is not None:  # else it was cut
                    chunks += self._understood(self._reader.read, event)
            if not self._reader.done:
                chunks += self._understood(self._reader.end)
        if not self._reader.done:
            raise failures.nonsense(self._answer, "ended without saying that it was complete", self._chunks)
        self._tell()
        return [self._sealed(chunk) for chunk in chunks]

    @contextlib.contextmanager
    def transport_errors(self) -> Iterator[None]:
        """Turn what the HTTP client raises in the block into a `ProviderError`.

        A failure after all of the answer has come is nobody's business.
        """
        try:
            yield
        except Exception as error:
            if not failures.is_transport_error(error):
                raise
            if not (self._reader.done or (self._chunks is not None and self._reader.answered)):
                raise failures.unreachable(self._profile.provider, error, self._chunks) from error

    def _whole(self, body: Any) -> list[Chunk]:
        """Return the chunks of a whole answer."""
        error = error_in(body)
        if error is not None:
            self._answer.body = error
            raise failures.refusal(self._answer)
        try:
            return self._told(self._reader.whole(body))
        except ErrorEvent as failed:
            self._answer.body = failed.body
            raise failures.refusal(self._answer) from None
        except _WRONG_SHAPE:
            self._answer.body = {"error": body}
            if failures.inner_status(self._answer.body) is not None:  # an error, told without saying so
                raise failures.refusal(self._answer) from None
            raise failures.nonsense(self._answer, "has not the shape of one") from None

    def _in_place_of_stream(self, content: bytes) -> list[Chunk]:
        """Return the chunks of what came in place of a stream: a whole answer, or else an error."""
        self._chunks = None
        body = parsed(content)
        if isinstance(body, list) and body and error_in(body) is None:  # Gemini's stream, where nobody asked for events
            self._reader.odd.append("a list came in place of a stream")
            events_ = [ServerSentEvent(compact(each)) for each in body]
            return [chunk for event in events_ for chunk in self._understood(self._reader.read, event)] + (
                self._understood(self._reader.end)
            )
        if body is None or (error_in(body) is None and not isinstance(body, dict)):
            raise failures.nonsense(self._answer, "is not a stream of events")
        self._reader.odd.append("a whole answer came in place of a stream")
        return self._whole(body)

    def _understood(self, read: Callable[..., Iterable[Chunk]], *event: ServerSentEvent) -> list[Chunk]:
        """Return the chunks that `read` makes of an event, or of the end."""
        try:
            return self._told(read(*event))
        except ErrorEvent as error:
            self._answer.body = error.body
            raise failures.refusal(self._answer, self._chunks) from None
        except json.JSONDecodeError:
            raise failures.nonsense(self._answer, "has an event that is not JSON", self._chunks) from None
        except _WRONG_SHAPE:
            raise failures.nonsense(self._answer, "has an event of a wrong shape", self._chunks) from None

    def _told(self, chunks: Iterable[Chunk]) -> list[Chunk]:
        """Return chunks, and for the call that stands for the answer the text of the answer."""
        if not self._by_tool:
            return list(chunks)
        return [self._answer_of(chunk) for chunk in chunks]

    def _answer_of(self, chunk: Chunk) -> Chunk:
        call = chunk.tool_call
        if call is not None:
            self._called.add(call.name == ANSWER)
            return Chunk(arguments_of(call)) if call.name == ANSWER else chunk
        is_over = chunk.finish_reason == "tool_calls" and self._called == {True}
        return attrs.evolve(chunk, finish_reason="stop") if is_over else chunk

    def _sealed(self, chunk: Chunk) -> Chunk:
        """Return the last chunk with what the headers said."""
        if chunk.finish_reason is None:
            return chunk
        limits = self._answer.limits()
        return chunk if limits is None else attrs.evolve(chunk, limits=limits)

    def _tell(self) -> None:
        """Report how the answer strayed from its API."""
        if self._reader.odd and events.listening():
            for what in self._reader.odd:
                events.emit(events.AnswerOdd(self._profile.provider, what))

    def _described(self, status: int, headers: Mapping[str, str]) -> failures.HTTPAnswer:
        return failures.HTTPAnswer(self._profile.provider, status, headers, self._profile.request_id)
