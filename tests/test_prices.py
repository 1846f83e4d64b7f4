"""What a call costs, from the table that comes with the package."""

from __future__ import annotations

import itertools
import random
from importlib.metadata import PackageNotFoundError, version

import pytest

from beluga import budget, prices
from beluga.errors import BudgetExceeded
from beluga.schema import AIMessage, Response, Usage
from beluga.testing import fake_clock

MILLION = 1_000_000


def test_cached_and_written_tokens_have_prices_of_their_own():
    """Of Anthropic's models a read costs a tenth, and a write a quarter more."""
    plain = prices.price("claude-sonnet-4-5", Usage(100_000))
    assert prices.price("claude-sonnet-4-5", Usage(100_000, cached_tokens=100_000)) == pytest.approx(plain / 10)
    assert prices.price("claude-sonnet-4-5", Usage(100_000, cache_write_tokens=100_000)) == pytest.approx(plain * 1.25)


def test_a_long_context_costs_more_for_every_token():
    """A tier counts for the whole call."""
    below = prices.price("gemini-2.5-pro", Usage(200_000))
    above = prices.price("gemini-2.5-pro", Usage(200_001))
    assert above == pytest.approx(2 * below, rel=1e-4)


def test_a_batch_costs_half():
    """Where the provider says so."""
    usage = Usage(1000, 500)
    assert prices.price("gpt-4o", usage, batch=True) == prices.price("gpt-4o", usage) / 2


@pytest.mark.parametrize("name", ["gpt-4o-mini", "GPT-4o-mini", "gpt-4o-mini-2024-07-18", "gpt-4o-mini-20240718"])
def test_a_model_is_known_by_any_of_its_names(name):
    """As it is asked for, as answers tell it, and as gateways write the day."""
    assert prices.price(name, Usage(MILLION)) == 0.15


def test_a_gateway_has_prices_of_its_own():
    """The provider says which."""
    assert prices.price("openai/gpt-4o-mini", Usage(MILLION), provider="openrouter") > 0
    assert prices.price("gpt-4o-mini", Usage(MILLION), provider="azure") == 0.15


def test_a_price_that_depends_on_the_day_is_that_of_the_moment():
    """By the running clock."""
    changing = "gpt-4o-mini"
    with fake_clock():
        assert prices.price(changing, Usage(MILLION)) == 0.15


def test_an_unknown_model_is_refused_with_what_to_do():
    """A price of 0 would let a budget run for ever."""
    with pytest.raises(prices.UnknownPrice, match=r"no price is known for the model 'my-own'.*override\('my-own', inp"):
        prices.price("my-own", Usage(1))
    with pytest.raises(prices.UnknownPrice, match="of nobody"):
        prices.price("gpt-4o", Usage(1), provider="nobody")
    with pytest.raises(prices.UnknownPrice):
        prices.of("my-own")


def test_what_tokens_cannot_price_is_unknown():
    """Hours of audio are in no usage."""
    with pytest.raises(prices.UnknownPrice):
        prices.price("whisper-1", Usage(1))


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))), ids=str)
def test_prices_that_are_set_are_undone_in_any_order(order):
    """The last of those that are left counts, and no price that was undone comes back."""
    usage, left = Usage(1_000_000), [1.0, 2.0, 3.0]
    blocks = [prices.override("my-own", input=each, output=0) for each in left]
    for place in order:
        blocks[place].close()
        left[place] = None
        known = [each for each in left if each is not None]
        if known:
            assert prices.price("my-own", usage) == known[-1]
    with pytest.raises(prices.UnknownPrice):
        prices.price("my-own", usage)


