"""What a store knows a key of a policy by."""

from __future__ import annotations

import datetime
import decimal
import enum
import uuid
from collections import namedtuple

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from beluga import CircuitOpen, RateLimited, breaker, budget, cached, rate_limited
from beluga.errors import BudgetExceeded
from beluga.spending import spend
from beluga.stores import FakeStore
from beluga.stores.base import _text


def classes():
    """Return two enums, texts and tuples of which each is called as the other one."""

    class Plan(enum.Enum):
        FREE = 1

    class Text(str):
        __slots__ = ()

        def __str__(self):
            return "always the same"

    return Plan, Text, namedtuple("Point", "x")  # noqa: PYI024 - made by a call


class Other:
    """Where the second ones are."""

    class Plan(enum.Enum):
        FREE = 1

    class Text(str):
        __slots__ = ()

    class Point(tuple):
        __slots__ = ()


class Rights(enum.Flag):
    READ = 1
    WRITE = 2


Plan, Text, Point = classes()
instants = st.datetimes(timezones=st.sampled_from([None, datetime.UTC, datetime.timezone(datetime.timedelta(hours=2))]))
zones = st.builds(
    datetime.timezone, st.timedeltas(datetime.timedelta(-1, 1), datetime.timedelta(0, 86399)), st.just("x")
)
single = st.one_of(
    st.text(),
    st.text().map("\x01{}".format),
    st.text().map(_text),
    st.integers(-2, 2),
    st.booleans(),
    st.none(),
    st.floats(allow_nan=False).map(lambda value: value + 0.0),
    st.binary(),
    st.uuids(),
    instants,
    zones,
    st.dates(),
    st.timedeltas(),
    st.integers(-9, 9).map(decimal.Decimal),
    st.sampled_from(
        [Plan.FREE, Other.Plan.FREE, Rights.READ, Rights.WRITE, Rights.READ | Rights.WRITE, Plan, Other.Plan]
    ),
    st.text().map(Text),
    st.text().map(Other.Text),
)
keys = st.recursive(
    single,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(tuple),
        st.lists(inner, max_size=1).map(Other.Point),
        inner.map(Point),
        st.frozensets(inner, max_size=3),
    ),
    max_leaves=3,
)


def same(one, other):
    """Say whether two keys are one: of one class, and equal in all that they consist of."""
    if type(one) is not type(other):
        return False
    if isinstance(one, tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, frozenset):
        return len(one) == len(other) and all(any(same(a, b) for b in other) for a in one)
    return str.__eq__(one, other) if isinstance(one, str) else one == other


@settings(max_examples=50)
@example((1,), (True,))
@example(1, "\x01int 1")
@example(1, _text(1))
@example(_text(1), _text(_text(1)))
@example(Plan.FREE, Other.Plan.FREE)
@example(Text("a"), Text("b"))
@example(("a", "b"), ("a', 'b",))
@example(frozenset({1}), frozenset({True}))
@given(keys, keys)
def test_two_keys_have_one_text_only_if_they_are_one(one, other):
    """Their classes are in it, and their parts with theirs."""
    store = FakeStore()
    if not same(one, other):
        assert store.key("limit", "a", one) != store.key("limit", "a", other)


@given(st.tuples(st.text(), st.text()), st.tuples(st.text(), st.text()))
@example(("a\x00b", "c"), ("a", "b\x00c"))
@example(("a", "bc"), ("ab", "c"))
@example(("1", " "), ("", "1 "))
def test_two_names_share_no_key(one, other):
    """Wherever the name of a policy ends and the key begins."""
    store = FakeStore()
    assert (store.key("limit", *one) == store.key("limit", *other)) == (one == other)


def test_the_text_of_a_nested_key_is_no_longer_than_what_it_holds():
    """So that the arguments of a cached call may be nested, and not a character is written as its escape."""
    key = "\N{BELL}é"
    for depth in range(1, 13):
        key = (key,)
        assert len(_text(key)) < 30 * (depth + 1)
    assert _text(key).endswith("\N{BELL}é")


def test_a_key_of_any_size_is_a_key_or_is_refused_by_name():
    """A number of 5000 digits is one; of tuples too deep within each other the message says so."""
    store, key = FakeStore(), ()
    assert store.key("limit", "a", 10**5000) != store.key("limit", "a", 10**5000 + 1)
    for _ in range(100_000):
        key = (key,)
    with pytest.raises(TypeError, match="nested too deeply"):
        store.key("limit", "a", key)
    ask = cached(300, name="a", store=store)(lambda question: 1)
    question = {}
    for _ in range(100):
        question = {"in": [question]}
    with pytest.raises(TypeError, match="nested too deeply"):
        ask(question)


ALIKE = [1, True, 1.0, (1,), (True,), ((1.0,),), ((1,),), "1", decimal.Decimal(1)]


@pytest.mark.parametrize("lease", [None, "auto"])
def test_a_limit_tells_apart_what_python_takes_for_equal(lease):
    """Whichever of them came first in this process."""
    ask = rate_limited(1, key="who", name="a", store=FakeStore(), lease=lease)(lambda who: who)
    for who in ALIKE:
        ask(who)
    for who in ALIKE:
        with pytest.raises(RateLimited):
            ask(who)


def test_a_budget_and_a_circuit_tell_them_apart_too():
    """As every policy with a store does."""
    store = FakeStore()

    @budget(cost=1.0, per="who", window=60.0, name="money", store=store)
    def pay(who):
        spend(cost=1.0)

    @breaker(failure_threshold=1, key="who", name="circuit", store=store)
    def fail(who):
        raise OSError

    for who in ALIKE:
        pay(who)
        with pytest.raises(OSError):  # noqa: PT011 - it has no text
            fail(who)
    for who in ALIKE:
        with pytest.raises(BudgetExceeded):
            pay(who)
        with pytest.raises(CircuitOpen):
            fail(who)


def test_the_text_of_a_key_stays_what_it_is():
    """Two deployments know a key by one text, so these are written down."""
    assert FakeStore().key("limit", "a", "tenant") == "beluga:dKGD1lXaVDOksWoI"
    assert FakeStore().key("limit", "a", (1, uuid.UUID(int=7), None, b"x")) == "beluga:bXfYyCz7sJ4edqQr"
