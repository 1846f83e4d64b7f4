"""What can be decorated, as what kind, and how often by one object."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import functools
import inspect
import operator
import time

import pytest

from beluga import (
    CircuitBreaker,
    Policy,
    Rate,
    RateLimiter,
    RetryPolicy,
    Use,
    breaker,
    budget,
    explain,
    fallback,
    guarded,
    layers,
    rate_limited,
    retry,
    traced,
)
from beluga._engine.target import Kind, kind_of
from beluga.guards import MaxLength

PASS = Policy()


def plain(text="hello"):
    return text


async def asynchronous(text="hello"):
    return text


def generator(text="hello"):
    yield from text


async def async_generator(text="hello"):
    for letter in text:
        yield letter


def other_library(function):
    """Wrap as most decorators do: a plain function with ``__wrapped__``."""

    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return function(*args, **kwargs)

    return wrapper


def made_plain(function):
    """Wrap an async function so that its caller need not await it."""

    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return asyncio.run(function(*args, **kwargs))

    return wrapper


class AsyncCallable:
    async def __call__(self, text="hello"):
        return text


ASYNC = {
    "a wrapper": other_library(asynchronous),
    "a wrapper around a wrapper": other_library(other_library(asynchronous)),
    "a wrapped method": other_library(AsyncCallable().__call__),
    "a partial": functools.partial(asynchronous, "hello"),
    "a partial of a partial": functools.partial(functools.partial(asynchronous), "hello"),
    "a partial of a wrapper": functools.partial(other_library(asynchronous), "hello"),
    "an object": AsyncCallable(),
    "a partial of an object": functools.partial(AsyncCallable(), "hello"),
    "a single dispatch": functools.singledispatch(asynchronous),
}


@pytest.mark.parametrize("function", ASYNC.values(), ids=ASYNC)
def test_an_async_function_is_known_behind_what_wraps_it(function):
    """Partials, callable objects and other libraries' wrappers are of the kind of what they call, and work so."""
    decorated = retry(function)
    assert kind_of(function) is Kind.ASYNC
    args = () if isinstance(function, functools.partial) else ("hello",)
    assert asyncio.run(_awaited(decorated, *args)) == "hello"


async def _awaited(function, *args):
    return await function(*args)


@pytest.mark.parametrize(
    "function",
    [made_plain(asynchronous), contextlib.contextmanager(generator), contextlib.asynccontextmanager(async_generator)],
    ids=["a runner", "a context manager", "an async context manager"],
)
def test_a_wrapper_that_gives_something_else_is_plain(function):
    """What a wrapper has made of an async function or a generator counts, not what it wraps."""
    assert kind_of(function) is Kind.SYNC
    with contextlib.suppress(RuntimeError):
        assert retry(function)() is not None


HIDDEN = {
    "a coroutine": (lambda: asynchronous(), "returned a coroutine"),
    "a generator": (lambda: generator(), "returned a generator"),
    "an async generator": (lambda: async_generator(), "returned an async generator"),
    "a future": (lambda: asyncio.get_event_loop().create_future(), "returned a.* Future"),
    "an awaitable": (type("Awaitable", (), {"__await__": lambda self: iter(())}), "returned an Awaitable"),
}


@pytest.mark.parametrize(("give", "message"), HIDDEN.values(), ids=HIDDEN)
@pytest.mark.parametrize("attempt", [1, 2])
def test_a_plain_function_may_not_return_what_is_still_to_run(give, message, attempt):
    """No policy would see how it ends, so the call says what to do instead; in a later attempt as well."""
    failures = iter([ConnectionError] * (attempt - 1))

    @retry(initial_backoff=0)
    def ask():
        error = next(failures, None)
        if error is not None:
            raise error
        return give()

    async def main():
        with pytest.raises(TypeError, match=message):
            ask()

    asyncio.run(main())


