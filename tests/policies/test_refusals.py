"""What used to do nothing, or the wrong thing, without a word."""

from __future__ import annotations

import asyncio
import gc
import math
import weakref

import pytest

from beluga import (
    Amount,
    Ask,
    CircuitBreaker,
    GuardBlocked,
    Policy,
    Rate,
    RateLimiter,
    RetryThrottle,
    Use,
    budget,
    fallback,
    guarded,
    layers,
    retry,
)  # fmt: skip
from beluga.guards import ContentFilter, PatternRedactor, ToolGuard
from beluga.schema import Usage


def test_each_attempt_of_an_outer_retry_has_all_alternatives():
    """A fallback that failed begins at its first alternative when it is run again."""
    tried = []

    def spare():
        tried.append("spare")
        raise TimeoutError

    @retry(max_attempts=2, initial_backoff=0)
    @fallback(spare)
    def ask():
        tried.append("ask")
        raise TimeoutError

    with pytest.raises(TimeoutError):
        ask()
    assert tried == ["ask", "spare"] * 2


@pytest.mark.parametrize("act", [lambda b: b.trip(), lambda b: b.reset(), lambda b: b.state])
def test_a_keyed_breaker_needs_the_key(act):
    """Without it there is no telling which circuit is meant."""
    with pytest.raises(ValueError, match="needs a key"):
        act(CircuitBreaker(key="who"))


def test_none_is_a_key_of_calls():
    """An argument of None has a circuit like any other."""

    @CircuitBreaker(key="who")
    def ask(who):
        return who

    assert ask(None) is None


def test_a_probe_has_a_lease():
    """Without time for it every call would be a probe."""
    with pytest.raises(ValueError, match=r"reset_timeout=0.0 must be a number above 0"):
        CircuitBreaker(reset_timeout=0)


def test_a_cost_by_hand_belongs_to_the_last_rate(fake_clock):
    """Requests and tokens are counted apart, also by hand."""
    limiter = RateLimiter(rates=[Rate(2), Rate(1000, cost=lambda given: given["n"], name="tokens")])
    assert limiter.allow(cost=500)
    assert limiter.allow(cost=400)
    assert not limiter.allow(cost=1)
    with pytest.raises(ValueError, match="give cost= here"):
        limiter.allow()


def test_a_cost_by_hand_cannot_serve_two_rates():
    """Where another rate than the last needs the arguments, there is no asking by hand."""
    limiter = RateLimiter(rates=[Rate(10, cost=lambda given: given["n"]), Rate(2)])
    with pytest.raises(ValueError, match="for the last rate only"):
        limiter.allow(cost=1)


def test_rates_are_rates():
    """Anything else is refused at once."""
    with pytest.raises(TypeError, match="nothing but Rate objects"):
        RateLimiter(rates=[5])


def test_a_rejected_result_opens_no_throttle():
    """Only a result that is kept gives tokens back."""
    throttle = RetryThrottle(max_tokens=4)
    throttle.failed()
    retry(on_result=lambda value: value == "bad", throttle=throttle, initial_backoff=0)(lambda: "bad")()
    assert throttle.tokens == 3.0


@pytest.mark.parametrize("price", [math.nan, None, -1.0])
def test_a_price_that_is_none_changes_no_account(price):
    """A figure that cannot be added up would leave the budget endless."""
    policy = budget(cost=1.0, price=lambda usage: price, key="who")

    @policy
    def ask(who):
        return Usage(input_tokens=1, output_tokens=1)

    with pytest.raises(ValueError, match="price gave"):
        ask("a")
    assert policy.account("a").spent == Amount()


def test_an_estimate_is_no_flag():
    """True is not one token."""
    with pytest.raises(ValueError, match="estimate=True"):
        budget(tokens=5, estimate=True)


def test_no_parameters_would_guard_nothing():
    """A guard that looks at no argument is refused."""
    with pytest.raises(ValueError, match="would guard no argument"):
        guarded(input=[ContentFilter(["bomb"])], parameters=[])


@pytest.mark.parametrize("call", [lambda f: f("https://evil.test/x"), lambda f: f(url="https://evil.test/x")])
def test_a_tool_s_other_arguments_are_judged(call):
    """What goes into *args and **kwargs cannot get round a guard of tools."""

    @guarded(tool=[ToolGuard(domains=["example.com"])])
    def fetch(*urls, **options):
        return urls, options

    with pytest.raises(GuardBlocked):
        call(fetch)


def test_a_tool_s_other_arguments_are_changed():
    """They are replaced like any other."""

    @guarded(tool=[PatternRedactor(("EMAIL", r"[a-z]+@[a-z.]+"))])
    def send(*to, **options):
        return to, options

    assert send("ada@example.com", cc="bob@example.com") == (("[EMAIL]",), {"cc": "[EMAIL]"})


def test_a_decorator_is_no_function():
    """Decorating a decorator would leave the function without it."""
    with pytest.raises(TypeError, match="cannot decorate the decorator breaker: put retry above it"):
        retry(CircuitBreaker())


def test_a_decorated_function_goes_at_once():
    """Nothing is left to the garbage collector where functions are decorated on the fly."""

    def plain(): ...
    async def asynchronous(): ...
    def generator():
        yield

    gc.disable()
    try:
        for function in (plain, asynchronous, generator, [].append):
            decorated = retry(function)
            assert len(layers(decorated)) == 1
            gone = weakref.ref(decorated)
            del decorated
            assert gone() is None
    finally:
        gc.enable()


def test_around_stands_alone():
    """A policy whose enter would never be called is refused."""

    class Both(Policy):
        concern = "both"

        def enter(self, call): ...

        def around(self, call, inner):
            return inner()

    with pytest.raises(TypeError, match="both defines around, so its enter would never be called"):
        Both()(lambda: 1)


class _Asking(Policy):
    def __init__(self, io):
        self.io = io

    def enter(self, call):
        if call.answer is None:
            return Ask(self.io)
        if call.answer.error is not None:
            raise call.answer.error
        return Use(call.answer.value)


def test_a_plain_function_awaits_nothing():
    """I/O that can only be awaited is an error there, not an answer."""

    async def io(): ...

    with pytest.raises(TypeError, match=r"gave an awaitable, and .* is a function: its io must block"):
        _Asking(io)(lambda: 1)()


def test_any_awaitable_is_awaited():
    """An __await__ may return any iterator."""

    class Ready:
        def __await__(self):
            return iter(())

    @budget(5.0)
    @_Asking(Ready)
    async def ask(): ...

    assert asyncio.run(ask()) is None


def test_a_change_by_hand_is_told(events):
    """Whoever watches circuits hears of those that a person opened or closed."""
    circuit = CircuitBreaker(name="openai")
    circuit.trip()
    circuit.trip()
    circuit.reset()
    changes = [(event.function, event.name, event.old, event.new) for event in events]
    assert changes == [("", "openai", "closed", "open"), ("", "openai", "open", "closed")]
