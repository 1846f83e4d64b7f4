"""What every model must keep: four ways to ask it, and one answer."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from beluga.classification import classify
from beluga.schema import AIMessage, Chunk, HumanMessage, Response, SystemMessage, ThinkingPart, Usage
from beluga.testing.contracts.suite import Suite, collected

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from beluga.llm import Model

__all__ = ["ModelContract"]

_MANY = 4
"""Calls at the same time."""


@attrs.frozen
class _ComparedAnswer:
    """What every way of asking has to give; ids are new each time, so they do not count."""

    text: str
    thinking: str
    tools: tuple[tuple[str, Any], ...]
    usage: Usage | None
    finish_reason: str | None


def _whole(response: Response) -> _ComparedAnswer:
    thinking = "".join(part.text for part in response.message.parts if isinstance(part, ThinkingPart))
    tools = tuple((call.name, call.arguments) for call in response.tool_calls)
    return _ComparedAnswer(response.text, thinking, tools, response.usage, response.finish_reason)


def _joined(chunks: Sequence[Chunk]) -> _ComparedAnswer:
    tools = tuple((chunk.tool_call.name, chunk.tool_call.arguments) for chunk in chunks if chunk.tool_call is not None)
    text, thinking = "".join(chunk.text for chunk in chunks), "".join(chunk.thinking for chunk in chunks)
    return _ComparedAnswer(text, thinking, tools, chunks[-1].usage, chunks[-1].finish_reason)


def _generate(model: Model, question: Any, **options: Any) -> Any:
    return model.generate(question, **options)


def _agenerate(model: Model, question: Any, **options: Any) -> Any:
    return asyncio.run(model.agenerate(question, **options))


def _stream(model: Model, question: Any, **options: Any) -> Any:
    return list(model.stream(question, **options))


def _astream(model: Model, question: Any, **options: Any) -> Any:
    return asyncio.run(collected(model.astream(question, **options)))


_every_way = pytest.mark.parametrize(
    "ask", [_generate, _agenerate, _stream, _astream], ids=["generate", "agenerate", "stream", "astream"]
)
_both_streams = pytest.mark.parametrize("ask", [_stream, _astream], ids=["stream", "astream"])


class ModelContract(Suite):
    """What every model must keep, whoever answers.

    Set `make_model`, and where there is something to check, `make_failing_model`, `question`, `options`,
    `secrets` or `surroundings`.
    """

    question = "Say hello."
    """What the model is asked."""

    options: Mapping[str, Any] = {}
    """The keyword arguments of each call."""

    secrets: Sequence[str] = ()
    """What no error and no repr may show, such as the API key that the model was made with."""

    def make_model(self) -> Model:
        """Return a new model that gives the same good answer to each of some ten calls, however it is asked."""
        raise NotImplementedError

    def make_failing_model(self) -> Model | None:
        """Return a new model of which every call fails in the same way; None leaves errors unchecked."""
        return None

    @pytest.fixture
    def expected(self) -> _ComparedAnswer:
        """The answer of a model of its own, asked in the simplest way."""
        return _whole(_generate(self.make_model(), self.question, **self.options))

    def _answer(self, ask: Callable[..., Any], model: Model, question: Any = None) -> _ComparedAnswer:
        given = ask(model, self.question if question is None else question, **self.options)
        return _whole(given) if isinstance(given, Response) else _joined(given)

    @pytest.mark.parametrize("ask", [_generate, _agenerate], ids=["generate", "agenerate"])
    def test_an_answer_is_complete(self, ask: Callable[..., Any]) -> None:
        """A whole answer is a `Response` that says something, what it cost and why it ended."""
        response = ask(self.make_model(), self.question, **self.options)
        assert isinstance(response, Response)
        assert isinstance(response.message, AIMessage)
        assert isinstance(response.usage, Usage)
        assert response.text or response.tool_calls, "the answer has neither text nor tool calls"
        assert response.finish_reason, "the answer has no finish reason"
        assert response.model, "the answer does not say which model gave it"

    @_both_streams
    def test_a_stream_ends_once(self, ask: Callable[..., Any]) -> None:
        """A stream's last chunk, and no other, has the finish reason and the usage."""
        chunks = ask(self.make_model(), self.question, **self.options)
        assert all(isinstance(chunk, Chunk) for chunk in chunks)
        assert chunks[-1].finish_reason, "the last chunk has no finish reason, so the stream was cut"
        assert isinstance(chunks[-1].usage, Usage)
        early = [chunk for chunk in chunks[:-1] if chunk.finish_reason is not None or chunk.usage is not None]
        assert not early, f"{len(early)} of {len(chunks)} chunks end the stream before its last one"

    @_every_way
    def test_every_way_gives_the_same_answer(self, ask: Callable[..., Any], expected: _ComparedAnswer) -> None:
        """Whole or in pieces, sync or async: text, thoughts, tool calls, usage and finish reason are the same."""
        assert self._answer(ask, self.make_model()) == expected

    @_every_way
    def test_tool_calls_have_ids_of_their_own(self, ask: Callable[..., Any]) -> None:
        """Each tool call of an answer can be told from the others, so that its result finds it."""
        given = ask(self.make_model(), self.question, **self.options)
        calls = given.tool_calls if isinstance(given, Response) else [c.tool_call for c in given if c.tool_call]
        ids = [call.id for call in calls]
        assert all(ids)
        assert len(set(ids)) == len(ids)

    @_every_way
    @pytest.mark.parametrize("form", ["message", "list", "iterator"])
    def test_every_form_of_question_is_taken(
        self, ask: Callable[..., Any], form: str, expected: _ComparedAnswer
    ) -> None:
        """A text, one message and any iterable of messages are the same question, and a list is left as it was."""
        message = HumanMessage(self.question)
        listed = [message]
        forms = {"message": message, "list": listed, "iterator": iter(listed)}
        assert self._answer(ask, self.make_model(), forms[form]) == expected
        assert listed == [message]

    @_every_way
    def test_a_conversation_is_taken(self, ask: Callable[..., Any]) -> None:
        """Messages of every common kind, in their order, get an answer."""
        conversation = (SystemMessage("Be brief."), HumanMessage("Hi."), AIMessage("Hello."), HumanMessage("Again."))
        assert self._answer(ask, self.make_model(), conversation).finish_reason

    @_every_way
    @pytest.mark.parametrize(("question", "error"), [([], ValueError), ([42], TypeError)], ids=["empty", "no message"])
    def test_what_is_no_question_is_refused(self, ask: Callable[..., Any], question: Any, error: Any) -> None:
        """Without a message, or with something else in its place, there is a plain error and no call."""
        with pytest.raises(error):
            ask(self.make_model(), question, **self.options)

    def test_a_stream_can_be_left(self, expected: _ComparedAnswer) -> None:
        """After a consumer has left a stream early, the model answers as before."""
        model = self.make_model()
        stream: Any = model.stream(self.question, **self.options)
        next(stream)
        stream.close()
        stream.close()
        assert self._answer(_stream, model) == expected

    def test_an_async_stream_can_be_left(self, expected: _ComparedAnswer) -> None:
        """After a consumer has left an async stream early, nothing runs on, and the model answers as before."""
        model = self.make_model()

        async def main() -> list[Chunk]:
            stream: Any = model.astream(self.question, **self.options)
            await anext(stream)
            await stream.aclose()
            await stream.aclose()
            assert asyncio.all_tasks() == {asyncio.current_task()}
            return await collected(model.astream(self.question, **self.options))

        assert _joined(asyncio.run(main())) == expected

    @pytest.mark.parametrize("ask", [_generate, _stream], ids=["generate", "stream"])
    def test_threads_may_share_it(self, ask: Callable[..., Any], expected: _ComparedAnswer) -> None:
        """Calls from several threads at once each get their whole answer."""
        model = self.make_model()
        answers: list[_ComparedAnswer] = []
        threads = [
            threading.Thread(
                target=contextvars.copy_context().run, args=(lambda: answers.append(self._answer(ask, model)),)
            )
            for _ in range(_MANY)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert answers == [expected] * _MANY

    def test_tasks_may_share_it(self, expected: _ComparedAnswer) -> None:
        """Calls from several tasks at once each get their whole answer."""
        model = self.make_model()

        async def main() -> tuple[list[Response], list[list[Chunk]]]:
            wholes = [model.agenerate(self.question, **self.options) for _ in range(_MANY)]
            streams = [collected(model.astream(self.question, **self.options)) for _ in range(_MANY)]
            return await asyncio.gather(*wholes), await asyncio.gather(*streams)

        responses, streams = asyncio.run(main())
        assert [_whole(response) for response in responses] == [expected] * _MANY
        assert [_joined(chunks) for chunks in streams] == [expected] * _MANY

    @_every_way
    def test_a_failure_is_classified(self, ask: Callable[..., Any]) -> None:
        """An error has the same code however the model was asked, and quotes neither the question nor a secret."""
        model = self.make_failing_model()
        if model is None:
            pytest.skip("make_failing_model gives no model, so there is no error to check")
        with pytest.raises(Exception) as reference:  # noqa: PT011 - which one it is, is the model's business
            _generate(model, self.question, **self.options)
        with pytest.raises(type(reference.value)) as caught:
            ask(model, self.question, **self.options)
        assert classify(caught.value) is not None
        assert classify(caught.value) is classify(reference.value)
        shown = f"{caught.value} {caught.value!r}"
        assert self.question not in shown
        assert not [number for number, secret in enumerate(self.secrets) if secret in shown], "the error shows a secret"

    def test_its_repr_shows_no_secret(self) -> None:
        """A model in a log line or a traceback does not give away what it was made with."""
        shown = repr(self.make_model())
        assert not [number for number, secret in enumerate(self.secrets) if secret in shown], "the repr shows a secret"
