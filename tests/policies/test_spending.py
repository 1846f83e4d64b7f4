"""What a token and money budget charges, and when."""

from __future__ import annotations

import gc

import pytest

from beluga import Amount, BudgetExceeded, breaker, budget, events, guarded, prices, rate_limited, remaining, spend
from beluga._engine.policy import Ask
from beluga.errors import CircuitOpen, GuardBlocked, RateLimited
from beluga.guards import ContentFilter
from beluga.schema import AIMessage, Response, Usage
from beluga.spending import SCOPE
from beluga.stores import FakeStore
from beluga.testing import fake_clock, record_events


def test_what_nobody_reports_costs_its_estimate():
    """Streams left early, time-outs and plain texts cost what was reserved for them."""
    limit = budget(tokens=1000, key="user", estimate=40)

    @limit
    def stream(user):
        yield "a"
        yield "b"

    @limit
    def ask(user, error=None):
        if error is not None:
            raise error
        return "text"

    next(stream("left"))
    gc.collect()
    with pytest.raises(TimeoutError):
        ask("late", TimeoutError())
    ask("text")
    assert [limit.account(user).spent.tokens for user in ("left", "late", "text")] == [40, 40, 40]


def test_a_reported_usage_replaces_the_estimate():
    """A stream that reported before it was left costs what it reported."""
    limit = budget(tokens=1000, key="user", estimate=40)

    @limit
    def stream(user):
        yield Usage(input_tokens=7)
        yield "b"

    next(stream("a"))
    gc.collect()
    assert limit.account("a").spent.tokens == 7


def test_a_call_that_was_refused_before_it_was_sent_costs_nothing():
    """Neither a refusal of a layer inside nor one of a function that is called inside."""
    limit = budget(tokens=1000, key="user", estimate=40)
    closed = breaker()
    closed.trip()

    @rate_limited(1, key="user")
    def inner(user):
        return "text"

    @guarded(input=[ContentFilter(["bomb"])])
    def filtered(user):
        return "text"

    inner("nested")
    for function, user, refusal in (
        (limit(closed(lambda user: "text")), "open", CircuitOpen),
        (limit(rate_limited(1)(lambda user: "text")), "full", RateLimited),
        (limit(lambda user: inner(user)), "nested", RateLimited),
        (limit(filtered), "bomb", GuardBlocked),
    ):
        spent = 0
        if user == "full":
            function(user)
            spent = 40
        with pytest.raises(refusal):
            function(user)
        assert limit.account(user).spent.tokens == spent, user


def test_what_a_call_spends_itself_replaces_its_estimate():
    """`spend` is a report."""
    limit = budget(tokens=1000, key="user", estimate=40)

    @limit
    def ask(user):
        spend(tokens=3)

    ask("a")
    assert limit.account("a").spent.tokens == 3


def test_an_inner_estimate_is_charged_once():
    """Each account pays the estimate of the call that nobody reported, not one for each budget around it."""
    outer, inner = (budget(tokens=1000, key="user", estimate=estimate) for estimate in (70, 40))
    outer(inner(lambda user: "text"))("a")
    assert (outer.account("a").spent.tokens, inner.account("a").spent.tokens) == (40, 40)


def test_an_account_that_a_call_reaches_by_two_ways_pays_once():
    """A function that calls itself, or another one with the same budget, for the same tenant."""
    limit = budget(tokens=100, key="user", estimate=5)

    @limit
    def ask(user):
        return Response(AIMessage("fine"), usage=Usage(10, 0))

    @limit
    def plan(user, depth):
        return plan(user, depth - 1) if depth else ask(user)

    plan("a", 2)
    assert limit.account("a").spent == Amount(10)
    plan("b", 0)
    assert limit.account("b").spent == Amount(10)


