"""Answers that OpenAI keeps: read, listed, changed and deleted afterwards by their ids.

An id that this provider never gave, such as one from a database, is answered from the script, so that a test of what
comes after an answer need not begin with one.

Source: the API references of ``/v1/chat/completions/{id}`` and ``/v1/responses/{id}``.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import attrs

from beluga.clock import environment
from beluga.llm.fake._wire.dialect import Question
from beluga.llm.fake._wire.documents import encode, member, read_object
from beluga.llm.fake.replies import tokens_of
from beluga.schema import HumanMessage, SystemMessage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from beluga.llm.fake._wire import HTTPRequest
    from beluga.llm.fake._wire.dialect import ServedDialect
    from beluga.llm.fake._wire.exchange import Play
    from beluga.llm.fake.replies import Turn
    from beluga.schema import Message

__all__ = ["KeptAnswers"]

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
        self._kept: dict[str, tuple[ServedDialect, Turn, Question]] = {}

    def keep(self, dialect: ServedDialect, turn: Turn, question: Question) -> None:
        """Keep an answer: of chats one that asks for it, of responses each that does not ask otherwise."""
        if question.options.get("store", dialect is self._dialects["responses"]) is not True:
            return
        self._kept[turn.request.id] = dialect, turn, question
        while len(self._kept) > _MOST:
            self._kept.pop(next(iter(self._kept)), None)

    def found(self, request: HTTPRequest, path: str) -> bytes | tuple[ServedDialect, Turn, Question] | None:
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

    def _answer(self, dialect: ServedDialect, id_: str) -> tuple[ServedDialect, Turn, Question]:
        kept = self._kept.get(id_)
        if kept is not None and kept[0] is dialect:
            return kept
        return dialect, self._play((), {}, dialect.name, {}), Question((), {})

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


def _body(dialect: ServedDialect, turn: Turn, question: Question, id_: str) -> bytes:
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