@pytest.mark.parametrize("attempt", [1, 2])
def test_an_async_function_may_not_return_a_stream(attempt):
    """An async function that returns an async generator is not a stream; the call says what to do instead."""
    failures = iter([ConnectionError] * (attempt - 1))

    @retry(initial_backoff=0)
    async def ask():
        error = next(failures, None)
        if error is not None:
            raise error
        return async_generator()

    with pytest.raises(TypeError, match=r"an async function but returned an async generator.*yield"):
        asyncio.run(ask())


def test_an_async_function_may_not_return_a_coroutine():
    """Its policies would have seen nothing of the call; a task runs by itself, and may be what is meant."""

    @retry
    async def ask():
        return asynchronous()

    @retry
    async def begin():
        return asyncio.ensure_future(asynchronous())

    async def main():
        assert await (await begin()) == await asynchronous()
        with pytest.raises(TypeError, match=r"an async function but returned a coroutine, .*: await it there"):
            await ask()

    asyncio.run(main())


def test_a_function_may_return_values_of_many_types():
    """The check of what comes back remembers the last type only, and lets each other one pass as well."""
    values = [1, "a", None, [2], "b", 3.0, 1]
    coming = iter(values)
    ask = retry(lambda: next(coming))
    assert [ask() for _ in values] == values


SHARED = {"retry": RetryPolicy(), "breaker": CircuitBreaker(name="critical"), "limit": RateLimiter(5), "own": PASS}


@pytest.mark.parametrize("policy", SHARED.values(), ids=SHARED)
@pytest.mark.parametrize("between", [lambda function: function, retry, other_library, functools.partial])
def test_one_object_decorates_a_function_once(policy, between):
    """The same policy twice would count, wait or try again twice for each call, so it is refused at once."""
    once = between(policy(plain))
    with pytest.raises(TypeError, match=r"is on plain already"):
        policy(once)
    assert policy(plain)("again") == "again"


def test_a_method_of_a_decorated_class_is_decorated_already():
    """The two ways to one function count as one."""

    class Client:
        @PASS
        def ask(self):
            return "hello"

        @classmethod
        @PASS
        def make(cls):
            return "hello"

        @PASS
        def __call__(self):
            return "hello"

    for method in (Client().ask, Client.ask, Client.make, Client().make, Client(), functools.partial(Client())):
        with pytest.raises(TypeError, match=r"(ask|make|__call__) already"):
            PASS(method)
    assert Policy()(Client().ask)() == "hello"


def test_a_named_breaker_says_its_name():
    """The message tells which of several objects it was."""
    with pytest.raises(TypeError, match="breaker critical is on plain already"):
        SHARED["breaker"](SHARED["breaker"](plain))


def test_a_stub_that_answers_every_name_is_not_taken_for_ours():
    """An RPC stub has an attribute of any name; it is decorated as any other callable object."""

    class Stub:
        def __getattr__(self, name):
            return Stub()

        def __call__(self, text="hello"):
            return text

    stub = Stub()
    assert layers(stub) == ()
    assert retry(stub)("hi") == "hi"


def test_a_function_whose_mark_is_foreign_is_not_ours():
    """An attribute of our name on a function, of whatever value, is no layer."""
    for foreign in ("mark", (1, 2), (lambda: None, None)):

        def ask():
            return "hello"

        ask.__beluga__ = foreign
        assert layers(ask) == ()
        assert retry(ask)() == "hello"


def test_code_is_written_when_a_function_is_first_called():
    """What is decorated and never called costs no compilation, and its kind is right from the beginning."""

    class Asked(Policy):
        def enter(self, call):
            return Use("used")

    decorated = Asked()(asynchronous)
    before = decorated.__code__
    assert inspect.iscoroutinefunction(decorated)
    assert (asyncio.run(decorated()), asyncio.run(decorated())) == ("used", "used")
    assert decorated.__code__ is not before