def test_money_that_nobody_tells_is_an_error():
    """A price, an estimate in money, `spend` in the function, or `price=spend` tell; a text tells nothing."""

    def ask():
        return "text"

    def spends():
        spend(cost=0.5)

    with pytest.raises(ValueError, match=r"cost=0.01 cannot be kept, .* tells no usage: give estimate=Amount"):
        budget(cost=0.01)(ask)()
    with pytest.raises(ValueError, match=r"cost=0.01 cannot be kept"):
        budget(cost=0.01, estimate=5)(ask)()  # tokens are no money
    for decorator in (
        budget(cost=1, price=lambda usage: 0.1),
        budget(cost=1, price=spend),
        budget(cost=1, estimate=Amount(cost=0.1)),
    ):
        decorator(ask)()
    limited = budget(cost=0.6, key=lambda given: 0)(spends)
    limited()
    with pytest.raises(BudgetExceeded):
        limited()


def test_an_estimate_in_money_stands_where_only_tokens_are_reported():
    """A usage tells no money without a price."""
    limit = budget(cost=1.0, key="user", estimate=Amount(tokens=50, cost=0.25))
    limit(lambda user: Usage(input_tokens=3))("a")
    assert limit.account("a").spent == Amount(3, 0.25)


def test_spending_is_kept_apart_by_clock():
    """A test with a fake clock begins with fresh accounts, and leaves those of the real one alone."""
    limit = budget(tokens=10, key="user", estimate=10)
    ask = limit(lambda user: None)
    ask("a")
    for _ in range(2):
        with fake_clock():
            ask("a")
            with pytest.raises(BudgetExceeded):
                ask("a")
    with pytest.raises(BudgetExceeded):
        ask("a")
    limit.reset("a")
    ask("a")
    ask("b")
    limit.reset()
    ask("b")
    with pytest.raises(ValueError, match="was made without key="):
        budget(tokens=5).reset("a")


def test_an_account_begins_anew_with_its_window():
    """What was spent counts until the window since the first call ends, for each key by itself."""
    with fake_clock() as clock:

        @budget(tokens=10, key="user", window=60)
        def ask(user):
            spend(tokens=10)

        ask("ada")
        clock.advance(30)
        ask("bob")
        clock.advance(29)
        for user in ("ada", "bob"):
            with pytest.raises(BudgetExceeded):
                ask(user)
        clock.advance(1)
        ask("ada")
        with pytest.raises(BudgetExceeded):
            ask("bob")


def test_one_decorator_bounds_time_and_tokens():
    """Both parts hold for every kind of stream and call, and `explain` shows one layer."""
    with fake_clock() as clock:
        limit = budget(5, tokens=10, key="user", estimate=4)

        @limit
        def stream(user):
            yield Usage(input_tokens=1)
            yield Usage(input_tokens=2)
            clock.advance(6)
            yield "late"

        with pytest.raises(TimeoutError):
            list(stream("a"))
        assert limit.account("a").spent.tokens == 2
        with pytest.raises(BudgetExceeded):
            budget(5, tokens=1, estimate=2)(lambda: None)()
        assert limit.describe() == "total=5.0 tokens=10 key='user'"


def test_who_hears_of_what_was_spent_finds_it_in_the_account():
    """The event comes when the accounts are charged, not while the estimate is still reserved there."""
    policy = budget(tokens=100, key="user", estimate=50)
    seen = []

    @policy
    def ask(user):
        if user == "b":
            spend(tokens=7)
        return {"usage": {"prompt_tokens": 20, "completion_tokens": 10}}

    with events.subscribe(lambda event: seen.append((event.tokens, policy.account(key).spent.tokens)), events.Spent):
        for key in "ab":
            ask(key)
    assert seen == [(30, 30), (7, 57)]


def test_a_call_that_costs_nothing_takes_nothing_of_the_budget():
    """A model that runs here is free, whatever the price function says it with."""
    for free in (0, 0.0):

        @budget(tokens=100, cost=1e-9, price=lambda usage, free=free: free)
        def ask():
            return Response(AIMessage("hi"), Usage(1, 1))

        assert [ask().text for _ in range(5)] == ["hi"] * 5