def test_a_price_can_be_set_and_taken_back():
    """At once, for upper and lower case alike."""
    with prices.override("My-Own", input=1, output=2, cached="0.5", reasoning=3):
        usage = Usage(MILLION, MILLION, cached_tokens=MILLION // 2, reasoning_tokens=MILLION)
        assert prices.price("my-own", usage) == 0.5 + 0.25 + 3
        inner = prices.override("my-own", input=9, output=9)
        assert prices.price("my-own", Usage(MILLION)) == 9
        inner.close()
        assert prices.price("my-own", Usage(MILLION)) == 1
    with pytest.raises(prices.UnknownPrice):
        prices.price("my-own", Usage(1))


@pytest.mark.parametrize("figure", [-1, "much", float("nan"), float("inf"), True], ids=str)
def test_a_price_that_is_none_is_refused(figure):
    """With the option and the value."""
    with pytest.raises(ValueError, match=r"prices.override: output=.* must be dollars for a million tokens"):
        prices.override("my-own", input=1, output=figure)


def test_a_budget_of_money_is_kept_by_the_table():
    """`price=prices.of(model)` is all that it needs."""

    @budget(cost=1.0, key="user", price=prices.of("gpt-4o-mini"))
    def ask(user):
        return Response(AIMessage("fine"), usage=Usage(MILLION, MILLION))

    ask("ada")
    ask("ada")
    with pytest.raises(BudgetExceeded):
        ask("ada")


ANSWER = Response(AIMessage("fine"), usage=Usage(MILLION, MILLION), model="gpt-4o-mini-2024-07-18")


def test_a_budget_of_money_needs_no_price():
    """The answer tells its model, and the table the rest."""
    bill = budget(cost=1.0, key="user")
    ask = bill(lambda user: ANSWER)
    ask("ada")
    assert bill.account("ada").spent.cost == 0.75
    ask("ada")
    with pytest.raises(BudgetExceeded):
        ask("ada")


def test_an_answer_that_names_no_model_is_priced_as_the_one_that_was_asked_for():
    """By the argument called model."""
    bill = budget(cost=1.0, key="user")
    bill(lambda user, model="gpt-4o-mini": Response(AIMessage("fine"), usage=Usage(MILLION)))("ada")
    assert bill.account("ada").spent.cost == 0.15


def test_a_stream_tells_its_model_in_its_chunks():
    """And its usage in the last one."""
    bill = budget(cost=1.0, key="user")

    @bill
    def ask(user):
        yield {"model": "gpt-4o-mini", "choices": []}
        yield {"model": "gpt-4o-mini", "choices": [], "usage": {"prompt_tokens": MILLION, "completion_tokens": 0}}

    list(ask("ada"))
    assert bill.account("ada").spent.cost == 0.15


def test_a_model_without_a_price_is_refused_before_the_call():
    """Where it is known then; else when the answer names it."""
    calls = []

    @budget(cost=1.0)
    def ask(model):
        calls.append(model)

    with pytest.raises(prices.UnknownPrice, match=r"prices.override\('my-own'"):
        ask(model="my-own")
    assert not calls
    with pytest.raises(prices.UnknownPrice):
        budget(cost=1.0)(lambda: Response(AIMessage("fine"), usage=Usage(1), model="my-own"))()


def test_an_answer_without_a_model_cannot_be_priced():
    """What to write instead is said."""
    with pytest.raises(ValueError, match=r"names no model to price it by: give price=prices.of\(model\)"):
        budget(cost=1.0)(lambda: Usage(1))()


def test_the_table_says_what_it_is():
    """Its source, the licence, and the day."""
    assert "genai-prices" in prices.source()
    assert "MIT" in prices.source()
    assert prices.made().year >= 2026


def _source():
    """Return the package that the table is made from, if it is this version of it."""
    try:
        if version("genai-prices") not in prices.source():
            pytest.skip("another version of genai-prices than the table is made from")
    except PackageNotFoundError:
        pytest.skip("genai-prices is not installed")
    return pytest.importorskip("genai_prices")


def test_it_equals_its_source():
    """10,000 random usages of all its models, to the last digit."""
    source, rng = _source(), random.Random(1)
    data = pytest.importorskip("genai_prices.data")
    names = [(provider.id, name) for provider in data.providers for each in provider.models for name in _names(each)]
    rng.shuffle(names)
    compared = 0
    for number in range(10_000):
        provider, name = names[number % len(names)]
        given = rng.choice([rng.randrange(5000), rng.randrange(MILLION)])
        cached = rng.randrange(given + 1)
        written = rng.randrange(given - cached + 1)
        taken = rng.randrange(50_000)
        thought = rng.randrange(taken + 1)
        batch = rng.random() < 0.3
        theirs = source.calc_price(
            source.Usage(
                input_tokens=given,
                cache_read_tokens=cached,
                cache_write_tokens=written,
                output_tokens=taken,
                output_reasoning_tokens=thought,
            ),
            name,
            provider_id=provider,
            price_context={"processing": "batch"} if batch else None,
        )
        usage = Usage(given, taken, cached, written, thought)
        try:
            ours = prices.price(name, usage, provider=provider, batch=batch)
        except prices.UnknownPrice:
            assert theirs.total_price == 0
            continue
        assert ours == float(theirs.total_price), (provider, name)
        compared += 1
    assert compared > 9000


def _names(model):
    clauses = [model.match]
    while clauses:
        clause = clauses.pop()
        clauses += getattr(clause, "or_", ())
        if hasattr(clause, "equals"):
            yield clause.equals
