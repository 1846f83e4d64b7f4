"""What the checkers must find: a decorated function keeps its exact type. Checked, never run."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Generator, Iterator
from typing import Any, assert_type

import beluga
from beluga import (
    CircuitBreaker,
    RateLimiter,
    RetryPolicy,
    breaker,
    budget,
    fallback,
    guarded,
    llm,
    rate_limited,
    retry,
    structured,
    traced,
)
from beluga._policies.structured import Structured
from beluga._policies.traced import Traced
from beluga.schema import AIMessage, Chunk, Message, Response


@traced(operation="chat", model="gpt-4o")
@guarded
@budget(10.0)
@retry
@breaker(failure_threshold=5)
@rate_limited(100, key="project_id")
async def ask(question: str, *, project_id: str) -> str:
    return question + project_id


async def check_ask() -> None:
    assert_type(await ask("why?", project_id="a"), str)
    await ask("why?")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]  # project_id is missing


@retry(max_attempts=5)
def plain(a: int, b: str = "") -> float:
    return a + len(b)


assert_type(plain(1, b="x"), float)
assert_type(plain(1), float)
plain("1")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  # a is an int


@breaker
def items(n: int) -> Generator[int, str, bool]:
    yield n
    return True


assert_type(items(3), Generator[int, str, bool])


@guarded(output=())
async def chunks() -> AsyncGenerator[str, None]:
    yield "a"


assert_type(chunks(), AsyncGenerator[str, None])


class Desk:
    @retry
    def answer(self, question: str) -> str:
        return question

    @retry
    @classmethod
    def open(cls, name: str) -> Desk:
        return cls()

    @breaker
    @staticmethod
    def hours(day: int) -> int:
        return day

    @traced
    @classmethod
    def named(cls, name: str) -> Desk:
        return cls()

    @traced
    @staticmethod
    def closed(day: int) -> bool:
        return day > 5

    @traced
    async def aanswer(self, question: str) -> str:
        return question


desk = Desk()
assert_type(desk.answer("x"), str)
assert_type(Desk.open("x"), Desk)
assert_type(Desk.hours(1), int)
assert_type(Desk.named("x"), Desk)
assert_type(Desk.closed(1), bool)


async def check_method() -> None:
    assert_type(await desk.aanswer("x"), str)


assert_type(retry(), RetryPolicy)
assert_type(breaker(name="openai"), CircuitBreaker)
assert_type(rate_limited(3), RateLimiter)

shared = CircuitBreaker()
openai: Callable[[int], str] = shared(str)
assert_type(fallback(plain)(plain)(1), float)
named = traced("desk.answer")
assert_type(named, Traced)
assert_type(named(plain)(1), float)
assert_type(traced(plain)(1), float)
traced(5)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue, reportArgumentType]  # neither name nor function
job: Coroutine[Any, Any, str] = desk.aanswer("x")


def misspelt() -> None:
    beluga.retri  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]  # lazy names are known
    assert_type(beluga.__version__, str)


class Invoice:
    number: int


@traced
@structured(Invoice)
@retry
def extract(messages: list[Message], *, schema: dict[str, Any] | None = None) -> Response:
    return Response(AIMessage(str(schema)))


assert_type(extract([]), Invoice)
assert_type(extract.stream([]), Iterator[Invoice])
extract.stream("text")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  # not what it takes
extract("text")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  # not what it takes


@budget(10.0)
@structured(list[Invoice], attempts=3)
async def aextract(question: str, *, project_id: str) -> str:
    return question + project_id


async def check_aextract() -> None:
    assert_type(await aextract("text", project_id="a"), list[Invoice])
    assert_type(aextract.stream("text", project_id="a"), AsyncIterator[list[Invoice]])
    await aextract("text")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]  # project_id is missing


class Clerk:
    @structured(Invoice)
    def read(self, messages: str) -> str:
        return messages

    @classmethod
    @structured(Invoice)
    async def aread(cls, messages: str) -> str:
        return messages


assert_type(Clerk().read("text"), Invoice)
assert_type(structured(Invoice), Structured[Invoice])
either: Callable[[str], Any] = structured(Invoice | None)(str)


async def check_clerk() -> None:
    assert_type(await Clerk.aread("text"), Invoice)


def check_models(message: Message) -> None:
    with llm.new("anthropic", model="claude-sonnet-4-5") as model:
        assert_type(model.generate([message], max_tokens=9), Response)
        assert_type(next(model.stream("Hi")), Chunk)
    named: llm.Model = llm.new(str(message.role))
    for each in (model, llm.FakeProvider(), llm.apply_middleware(named, llm.Hooks(), llm.ModelWrapper)):
        each_model: llm.Model = each
        assert_type(each_model.generate("Hi"), Response)


async def check_async_models(model: llm.Model) -> None:
    assert_type(await model.agenerate("Hi"), Response)
    assert_type([chunk async for chunk in model.astream("Hi")], list[Chunk])
