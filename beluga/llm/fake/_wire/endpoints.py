"""What a provider serves beside answers: errors, models, embeddings, moderations, counts of tokens, and kept answers.

Only the last comes from the script, and only where an id is not known, as one from a database: a test of what comes
after an answer need not begin with one. Embeddings are made from the words and the pieces of words of a text, so equal
texts have equal vectors and texts about the same thing near ones: a search by them finds what a test expects.

Source: the API references, of kept answers ``/v1/chat/completions/{id}`` and ``/v1/responses/{id}``.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import json
import math
import re
import struct
from typing import TYPE_CHECKING, Any

import attrs

from beluga.clock import environment
from beluga.llm.fake._wire import ModelRequest
from beluga.llm.fake._wire.documents import Invalid, encode, limits, member, read_object, retry_after
from beluga.llm.fake.turns import count_tokens, tokens_of
from beluga.schema import HumanMessage, SystemMessage

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from beluga.llm._http import Profile
    from beluga.llm.fake._wire import HTTPRequest, ServedDialect
    from beluga.llm.fake._wire.exchange import Play
    from beluga.llm.fake.faults import Fault
    from beluga.llm.fake.turns import Turn
    from beluga.schema import Message

__all__ = ["KeptAnswers", "OpenAIErrors", "answer_aside", "embedding", "error_body"]

_MODELS = ("fake",)
_DIMENSIONS = 1536
"""Those of text-embedding-3-small."""

_MOST_DIMENSIONS = 8192
_PIECE = 3
"""Characters of the pieces of words: "order" and "orders" share three of four."""

_HARMS = (
    *("harassment", "harassment/threatening", "hate", "hate/threatening", "illicit", "illicit/violent"),
    *("self-harm", "self-harm/instructions", "self-harm/intent", "sexual", "sexual/minors"),
    *("violence", "violence/graphic"),
)

_ERROR_TYPES = {"rate_limit_exceeded": "requests"}
_CODES = {"missing": "missing_required_parameter", "type": "invalid_type", "value": "invalid_value"}
_OVERLOADED = 503
_SERVER_FAULT = 500


def answer_aside(request: HTTPRequest, path: str, dialect: ServedDialect) -> bytes | None:
    """Return the body of the answer to what asks for no completion; None where nothing is served there.

    Raises:
        Invalid: The provider would refuse the request.
    """
    if request.method == "GET":
        if path.endswith("/models"):
            return encode(dialect.models(_MODELS))
        above, _, name = path.rpartition("/")
        return encode(dialect.model(name)) if above.endswith("/models") and name else None
    above, _, name = path.rpartition("/")
    if request.method == "DELETE" and above.endswith("/models"):
        return encode({"id": name, "object": "model", "deleted": True})
    if request.method != "POST":
        return None
    if path.endswith("/embeddings"):
        return _embeddings(read_object(request.body))
    if path.endswith("/moderations"):
        return _moderations(read_object(request.body))
    if path.endswith("/messages/count_tokens"):
        question = dialect.question({"max_tokens": 1, **read_object(request.body)}, path)
        tokens = sum(tokens_of(part) for message in question.messages for part in message.parts)
        tools = sum(count_tokens(repr(tool)) for tool in question.options.get("tools") or ())
        return encode({"input_tokens": tokens + tools})
    return None


@functools.lru_cache(maxsize=4096)
def embedding(text: str, dimensions: int = _DIMENSIONS) -> tuple[float, ...]:
    """Return a vector of length 1: the same for the same text, and a near one for a similar text.

    Example:
        >>> def likeness(one, other):
        ...     return sum(a * b for a, b in zip(embedding(one), embedding(other)))
        >>> asked = "Where is my order?"
        >>> likeness(asked, "The order is on its way.") > likeness(asked, "Whales sing at night.")
        True
    """
    vector = [0.0] * dimensions
    words = "".join(each if each.isalnum() else " " for each in text.casefold()).split()
    for word in words or [text]:
        _add(vector, word, 1.0)
        for start in range(len(word) - _PIECE + 1):
            _add(vector, f"#{word[start : start + _PIECE]}", 0.5)
    length = math.sqrt(sum(value * value for value in vector)) or 1.0
    return tuple(value / length for value in vector)


def _add(vector: list[float], feature: str, weight: float) -> None:
    digest = hashlib.blake2b(feature.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    number = int.from_bytes(digest, "big")
    vector[(number >> 1) % len(vector)] += weight if number & 1 else -weight


def _embeddings(body: dict[str, Any]) -> bytes:
    model = member(body, "model", str)
    dimensions: int = member(body, "dimensions", int, _DIMENSIONS)
    if not 1 <= dimensions <= _MOST_DIMENSIONS:
        raise Invalid(("dimensions",), "value", f"from 1 to {_MOST_DIMENSIONS}")
    form: str = member(body, "encoding_format", str, "float")
    if form not in {"float", "base64"}:
        raise Invalid(("encoding_format",), "value", "known are 'float' and 'base64'")
    texts = list(_inputs(body.get("input")))
    data = [
        {"object": "embedding", "index": index, "embedding": _formed(embedding(text, dimensions), form)}
        for index, text in enumerate(texts)
    ]
    tokens = sum(map(count_tokens, texts))
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    return encode({"object": "list", "data": data, "model": model, "usage": usage})


def _inputs(given: Any) -> Iterator[str]:
    """Yield the texts that are to be embedded; one may be given as its tokens."""
    if given is None:
        raise Invalid(("input",), "missing")
    if isinstance(given, str) or (isinstance(given, list) and given and all(type(each) is int for each in given)):
        given = [given]
    if not isinstance(given, list) or not given:
        raise Invalid(("input",), "type", "expected a string, or an array of strings or tokens, but got something else")
    for index, each in enumerate(given):
        if not isinstance(each, str | list) or not each:
            raise Invalid(("input", index), "value", "an empty text, or none at all")
        yield each if isinstance(each, str) else " ".join(map(str, each))


def _formed(vector: tuple[float, ...], form: str) -> list[float] | str:
    if form == "float":
        return list(vector)
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()


def _moderations(body: dict[str, Any]) -> bytes:
    """Find fault with nothing: what a guard has to stop belongs into a test of the guard."""
    given = body.get("input")
    if given is None:
        raise Invalid(("input",), "missing")
    result = {
        "flagged": False,
        "categories": dict.fromkeys(_HARMS, False),
        "category_scores": dict.fromkeys(_HARMS, 0.0),
        "category_applied_input_types": {harm: ["text"] for harm in _HARMS},
    }
    many = len(given) if isinstance(given, list) else 1
    model: str = member(body, "model", str, "omni-moderation-latest")
    return encode({"id": "modr-fake", "model": model, "results": [result] * many})


Json = dict[str, Any]

_MOST = 1024
_PLACE = re.compile(r".*/(?P<api>chat/completions|responses)(?:/(?P<id>[^/]+))?(?:/(?P<part>[a-z_]+))?")
_TASKS = frozenset({"compact", "input_tokens"})


class KeptAnswers:
    """The answers of one fake provider, the newest 1024 of them.

    Args:
        dialects: Who speaks at each of the two interfaces.
        play: Takes a turn from the script, for an id that is not known.
    """

    def __init__(self, dialects: Mapping[str, ServedDialect], play: Play) -> None:
        self._dialects = dialects
        self._play = play
        self._kept: dict[str, tuple[ServedDialect, Turn, ModelRequest]] = {}

    def keep(self, dialect: ServedDialect, turn: Turn, question: ModelRequest) -> None:
        """Keep an answer: of chats one that asks for it, of responses each that does not ask otherwise."""
        if question.options.get("store", dialect is self._dialects["responses"]) is not True:
            return
        self._kept[turn.request.id] = dialect, turn, question
        while len(self._kept) > _MOST:
            self._kept.pop(next(iter(self._kept)), None)

    def found(self, request: HTTPRequest, path: str) -> bytes | tuple[ServedDialect, Turn, ModelRequest] | None:
        """Return the body that is asked for, or what is to be streamed; None where it is not about kept answers.

        Raises:
            Invalid: The provider would refuse the request.
            ScriptExhausted: Nobody knows the id, and the script has no answer either.
        """
        place = _PLACE.fullmatch(path)
        if place is None:
            return None
        dialect, id_, part = self._dialects[place["api"]], place["id"], place["part"]
        is_chat, method = place["api"] == "chat/completions", request.method
        if id_ is None:
            return encode(self._listed(dialect)) if is_chat and method == "GET" else None
        if id_ in _TASKS and part is None and not is_chat and method == "POST":
            return encode(_task(id_, dialect, read_object(request.body)))
        if method == "DELETE" and part is None:
            self._kept.pop(id_, None)
            told = "chat.completion.deleted" if is_chat else "response"
            return encode({"id": id_, "object": told, "deleted": True})
        if (method, part) == ("POST", None) and is_chat:
            return self._changed(dialect, id_, read_object(request.body))
        if (method, part) == ("GET", "messages" if is_chat else "input_items"):
            _, _, question = self._answer(dialect, id_)
            return encode(_page(_asked(question.messages, id_, is_chat=is_chat)))
        if (method, part) not in {("GET", None), ("POST", "cancel")} or (part == "cancel" and is_chat):
            return None
        kept = self._answer(dialect, id_)
        is_streamed = "stream=true" in request.path.partition("?")[2].split("&")
        return kept if is_streamed and part is None else _body(*kept, id_)

    def _answer(self, dialect: ServedDialect, id_: str) -> tuple[ServedDialect, Turn, ModelRequest]:
        kept = self._kept.get(id_)
        if kept is not None and kept[0] is dialect:
            return kept
        return dialect, self._play((), {}, dialect.name, {}), ModelRequest((), {})

    def _changed(self, dialect: ServedDialect, id_: str, body: Json) -> bytes:
        """Return a chat completion with other metadata."""
        _, turn, question = self._answer(dialect, id_)
        changed = attrs.evolve(question, options=question.options | {"metadata": member(body, "metadata", dict, {})})
        if id_ in self._kept:
            self._kept[id_] = dialect, turn, changed
        return _body(dialect, turn, changed, id_)

    def _listed(self, dialect: ServedDialect) -> Json:
        kept = [(id_, turn, question) for id_, (said, turn, question) in self._kept.items() if said is dialect]
        return _page([json.loads(_body(dialect, turn, question, id_)) for id_, turn, question in kept])


def _body(dialect: ServedDialect, turn: Turn, question: ModelRequest, id_: str) -> bytes:
    answer = dialect.answer(attrs.evolve(turn.response(), id=id_), question)
    metadata = question.options.get("metadata")
    return encode(json.loads(answer) | {"metadata": metadata}) if metadata else answer


def _page(data: list[Json]) -> Json:
    ends = {"first_id": data[0]["id"], "last_id": data[-1]["id"]} if data else {"first_id": None, "last_id": None}
    return {"object": "list", "data": data, **ends, "has_more": False}


def _asked(messages: tuple[Message, ...], id_: str, *, is_chat: bool) -> list[Json]:
    """Return what users and application said, in the form of the interface."""
    asked = [message for message in messages if isinstance(message, (HumanMessage, SystemMessage))]
    if is_chat:
        return [{"id": f"{id_}-{at}", "role": each.role, "content": each.text} for at, each in enumerate(asked)]
    return [_item(f"msg_{id_}_{at}", each) for at, each in enumerate(asked)]


def _item(id_: str, message: Message) -> Json:
    content = [{"type": "input_text", "text": message.text}]
    return {"id": id_, "type": "message", "status": "completed", "role": message.role, "content": content}


def _task(name: str, dialect: ServedDialect, body: Json) -> Json:
    """Return the count of the tokens of an input, or the input made shorter."""
    if name == "compact":
        member(body, "model", str)
    question = dialect.question({"input": "", **body}, "")
    tokens = sum(tokens_of(part) for message in question.messages for part in message.parts)
    if name == "input_tokens":
        return {"object": "response.input_tokens", "input_tokens": tokens}
    usage = {
        "input_tokens": tokens,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": 0,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": tokens,
    }
    now = environment().clock.time()
    output = [{"id": "cmp_fake", "type": "compaction", "encrypted_content": "fake"}]
    told = {"object": "response.compaction", "created_at": int(now), "output": output, "usage": usage}
    return {"id": "resp_fake", **told}


def _dotted(path: tuple[str | int, ...]) -> str:
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return text.removeprefix(".")


def _worded(problem: Invalid, param: str) -> str:
    if not param:
        return f"We could not parse the JSON body of your request: {problem.problem}."
    if problem.kind == "missing":
        return f"Missing required parameter: '{param}'."
    if problem.kind == "type":
        return f"Invalid type for '{param}': {problem.problem} instead."
    return f"Invalid '{param}': {problem.problem}."


def error_body(fault: Fault, message: str) -> dict[str, Any]:
    """Return the error that stands for `fault`."""
    word = fault.openai_code
    code = None if word == "server_error" else word
    return {"error": {"message": message, "type": _ERROR_TYPES.get(word, word), "param": None, "code": code}}


class OpenAIErrors:
    """What the dialects of OpenAI have in common.

    Args:
        profile: The server that is played.
    """

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self.bad_request: int = profile.bad_request

    def status(self, fault: Fault) -> int:
        """Return the status of `fault`; an overload outside a stream has one of its own."""
        return _OVERLOADED if fault.phase == "stream" else fault.status or _SERVER_FAULT

    def fault(self, fault: Fault, message: str, request_id: str) -> dict[str, Any]:  # noqa: ARG002 - Anthropic's has the id in it
        """Return the error body of `fault`."""
        return error_body(fault, message)

    def refusal(
        self,
        status: int,
        message: str,
        request_id: str,  # noqa: ARG002 - the same
        problem: Invalid | None = None,
    ) -> dict[str, Any]:
        """Return the error body for a request that cannot be answered."""
        kind = "server_error" if status >= _SERVER_FAULT else "invalid_request_error"
        param, code = None, None
        if problem is not None:
            param, code = _dotted(problem.path), _CODES[problem.kind]
            message = _worded(problem, param)
        return {"error": {"message": message, "type": kind, "param": param or None, "code": code}}

    def headers(self, number: int, fault: Fault | None = None) -> tuple[tuple[str, str], ...]:
        """Return id, version and limits."""
        wait = () if fault is None else retry_after(fault.retry_after)
        return (
            (self._profile.request_id, f"fake-{number}"),
            ("openai-version", "2020-10-01"),
            *limits(self._profile.limits, number, fault),
            *wait,
        )

    def models(self, names: tuple[str, ...]) -> dict[str, Any]:
        """Return the list of models."""
        return {
            "object": "list",
            "data": [self.model(name) for name in names],
        }

    def model(self, name: str) -> dict[str, Any]:
        """Return one model."""
        return {"id": name, "object": "model", "created": 0, "owned_by": "beluga"}
