"""One exchange: a request is read in the dialect of its path, put to the script, and played or refused."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

import attrs

from beluga._foreign import text
from beluga.classification import ErrorCode
from beluga.llm._http import ANTHROPIC, OPENAI
from beluga.llm._http.parts import ANSWER, parsed
from beluga.llm.fake._wire import Break, Head
from beluga.llm.fake._wire.anthropic_messages import Anthropic
from beluga.llm.fake._wire.documents import Invalid, encode, read_object
from beluga.llm.fake._wire.endpoints import KeptAnswers, answer_aside
from beluga.llm.fake._wire.gemini import Gemini
from beluga.llm.fake._wire.openai_chat import OpenAI
from beluga.llm.fake._wire.openai_responses import OpenAIResponses
from beluga.llm.fake.faults import Fault
from beluga.llm.fake.script import ScriptExhausted
from beluga.llm.fake.turns import Pause, streamed
from beluga.schema import ToolCall

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any, Protocol

    from beluga.llm._http import Profile
    from beluga.llm.fake._wire import HTTPRequest, ModelRequest, ServedDialect, StreamWriter, WireEvent
    from beluga.llm.fake.turns import Turn
    from beluga.schema import Message

    class Play(Protocol):
        """Takes what is asked from the script, and logs it."""

        def __call__(
            self, messages: tuple[Message, ...], options: dict[str, Any], dialect: str, headers: Mapping[str, str]
        ) -> Turn:
            """Return the answer.

            Raises:
                ScriptExhausted: No answer is left.
            """
            ...


__all__ = ["ServedExchange", "refused"]

_FINAL = ("x-should-retry", "false")
"""Tells the providers' SDKs that another attempt is of no use, whatever the status."""

_BAD_REQUEST, _NOT_FOUND, _WRONG_METHOD, _FAILED = 400, 404, 405, 500
_LARGEST_BODY = 64 * 1024 * 1024


@attrs.frozen
class ServedExchange:
    """Answers HTTP requests from a script.

    Args:
        play: Takes a turn from the script.
        profile: The kind of server that is played; None plays OpenAI and Anthropic themselves.
    """

    play: Play
    profile: Profile | None = None
    _places: Places = attrs.field(init=False)
    _kept: KeptAnswers = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        places = Places(self.profile)
        object.__setattr__(self, "_places", places)
        object.__setattr__(self, "_kept", KeptAnswers(places.keeping, self.play))

    def __call__(self, request: HTTPRequest) -> Iterator[WireEvent]:
        """Take the answer to `request` from the script, and return what happens then."""
        path = request.path.partition("?")[0].rstrip("/")
        dialect = self._places.asked(path)
        spoken = dialect or self._places.spoken(request)
        try:
            request = _unpacked(request)
            if dialect is None or request.method != "POST":
                found = self._kept.found(request, path)
                if isinstance(found, tuple):
                    return played(found[0], found[1], attrs.evolve(found[2], stream=True))
                return _elsewhere(request, path, dialect, spoken, found)
            question = dialect.question(read_object(request.body), request.path)
            turn = self.play(question.messages, question.options, dialect.name, request.headers)
        except Invalid as problem:
            return _refused(spoken, spoken.bad_request, "", problem)
        except ScriptExhausted as error:
            return _refused(spoken, _BAD_REQUEST, str(error))
        except Exception as error:
            # A callable or a predicate of the test failed, far from whoever would see it raised.
            return _refused(spoken, _FAILED, f"the script itself failed: {type(error).__name__}: {error}")
        if turn.fault is None:
            turn = _forced(turn, question.options)
            self._kept.keep(dialect, turn, question)
        return played(dialect, turn, question)


def _forced(turn: Turn, options: dict[str, Any]) -> Turn:
    """Return a turn in which a model that has to call a certain tool does so: a text of an object are its arguments."""
    choice = options.get("tool_choice")
    if choice is None:
        return turn
    name = text(choice, "function", "name") or text(choice, "name")
    if choice == "required" or text(choice, "type") == "any":
        name = next((tool.name for tool in options.get("tools") or () if getattr(tool, "name", "") == ANSWER), None)
    arguments = parsed(turn.reply.text.encode()) if name and not turn.reply.tools else None
    if name is None or not isinstance(arguments, dict):
        return turn
    return attrs.evolve(turn, reply=attrs.evolve(turn.reply, text="", tools=(ToolCall("", name, arguments),)))


