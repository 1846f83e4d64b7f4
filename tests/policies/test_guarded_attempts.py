"""A guard that changes its text, and what makes the call more than once."""

from __future__ import annotations

import asyncio

import pytest

from beluga import fallback, guarded, retry
from beluga.errors import GuardBlocked
from beluga.guards import GuardResult
from beluga.testing.contracts.suite import outcome


class Quoting:
    """Puts each text in quotes, so that doing it twice shows."""

    name = "quoting"

    def validate(self, content, *, role=None):
        if content == "forbidden":
            return GuardResult(allowed=False)
        return GuardResult(allowed=True, modified=f"<<{content}>>")


class AsyncQuoting(Quoting):
    async def avalidate(self, content, *, role=None):
        await asyncio.sleep(0)
        return self.validate(content)


def counting(kind, seen, failures):
    """Return a function of `kind` that fails so many times, and notes what it is asked."""

    def answer(text, more):
        seen.append((text, more))
        if len(seen) <= failures:
            raise ConnectionError
        return text

    def sync(text, *, more="more"):
        return answer(text, more)

    async def asynchronous(text, *, more="more"):
        return answer(text, more)

    def generator(text, *, more="more"):
        yield answer(text, more)

    async def async_generator(text, *, more="more"):
        yield answer(text, more)

    return dict(zip(type(kind), (sync, asynchronous, generator, async_generator), strict=True))[kind]


@pytest.mark.parametrize("guard", [Quoting(), AsyncQuoting()], ids=["at once", "awaited"])
def test_each_attempt_begins_with_the_caller_s_arguments(kind, guard, fake_clock):
    """A guard inside a retry is given what the caller gave, and not its own output of the last attempt."""
    seen = []
    ask = retry(max_attempts=4)(guarded(input=[guard])(counting(kind, seen, 3)))
    assert outcome(kind, ask, "hi", more="there") == "<<hi>>"
    assert seen == [("<<hi>>", "<<there>>")] * 4


def test_an_alternative_is_asked_what_the_caller_asked(kind, fake_clock):
    """The layers inside a fallback are not around its alternatives, so nothing of theirs stays."""
    seen = []
    ask = fallback(counting(kind, seen, 1))(guarded(input=[Quoting()])(counting(kind, seen, 1)))
    assert outcome(kind, ask, "hi") == "hi"
    assert seen == [("<<hi>>", "<<more>>"), ("hi", "more")]


def test_a_blocked_call_leaves_no_argument_half_changed(kind, fake_clock):
    """Where the second argument is blocked, the first one is as it was for whoever answers instead."""
    seen = []
    alternative = counting(kind, seen, 0)
    ask = fallback(alternative, on=[GuardBlocked])(guarded(input=[Quoting()])(counting(kind, seen, 0)))
    assert outcome(kind, ask, "hi", more="forbidden") == "hi"
    assert seen == [("hi", "forbidden")]


@pytest.fixture(params=["SYNC", "ASYNC", "GENERATOR", "ASYNC_GENERATOR"])
def kind(request):
    """Each of the four kinds."""
    from beluga import Kind

    return Kind[request.param]
