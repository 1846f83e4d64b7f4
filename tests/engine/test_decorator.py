"""A decorator made from the class of its policy: options in one place, and a word for every misuse."""

from __future__ import annotations

import inspect
import pickle
import pydoc

import attrs
import pytest

from beluga import CircuitBreaker, RetryPolicy, breaker, retry
from beluga._engine.decorator import Decorator

DECORATORS = pytest.mark.parametrize(("decorator", "policy"), [(retry, RetryPolicy), (breaker, CircuitBreaker)])


def ask():
    """Stand for a function."""
    return "fine"


@DECORATORS
def test_every_option_is_seen(decorator, policy):
    """The signature, the help and the repr of a decorator show the options of its policy."""
    signature = inspect.signature(decorator)
    assert signature.parameters == inspect.signature(policy).parameters
    assert signature.return_annotation is policy
    shown = pydoc.plain(pydoc.render_doc(decorator))
    for option, parameter in signature.parameters.items():
        assert f"{option}:" in shown
        assert f"{option}={parameter.default!r}" in repr(decorator)


@DECORATORS
def test_bare_with_options_and_as_an_object(decorator, policy):
    """All three ways decorate, and the object can be made either way."""
    assert decorator(ask)() == decorator()(ask)() == policy()(ask)() == "fine"
    assert isinstance(decorator(), policy)


@DECORATORS
def test_an_evolved_policy_has_a_state_of_its_own(decorator, policy):
    """`attrs.evolve` changes the options that it is told, and shares nothing."""
    made = decorator()
    assert repr(attrs.evolve(made)) == repr(made)
    assert attrs.evolve(made) is not made
    if policy is CircuitBreaker:
        made.trip()
        assert attrs.evolve(made, reset_timeout=5).state == "closed"


@DECORATORS
def test_a_decorator_pickles_by_name(decorator, policy):
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
        (lambda: breaker(colour=3), "breaker has no option colour=: it has failure_threshold, reset_timeout"),
        (lambda: retry(ask, max_attempts=3), r"write @retry\(max_attempts=\.\.\.\) above the function"),
        (lambda: Decorator(RetryPolicy, needs="max_attempts=3")(ask), r"write @retry\(max_attempts=3\) above ask"),
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
        (breaker, "fail_max recovery_timeout expected_exception timeout_duration exclude listeners"),
    ],
)
def test_the_words_of_other_libraries_are_known(decorator, words):
    """Those of tenacity, stamina, backoff, pybreaker, circuitbreaker and aiobreaker lead to an option."""
    for word in words.split():
        with pytest.raises(TypeError, match=f"has no option {word}=") as caught:
            decorator(**{word: 1})
        assert "it has" not in str(caught.value)