class Places:
    """Which dialect is spoken where.

    Args:
        profile: Whose habits that of its dialect has.
    """

    def __init__(self, profile: Profile | None = None) -> None:
        habits = {} if profile is None else {profile.dialect: profile}
        self._openai = OpenAI(habits.get("openai", OPENAI))
        self._responses = OpenAIResponses(habits.get("responses", OPENAI))
        self._anthropic = Anthropic(habits.get("anthropic", ANTHROPIC))
        self._gemini = Gemini()
        # Below another root too, as gateways have it; but threads have messages of their own.
        self._ends: tuple[tuple[str, ServedDialect], ...] = (
            ("/chat/completions", self._openai),
            ("/responses", self._responses),
            ("/v1/messages", self._anthropic),
            (":generateContent", self._gemini),
            (":streamGenerateContent", self._gemini),
        )
        self._known: dict[str, ServedDialect] = {"/messages": self._anthropic, **dict(self._ends)}
        self._known["/v1/chat/completions"] = self._openai
        self.keeping: dict[str, ServedDialect] = {"chat/completions": self._openai, "responses": self._responses}

    def asked(self, path: str) -> ServedDialect | None:
        """Return the dialect in which answers are given at `path`, or None."""
        known = self._known.get(path)
        return known or next((dialect for end, dialect in self._ends if path.endswith(end)), None)

    def spoken(self, request: HTTPRequest) -> ServedDialect:
        """Return the dialect of a request that asks for something else."""
        if "x-goog-api-key" in request.headers:
            return self._gemini
        path = request.path.partition("?")[0].rstrip("/")
        is_anthropic = "anthropic-version" in request.headers or path.endswith("/messages/count_tokens")
        return self._anthropic if is_anthropic else self._openai


def refused(request: HTTPRequest, message: str) -> Iterator[WireEvent]:
    """Return an error of status 400 that is not worth a retry, in the dialect that `request` is in."""
    places = Places()
    path = request.path.partition("?")[0].rstrip("/")
    return _refused(places.asked(path) or places.spoken(request), _BAD_REQUEST, message)


def _unpacked(request: HTTPRequest) -> HTTPRequest:
    """Return a request whose body was compressed as it was before."""
    coding = request.headers.get("content-encoding", "identity").lower()
    if coding in {"identity", ""}:
        return request
    unpacker = {"gzip": zlib.MAX_WBITS | 16, "x-gzip": zlib.MAX_WBITS | 16, "deflate": zlib.MAX_WBITS}.get(coding)
    if unpacker is None:
        raise Invalid((), "value", f"the body is encoded as {coding!r}; known are gzip and deflate")
    try:
        body = zlib.decompressobj(unpacker).decompress(request.body, _LARGEST_BODY)
    except zlib.error:
        raise Invalid((), "value", f"the body is not {coding}") from None
    return attrs.evolve(request, body=body)


def _elsewhere(
    request: HTTPRequest, path: str, asked: ServedDialect | None, spoken: ServedDialect, kept: bytes | None
) -> Iterator[WireEvent]:
    """Return the answer to what asks for no completion; `kept` is the body of one that was kept."""
    if asked is not None and kept is None:
        return _refused(asked, _WRONG_METHOD, f"{path} takes POST, not {request.method}")
    body = answer_aside(request, path, spoken) if kept is None else kept
    if body is not None:
        return iter(sent(body, 200, spoken.headers(0)))
    known = "/v1/chat/completions, /v1/responses, /v1/messages, /v1/models, /v1/embeddings and /v1/moderations"
    return _refused(spoken, _NOT_FOUND, f"the fake provider knows {known}, not {request.method} {path or '/'}")


def _refused(dialect: ServedDialect, status: int, message: str, problem: Invalid | None = None) -> Iterator[WireEvent]:
    body = dialect.refusal(status, message, "fake-0", problem)
    return iter(sent(encode(body), status, (*dialect.headers(0), _FINAL)))


_JSON = ("content-type", "application/json")
_EVENTS = ("content-type", "text/event-stream; charset=utf-8")


def played(dialect: ServedDialect, turn: Turn, question: ModelRequest) -> Iterator[WireEvent]:
    """Return what happens in `turn`, whole or piece by piece as `question` wants it."""
    fault = turn.fault
    if question.stream and (fault is None or fault.phase in {"stream", "body"}):
        return _streamed(dialect, turn, question)
    return _answered(dialect, turn, question) if fault is None else _failed(dialect, turn, question, fault)


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


def _answered(dialect: ServedDialect, turn: Turn, question: ModelRequest) -> Iterator[WireEvent]:
    answer = sent(dialect.answer(turn.response(), question), 200, dialect.headers(turn.request.number))
    return iter([Pause(turn.seconds), *answer] if turn.seconds else answer)


def _failed(dialect: ServedDialect, turn: Turn, question: ModelRequest, fault: Fault) -> Iterator[WireEvent]:
    if turn.before:
        yield Pause(turn.before)
    headers = dialect.headers(turn.request.number, fault)
    if fault.phase == "connect":
        yield Break("connect_timeout" if fault.code is ErrorCode.TIMEOUT else "connect_error")
    elif fault.phase == "read":
        yield Break("read_timeout")
    elif fault.phase == "body" or not fault.has_words:
        body = dialect.answer(turn.response(), question)
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


def _streamed(dialect: ServedDialect, turn: Turn, question: ModelRequest) -> Iterator[WireEvent]:
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
