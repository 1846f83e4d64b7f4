"""A decorator made from the class of its policy: options in one place, and a word for every misuse."""

from __future__ import annotations

import functools
import inspect
import pickle
import pydoc
import re

import attrs
import pytest

from beluga import (
    Amount,
    Bulkhead,
    Cache,
    CircuitBreaker,
    RateLimiter,
    RetryPolicy,
    breaker,
    budget,
    bulkhead,
    fallback,
    rate_limited,
    retry,
    traced,
)
from beluga._policies.budget import Budget
from beluga._policies.fallback import Fallback
from beluga._policies.guarded import Guarded
from beluga._policies.hedge import Hedge
from beluga._policies.traced import Traced

POLICIES = [
    (retry, RetryPolicy, {}),
    (breaker, CircuitBreaker, {}),
    (traced, Traced, {}),
    (rate_limited, RateLimiter, {"limit": 5}),
    (budget, Budget, {"total": 5, "tokens": 7}),
]
DECORATORS = pytest.mark.parametrize(("decorator", "policy", "options"), POLICIES, ids=lambda value: str(value)[:9])


def ask():
    """Stand for a function."""
    return "fine"


@DECORATORS
def test_every_option_is_seen(decorator, policy, options):
    """The signature, the help and the repr of a decorator show the options of its policy."""
    signature = inspect.signature(decorator)
    assert signature.parameters == inspect.signature(policy).parameters
    assert signature.return_annotation is policy
    assert decorator.__doc__ == policy.__doc__
    shown = pydoc.plain(pydoc.render_doc(decorator))
    for option, parameter in signature.parameters.items():
        assert f"{option}:" in shown, option
        assert f"{option}={parameter.default!r}" in repr(decorator)


@DECORATORS
def test_bare_with_options_and_as_an_object(decorator, policy, options):
    """All three ways decorate; what needs options says so where it stands bare."""
    assert decorator(**options)(ask)() == policy(**options)(ask)() == "fine"
    assert isinstance(decorator(**options), policy)
    if options:
        with pytest.raises(
            TypeError, match=rf"{decorator.__name__} needs options: write @{decorator.__name__}\(.*above"
        ):
            decorator(ask)
    else:
        assert decorator(ask)() == "fine"


@DECORATORS
def test_an_evolved_policy_has_the_options_that_it_is_told(decorator, policy, options):
    """`attrs.evolve` works on each, and every repr is that of its options."""
    made = decorator(**options)
    assert repr(attrs.evolve(made)) == repr(made)
    assert attrs.evolve(made) is not made
    assert repr(made).startswith(f"{policy.__name__}(")
    for option, value in options.items():
        assert getattr(attrs.evolve(made, **{option: value + 1}), option) == value + 1


@pytest.mark.parametrize(
    "policy",
    [Budget, Bulkhead, Cache, CircuitBreaker, Fallback, Guarded, Hedge, RateLimiter, RetryPolicy, Traced],
    ids=lambda policy: policy.__name__,
)
def test_a_repr_shows_what_was_given_and_nothing_else(policy):
    """What a policy remembers of calls, and what it works out of its options, is not for a log."""
    options = inspect.signature(policy).parameters
    for attribute in attrs.fields(policy):
        assert not attribute.repr or attribute.init or attribute.name in options, attribute.name


@pytest.mark.parametrize("made", [RetryPolicy(), Traced()], ids=lambda made: type(made).__name__)
def test_a_repr_names_options_as_they_are_given(made):
    """Not as the policy keeps them."""
    assert re.findall(r"(\w+)=", repr(made)) == list(inspect.signature(type(made)).parameters)


def test_an_evolved_policy_shares_no_state():
    """What happened to one policy says nothing about another with the same options."""
    tripped, full, spent = CircuitBreaker(), RateLimiter(1), budget(tokens=1, key="who")
    tripped.trip()
    full.allow()
    spent.account("a").add(Amount(1))
    assert attrs.evolve(tripped, reset_timeout=5).state == "closed"
    assert attrs.evolve(full, limit=2).remaining() == 2
    assert attrs.evolve(spent).account("a").spent == Amount()
    assert attrs.evolve(fallback(ask), on="timeout").alternatives == (ask,)


@DECORATORS
def test_a_decorator_pickles_by_name(decorator, policy, options):
    """It is one object, as a function is."""
    assert pickle.loads(pickle.dumps(decorator)) is decorator


@pytest.mark.parametrize(
    ("misuse", "message"),
    [
        (lambda: retry(3), r"retry takes its options by name: write retry\(max_attempts=3\)"),
        (lambda: retry("3"), r"write retry\(max_attempts=\.\.\.\)"),
        (lambda: breaker(5, 30), r"write breaker\(failure_threshold=5, reset_timeout=30\)"),
        (lambda: retry(max_attemps=3), "retry has no option max_attemps=: did you mean max_attempts="),
        (lambda: retry(stop=3), "retry has no option stop=: write max_attempts= or max_elapsed="),
        (lambda: retry(wait_max=3), "write max_backoff="),
        (lambda: breaker(fail_max=3), "breaker has no option fail_max=: write failure_threshold="),
        (lambda: breaker(name=3), "breaker: name=3 must be a text, or None"),
        (lambda: RateLimiter(3, name=3), "rate_limited: name=3 must be a text, or None"),
        (lambda: breaker(colour=3), "breaker has no option colour=: it has failure_threshold, reset_timeout"),
        (lambda: retry(ask, max_attempts=3), r"write @retry\(max_attempts=\.\.\.\) above the function"),
        (lambda: rate_limited(ask), r"write @rate_limited\(limit=100, window=60.0\) above ask"),
        (lambda: rate_limited(1, 60, "who"), r"write rate_limited\(1, 60, key=\.\.\.\)"),
        (lambda: budget(10.0, 0.5), r"write budget\(10.0, share=0.5\)"),
        (lambda: budget(timeout=5), "budget has no option timeout=: write total="),
        (lambda: fallback(ask)("text"), r"fallback\(ask\) decorates .* got a str: .* @fallback\(other\) above it"),
        (lambda: fallback(3), "cannot decorate int"),
        (lambda: retry(property(ask)), "cannot decorate the property .*: put the decorator under it"),
        (lambda: retry(functools.partialmethod(ask)), "decorate the function before making it a partialmethod"),
        (lambda: retry(each for each in ()), "cannot decorate a running generator"),
    ],
)
def test_a_misuse_says_what_to_write(misuse, message):
    """Numbers without a name, misspelt options and the words of other libraries: each has its answer."""
    with pytest.raises(TypeError, match=message):
        misuse()


@pytest.mark.parametrize(
    ("decorator", "words"),
    [
        (retry, "stop wait attempts max_tries max_time timeout wait_initial wait_max wait_exp_base on"),
        (rate_limited, "max_rate time_period calls period amount"),
        (budget, "timeout max_tokens"),
        (fallback, "exception exceptions"),
        (bulkhead, "max_workers max_concurrency concurrency limit value max_wait"),
        (breaker, "fail_max recovery_timeout expected_exception timeout_duration exclude listeners"),
    ],
)
def test_the_words_of_other_libraries_are_known(decorator, words):
    """Those of tenacity, stamina, backoff, pybreaker, circuitbreaker and aiobreaker lead to an option."""
    for word in words.split():
        with pytest.raises(TypeError, match=f"has no option {word}=") as caught:
            decorator(**{word: 1})
        assert "it has" not in str(caught.value)