def test_a_model_without_a_price_is_not_asked():
    """A budget of money by the table finds that out before the call, not after it has been paid for."""
    asked = []

    @budget(cost=1.0)
    def ask(question, model):
        asked.append(model)
        return Response(AIMessage("hi"), Usage(1, 1))

    with pytest.raises(prices.UnknownPrice, match="nobody-1"):
        ask("why?", model="nobody-1")
    assert asked == []


@pytest.mark.parametrize("streams", [False, True], ids=["an answer", "a stream"])
@pytest.mark.parametrize(
    ("answered", "asked", "counts"),
    [
        ("gpt-4o-mini", "gpt-4o", "gpt-4o-mini"),
        ("gpt-4o-mini", None, "gpt-4o-mini"),
        ("nobody-1", "gpt-4o", "gpt-4o"),
        (None, "gpt-4o", "gpt-4o"),
    ],
)
def test_the_table_prices_as_the_model_that_answered(answered, asked, counts, streams):
    """Else as the one that was asked for."""
    ask = charged(answered, streams)
    with record_events() as heard:
        ask() if asked is None else ask(model=asked)
    assert [event.cost for event in heard.of(events.Spent)] == [prices.price(counts, Usage(1000, 1000))]


@pytest.mark.parametrize("streams", [False, True], ids=["an answer", "a stream"])
def test_a_figure_that_nobody_can_know_is_not_made_up(streams):
    """A model without a price, or an answer without a model, is an error that says what to do."""
    with pytest.raises(prices.UnknownPrice, match="nobody-1"):
        charged("nobody-1", streams)()
    with pytest.raises(ValueError, match=r"names no model to price it by: give price=prices\.of\(model\)"):
        charged(None, streams)()


def charged(answered, streams):
    """Return a function whose answer names this model, with a budget of money by the table."""
    usage = {"prompt_tokens": 1000, "completion_tokens": 1000}

    @budget(cost=1.0)
    def stream(model=None):
        yield {"model": answered, "choices": []}
        yield {"model": answered, "choices": [], "usage": usage}

    @budget(cost=1.0)
    def ask(model=None):
        return {"model": answered, "choices": [], "usage": usage}

    return (lambda **given: list(stream(**given))) if streams else ask


def test_a_price_that_fails_leaves_no_deadline_behind(fake_clock):
    """Of a budget of both, that of time ends with the call however the other does."""

    @budget(10.0, tokens=100, price=lambda usage: 1 / 0)
    def ask():
        return Response(AIMessage("hi"), Usage(1, 1))

    with pytest.raises(ZeroDivisionError):
        ask()
    assert remaining() is None


def test_a_question_to_the_store_that_is_interrupted_leaves_no_deadline_behind():
    """The call was never made, and neither of the two budgets is held."""

    class Interrupted(FakeStore):
        def asking(self, *_, **__):
            def io():
                raise KeyboardInterrupt

            return Ask(io)

    with pytest.raises(KeyboardInterrupt):
        budget(10.0, tokens=100, key="who", window=60.0, name="both", store=Interrupted())(lambda who: who)("a")
    assert (remaining(), SCOPE.get()) == (None, None)


def test_a_reset_of_one_key_leaves_the_others_alone():
    """And one of all leaves none."""
    shared = budget(tokens=2, key="who")
    ask = shared(lambda who: Response(AIMessage(who), Usage(1, 1)))

    def used_up(who):
        try:
            ask(who)
        except BudgetExceeded:
            return True
        return False

    assert [used_up(who) for who in "aabb"] == [False, True, False, True]
    shared.reset("a")
    assert [used_up(who) for who in "ab"] == [False, True]
    shared.reset()
    assert [used_up(who) for who in "ab"] == [False, False]
