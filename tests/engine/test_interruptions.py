"""A signal handler may raise behind every call, every jump back and in the first line of every function."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import gc
import math
from pathlib import Path

import pytest
from opentelemetry import trace

import beluga
from beluga import RateLimited, RateLimiter, budget, cached, retry, spending, traced
from beluga._engine import interpreter
from beluga._engine.timeouts import DEADLINE, TIMER
from beluga._engine.wrapping import _ENTERED
from beluga._policies.flights import LED
from beluga._policies.retry_state import RETRIED
from beluga.events import Spent
from beluga.spending import SCOPE, Account, Amount, SpendingScope
from beluga.testing import record_events

CHECKED = frozenset({"CALL", "CALL_FUNCTION_EX", "JUMP_BACKWARD", "RESUME"})
"""The bytecodes behind which CPython runs signal handlers."""
WHERE = ("<beluga", str(Path(beluga.__file__).parent))
NOTHING_AMBIENT = (math.inf, None, None, 0, (), False)


UNHEARD = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore:coroutine .* never")
"""Python tells of what a finaliser raises, and of a coroutine that is interrupted before it is awaited."""


class Interrupted(BaseException):
    """What the handler raises."""


def interrupt():
    raise Interrupted


def ambient():
    has_span = trace.get_current_span().get_span_context().is_valid
    return DEADLINE.get(), TIMER.get(), SCOPE.get(), RETRIED.get(), LED.get(), has_span


def plain(decorate, run=bool):
    return decorate(lambda who: run(who))


def stream(decorate, run=bool):
    @decorate
    def items(who):
        run(who)
        yield "fine"
        yield "fine"

    return lambda who: list(items(who))


def awaited(decorate, run=bool):
    @decorate
    async def ask(who):
        run(who)
        await asyncio.sleep(0)
        return "fine"

    return ask


MAKES = pytest.mark.parametrize("make", [plain, stream, awaited])


def once(ask):
    """Call it, in a task where it is async; return what is left of it there."""

    async def in_a_task():
        with contextlib.suppress(Interrupted):
            await ask("ada")
        return ambient()

    if not asyncio.iscoroutinefunction(ask):
        with contextlib.suppress(Interrupted):
            ask("ada")
        return ambient()
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(in_a_task())
    finally:
        loop.close()


def interrupted_everywhere(intruding, ask, prepare=bool):
    """Interrupt a call at each bytecode where that may be, and yield what is left of it."""
    once(ask)
    total = intruding(WHERE, lambda: once(ask), after=CHECKED)
    assert total > 5, total
    for at in range(1, total + 1):
        left = []
        prepare()

        def disturbed(at=at, left=left):
            intruding(WHERE, lambda: left.append(once(ask)), interrupt, at, after=CHECKED)

        with contextlib.suppress(Interrupted):  # not in the call, but in what a finaliser of its parts did
            contextvars.copy_context().run(disturbed)
        yield at, left[0] if left else NOTHING_AMBIENT


@MAKES
@UNHEARD
@pytest.mark.parametrize(
    "decorate",
    [
        budget(60.0),
        lambda function: budget(60.0)(budget(30.0)(function)),
        lambda function: budget(60.0)(retry(function)),
        retry(nested="outer"),
        cached(ttl=1e-9, key="who"),
        traced,
    ],
    ids=["time", "two deadlines", "time and retry", "outermost retry", "cache", "span"],
)
def test_a_signal_that_raises_leaves_nothing_ambient_behind(decorate, make, intruding, spans):
    """No deadline, no timer, no scope of a budget, no span: whichever line of the engine or of a policy it came in."""
    for at, left in interrupted_everywhere(intruding, make(decorate)):
        assert left == NOTHING_AMBIENT, at


@MAKES
@UNHEARD
@pytest.mark.parametrize("options", [{}, {"total": 60.0}], ids=["tokens", "tokens and time"])
def test_a_signal_that_raises_leaves_no_tokens_reserved(options, make, intruding):
    """The account holds what was told to be spent, and the estimate of a call that has run."""
    ran = []
    limit = budget(**options, tokens=1e6, key="who", estimate=5)
    ask = make(limit, ran.append)
    reached = set()
    with record_events() as events:

        def begin_anew():
            limit.reset("ada")
            ran.clear()
            events.clear()

        for at, left in interrupted_everywhere(intruding, ask, begin_anew):
            gc.collect(0)
            assert left == NOTHING_AMBIENT, at
            held = limit.account("ada").spent.tokens
            assert held == (5 if ran else sum(spent.tokens for spent in events.of(Spent))), at
            reached.add((bool(ran), held))
    assert reached >= {(False, 0), (True, 5)}


@pytest.mark.parametrize(
    ("make", "where"), [(plain, "<beluga"), (stream, interpreter.__file__)], ids=["plain", "stream"]
)
def test_what_the_handler_raises_comes_out_as_it_is(make, where, intruding):
    """At whichever bytecode: no error of the engine's own takes its place."""
    ask = make(budget(60.0))
    ask("ada")
    total = intruding(where, lambda: ask("ada"))
    for at in range(1, total + 1):
        with contextlib.suppress(Interrupted):
            contextvars.copy_context().run(intruding, where, lambda: ask("ada"), interrupt, at)


def test_an_amount_is_settled_once_and_to_the_end(intruding):
    """Whoever is interrupted between two accounts of a chain may settle again: what was begun is gone on with."""

    def begun():
        accounts = Account(100), Account(100)
        return accounts, SpendingScope(accounts[1], SpendingScope(accounts[0], None))

    def step(scope):
        scope.reserve(Amount(5))
        scope.settle(Amount(7))

    total = intruding(spending.__file__, lambda: step(begun()[1]), after=CHECKED)
    reached = set()
    for at in range(1, total + 1):
        accounts, scope = begun()
        with contextlib.suppress(Interrupted):
            intruding(spending.__file__, lambda scope=scope: step(scope), interrupt, at, after=CHECKED)
        scope.settle(Amount())
        scope.settle(Amount(9))
        upper, lower = (account.spent.tokens for account in accounts)
        assert upper == lower, at
        reached.add(upper)
    assert reached == {0, 7}


def test_a_refused_block_is_not_taken_for_one_that_runs():
    """Who leaves a block leaves the one that was entered last, and none that was refused is kept in mind."""
    limit = RateLimiter(2, 60.0)
    for _ in range(3):
        with contextlib.suppress(RateLimited), limit:
            pass
    assert _ENTERED.get() == ()