ASKED = {
    "on_result": lambda ask: retry(on_result=ask),
    "retryable_errors": lambda ask: retry(retryable_errors=[ValueError, ask]),
    "counts": lambda ask: breaker(counts=[ask]),
    "breaker's key": lambda ask: breaker(key=ask),
    "limit's key": lambda ask: rate_limited(5, key=ask),
    "cost": lambda ask: rate_limited(5, cost=ask),
    "a rate's cost": lambda ask: Rate(5, cost=ask),
    "settle": lambda ask: rate_limited(5, settle=ask),
    "budget's key": lambda ask: budget(tokens=5, key=ask),
    "estimate": lambda ask: budget(tokens=5, estimate=ask),
    "price": lambda ask: budget(cost=5, price=ask),
    "on": lambda ask: fallback(plain, on=[ask]),
    "attributes": lambda ask: traced(attributes=ask),
    "capture": lambda ask: traced(capture=ask),
}


@pytest.mark.parametrize("option", ASKED.values(), ids=ASKED)
@pytest.mark.parametrize("ask", [asynchronous, AsyncCallable(), functools.partial(asynchronous), generator])
def test_an_option_takes_no_function_that_has_to_be_awaited(option, ask):
    """A coroutine is always true, and no key of anything: what is asked during a call answers by itself."""
    with pytest.raises(TypeError, match="must be a plain one: nobody awaits it"):
        option(ask)(plain)


@pytest.mark.parametrize("option", [*ASKED.values(), lambda ask: fallback(resume=ask)], ids=[*ASKED, "resume"])
@pytest.mark.parametrize("ask", [lambda: 1, lambda a, b: 1, lambda *, a: 1], ids=["none", "two", "keyword"])
def test_an_option_takes_no_function_of_other_arguments(option, ask):
    """It is refused at decoration, where else the first call would find it that needs it."""
    with pytest.raises(TypeError, match=r"is called with 1 argument by position, and got .*<lambda>"):
        option(ask)(plain)


def test_a_function_is_taken_whose_arguments_fit_or_are_not_known():
    """A backoff is called with two arguments; a built-in, a class or a wrapper may take any."""

    @functools.wraps(lambda attempt: attempt)
    def wrapped(*args):
        return 1.0

    for fits in (wrapped, max, functools.partial(lambda a, b, c: c, 1), functools.lru_cache(lambda: 1)):
        retry(backoff=fits)(plain)
    for fits in (bool, len, operator.attrgetter("text"), functools.partial(lambda a, b: b, 1)):
        retry(on_result=fits, retryable_errors=[len])(plain)
    with pytest.raises(TypeError, match=r"backoff= .* with 2 arguments by position, and got .*<lambda>'\(attempt\)"):
        retry(backoff=lambda attempt: 1.0)


WARNED = {
    "retry in retry": (retry(retry(plain)), "retry stands outside retry: their attempts multiply"),
    "no guards": (guarded(plain), "guarded does nothing for plain"),
    "no parameter": (guarded(input=[MaxLength(5)])(lambda: None), "guarded does nothing for <lambda>"),
    "all ignored": (guarded(input=[MaxLength(5)], ignore=["text"])(plain), "guarded does nothing for plain"),
    "no hooks": (PASS(plain), "policy does nothing for plain"),
}


@pytest.mark.parametrize(("function", "warning"), WARNED.values(), ids=WARNED)
def test_explain_warns_of_what_is_there_in_vain(function, warning):
    """Layers that multiply or do nothing are told of; the call itself goes on as it would."""
    assert f"warning: {warning}" in explain(function)


@pytest.mark.parametrize(
    "function",
    [
        retry(plain),
        guarded(input=[MaxLength(5)])(plain),
        guarded(input=[MaxLength(5)])(lambda *texts: None),
        guarded(input=[MaxLength(5)])(lambda **texts: None),
        guarded(output=[MaxLength(5)])(lambda: ""),
    ],
)
def test_explain_does_not_warn_of_what_has_something_to_do(function):
    """A guard of the output needs no parameter, and what goes into ``*args`` is guarded as well."""
    assert "warning" not in explain(function)


def test_a_function_in_c_that_imports_is_decorated():
    """It looks for ``__import__`` in the frame of its caller, which is ours."""
    for function in (time.strptime, datetime.datetime.strptime):
        assert retry(breaker(function))("2026", "%Y") == function("2026", "%Y")
