"""What happens on the line in one turn of a script, told in a dialect."""

from __future__ import annotations

from typing import TYPE_CHECKING

from beluga.classification import ErrorCode
from beluga.llm.fake._wire.encoding import encode
from beluga.llm.fake._wire.events import Break, Head
from beluga.llm.fake.faults import Fault
from beluga.llm.fake.replies import Pause, streamed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from beluga.llm.fake._wire.dialect import Dialect, Question, StreamWriter
    from beluga.llm.fake._wire.events import WireEvent
    from beluga.llm.fake.replies import Turn

__all__ = ["played", "sent"]

_JSON = ("content-type", "application/json")
_EVENTS = ("content-type", "text/event-stream; charset=utf-8")


def played(dialect: Dialect, turn: Turn, question: Question) -> Iterator[WireEvent]:
    """Return what happens in `turn`, whole or piece by piece as `question` wants it."""
    fault = turn.fault
    if question.stream and (fault is None or fault.phase in {"stream", "body"}):
        return _streamed(dialect, turn, question)
    return _answered(dialect, turn) if fault is None else _failed(dialect, turn, fault)


def sent(
    body: bytes, status: int, headers: tuple[tuple[str, str], ...], *, length: int | None = None
) -> tuple[Head, bytes]:
    """Return the two parts of a JSON answer.

    Args:
        body: Its bytes.
        status: Of HTTP.
        headers: Besides those of the body.
        length: The bytes that are promised; None promises those of `body`.
    """
    told = str(len(body) if length is None else length)
    return Head(status, (_JSON, ("content-length", told), *headers)), body


def _answered(dialect: Dialect, turn: Turn) -> Iterator[WireEvent]:
    answer = sent(dialect.answer(turn.response()), 200, dialect.headers(turn.request.number))
    return iter([Pause(turn.seconds), *answer] if turn.seconds else answer)


def _failed(dialect: Dialect, turn: Turn, fault: Fault) -> Iterator[WireEvent]:
    if turn.before:
        yield Pause(turn.before)
    headers = dialect.headers(turn.request.number, fault)
    if fault.phase == "connect":
        yield Break("connect_timeout" if fault.code is ErrorCode.TIMEOUT else "connect_error")
    elif fault.phase == "read":
        yield Break("read_timeout")
    elif fault.phase == "body" or not fault.has_words:
        body = dialect.answer(turn.response())
        # Bad JSON is to be good UTF-8: a client that decodes first would fail in another way.
        half = body[: len(body) // 2].decode(errors="ignore").encode()
        is_cut = fault.phase == "stream"
        yield from sent(half, 200, headers, length=len(body) if is_cut else len(half))
        if is_cut:
            yield Break("cut")
    else:
        status = dialect.status(fault)
        error = dialect.fault(fault, fault.described(status), turn.request.id)
        yield from sent(encode(error), status, headers)


def _streamed(dialect: Dialect, turn: Turn, question: Question) -> Iterator[WireEvent]:
    events = streamed(turn)
    if turn.before:
        yield Pause(turn.before)
        next(events)
    yield Head(200, (_EVENTS, ("cache-control", "no-cache"), *dialect.headers(turn.request.number)))
    writer = dialect.stream(turn, question)
    if turn.fault is None or turn.fault.phase == "stream":
        yield from writer.opening()
    for event in events:
        if isinstance(event, Pause):
            yield event
        elif isinstance(event, Fault):
            yield from _broken_off(writer, event)
        else:
            yield from writer.chunk(event)


def _broken_off(writer: StreamWriter, fault: Fault) -> Iterator[WireEvent]:
    if fault.phase == "body":
        yield writer.broken()
    elif fault.has_words:
        yield writer.failed(fault)
    else:
        yield Break("cut")
