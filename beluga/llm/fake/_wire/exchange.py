"""One exchange: a request is read in the dialect of its path, put to the script, and played or refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from beluga.classification import ErrorCode
from beluga.llm.fake._wire.anthropic_messages import Anthropic
from beluga.llm.fake._wire.documents import Invalid, encode, read_object
from beluga.llm.fake._wire.events import Break, Head
from beluga.llm.fake._wire.openai_chat import OpenAI
from beluga.llm.fake.faults import Fault
from beluga.llm.fake.replies import Pause, streamed
from beluga.llm.fake.script import ScriptExhausted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any, Protocol

    from beluga.llm.fake._wire.dialect import Dialect, Question, StreamWriter
    from beluga.llm.fake._wire.events import HTTPRequest, WireEvent
    from beluga.llm.fake.replies import Turn
    from beluga.schema import Message

    class Play(Protocol):
        """Takes what is asked from the script, and logs it."""

        def __call__(
            self, messages: tuple[Message, ...], options: dict[str, Any], dialect: str, headers: Mapping[str, str]
        ) -> Turn:
            """Return the answer.

            Raises:
                ScriptExhausted: There is none.
            """
            ...


__all__ = ["Exchange", "refused"]

_OPENAI, _ANTHROPIC = OpenAI(), Anthropic()
_ENDPOINTS: dict[str, Dialect] = {
    "/v1/chat/completions": _OPENAI,
    "/v1/messages": _ANTHROPIC,
    "/chat/completions": _OPENAI,
    "/messages": _ANTHROPIC,
}
_MODELS = ("fake",)

_FINAL = ("x-should-retry", "false")
"""Tells the providers' SDKs that another attempt is no use, whatever the status."""

_BAD_REQUEST, _NOT_FOUND, _WRONG_METHOD, _FAILED = 400, 404, 405, 500


@attrs.frozen
class Exchange:
    """Answers HTTP requests from a script.

    Args:
        play: Takes a turn from the script.
    """

    play: Play

    def __call__(self, request: HTTPRequest) -> Iterator[WireEvent]:
        """Take the answer to `request` from the script, and return what happens then."""
        dialect = _asked(request)
        if dialect is None or request.method != "POST":
            return _elsewhere(request, dialect)
        try:
            question = dialect.question(read_object(request.body))
            turn = self.play(question.messages, question.options, dialect.name, request.headers)
        except Invalid as problem:
            return _refused(dialect, _BAD_REQUEST, "", problem)
        except ScriptExhausted as error:
            return _refused(dialect, _BAD_REQUEST, str(error))
        except Exception as error:
            # A callable or a predicate of the test failed, far from whoever would see it raised.
            return _refused(dialect, _FAILED, f"the script itself failed: {type(error).__name__}: {error}")
        return played(dialect, turn, question)


def refused(request: HTTPRequest, message: str) -> Iterator[WireEvent]:
    """Return an error of status 400 that is not worth a retry, in the dialect that `request` is in."""
    return _refused(_asked(request) or _spoken(request), _BAD_REQUEST, message)


def _asked(request: HTTPRequest) -> Dialect | None:
    """Return the dialect whose place the path is, also below another root, or None."""
    known = _ENDPOINTS.get(request.path)
    if known is None:
        path = _path(request)
        known = next((dialect for place, dialect in _ENDPOINTS.items() if path.endswith(place)), None)
    return known


def _path(request: HTTPRequest) -> str:
    return request.path.partition("?")[0].rstrip("/")


def _elsewhere(request: HTTPRequest, dialect: Dialect | None) -> Iterator[WireEvent]:
    """Return the answer to what asks for no completion."""
    path = _path(request)
    if dialect is not None:
        return _refused(dialect, _WRONG_METHOD, f"{path} takes POST, not {request.method}")
    dialect = _spoken(request)
    if path.endswith("/models") and request.method == "GET":
        return iter(sent(encode(dialect.models(_MODELS)), 200, dialect.headers(0)))
    known = "/v1/chat/completions, /v1/messages and /v1/models"
    return _refused(dialect, _NOT_FOUND, f"the fake provider knows {known}, not {request.method} {path or '/'}")


def _spoken(request: HTTPRequest) -> Dialect:
    return _ANTHROPIC if "anthropic-version" in request.headers else _OPENAI


def _refused(dialect: Dialect, status: int, message: str, problem: Invalid | None = None) -> Iterator[WireEvent]:
    body = dialect.refusal(status, message, "fake-0", problem)
    return iter(sent(encode(body), status, (*dialect.headers(0), _FINAL)))


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
