"""Policies that follow a setting of a watched file."""

from __future__ import annotations

import attrs
import pytest

from beluga import (
    ConfigError,
    DeadlineExceeded,
    RateLimited,
    RateLimiter,
    RetryPolicy,
    budget,
    explain,
    rate_limited,
    retry,
)
from beluga import remaining as time_left
from beluga.config import FileWatcher, Live, Seconds, field
from beluga.testing import fake_clock


@attrs.frozen
class Inner:
    rate: int = 2


@attrs.frozen
class App:
    rate_limit: int = 2
    attempts: int = 2
    total: Seconds | None = 10.0
    inner: Inner = field(factory=Inner)
    spare: Inner | None = None
    hidden: int = field(3, secret=True)


@pytest.fixture
def clock():
    with fake_clock() as clock:
        yield clock


@pytest.fixture
def watcher(tmp_path):
    (tmp_path / "app.json").write_text("{}")
    return FileWatcher(tmp_path / "app.json", App)


@pytest.fixture
def edit(watcher, tmp_path):
    def edit(text):
        (tmp_path / "app.json").write_text(text)
        return watcher.poll()

    return edit


def admitted(function):
    count = 0
    try:
        while True:
            function()
            count += 1
    except RateLimited:
        return count


@pytest.mark.parametrize("algorithm", ["fixed_window", "sliding_window", "token_bucket"])
def test_a_rate_limit_follows_the_file(clock, watcher, edit, algorithm):
    """The next window admits what the file says now, and refusals name the current limit."""

    @rate_limited(limit=watcher.live("rate_limit"), algorithm=algorithm)
    def ask():
        return "fine"

    assert admitted(ask) == 2
    for limit in (5, 1):
        assert edit(f'{{"rate_limit": {limit}}}')
        clock.advance(120)
        assert admitted(ask) == limit
        with pytest.raises(RateLimited, match=f"the rate limit of {limit} per 60 s") as caught:
            ask()
        assert caught.value.limit == limit
        assert f"{limit} per 60 s" in explain(ask)


@pytest.mark.parametrize(("algorithm", "more"), [("fixed_window", 3), ("sliding_window", 3), ("token_bucket", 0)])
def test_what_is_used_stays_used(clock, watcher, edit, algorithm, more):
    """Within a window a higher limit adds the difference; the token bucket keeps the used share instead."""
    limiter = RateLimiter(watcher.live("rate_limit"), key="k", algorithm=algorithm)
    assert [limiter.allow("a") for _ in range(3)] == [True, True, False]
    edit('{"rate_limit": 5}')
    assert limiter.remaining("a") == more
    edit('{"rate_limit": 1}')
    assert (limiter.remaining("a"), limiter.allow("a")) == (0, False)


def test_retry_follows_the_file(clock, watcher, edit):
    """Each call makes as many attempts as the file says at the time."""
    calls = []

    @retry(max_attempts=watcher.live("attempts"), initial_backoff=0)
    def ask():
        calls.append(1)
        raise TimeoutError

    for attempts in (2, 5, 1):
        edit(f'{{"attempts": {attempts}}}')
        calls.clear()
        with pytest.raises(TimeoutError):
            ask()
        assert len(calls) == attempts


def test_a_budget_follows_the_file(clock, watcher, edit):
    """Also to no budget at all, where the setting may be null."""

    @budget(watcher.live("total"))
    def ask(seconds):
        left = time_left()
        clock.advance(seconds)
        return left

    assert ask(0) == 10.0
    edit('{"total": "1m"}')
    assert ask(30) == 60.0
    with pytest.raises(DeadlineExceeded):
        ask(61)
    edit('{"total": null}')
    assert ask(1000) is None


def test_a_value_that_a_policy_forbids_is_rejected_with_the_file(clock, watcher, edit):
    """The schema allows 0 attempts, the policy that follows does not, so the content never becomes current."""

    @retry(max_attempts=watcher.live("attempts"))
    def ask(): ...

    current = watcher.current
    assert not edit('{"attempts": 0, "rate_limit": 9}')
    assert watcher.current is current
    (error,) = watcher.errors
    (problem,) = error.errors
    assert problem.path == "attempts"
    assert problem.source.endswith("app.json:1")
    assert "max_attempts=0 must be a whole number of at least 1" in problem.rule


def test_a_rule_that_fails_otherwise_rejects_the_content_too(clock, watcher, edit):
    """A mapped value may not exist for what the file says now; that is one rejection, not an error at every look."""
    retry(max_attempts=watcher.live("total").map(lambda total: int(total)))
    current = watcher.current
    assert [edit('{"total": null}') for _ in range(2)] == [False, False]
    assert watcher.current is current
    assert [error.errors[0].path for error in watcher.errors] == ["total"]
    assert "TypeError" in str(watcher.errors[0])


def test_a_limit_must_cover_the_constant_cost(watcher, edit):
    """A cost that could never be met is refused with the file as it is in the decorator."""
    rate_limited(limit=watcher.live("rate_limit"), cost=2)
    assert not edit('{"rate_limit": 1}')
    assert edit('{"rate_limit": 3}')


def test_a_bad_current_value_is_refused_when_the_decorator_runs(watcher, edit):
    """As early as a number would be."""
    edit('{"attempts": 0}')
    with pytest.raises(ValueError, match="max_attempts=0 must be"):
        retry(max_attempts=watcher.live("attempts"))


def test_a_secret_value_is_not_in_the_problem(watcher, edit):
    """A rule's text would quote it."""
    retry(max_attempts=watcher.live("hidden"))
    assert not edit('{"hidden": -987654321}')
    assert "987654321" not in str(watcher.errors[0])


@attrs.frozen
class Vault:
    inner: Inner = field(factory=Inner, secret=True)


def test_a_value_inside_a_secret_section_is_not_in_the_problem(tmp_path):
    """Whatever lies in a secret section is a secret."""
    file = tmp_path / "app.json"
    file.write_text("{}")
    watcher = FileWatcher(file, Vault)
    retry(max_attempts=watcher.live("inner.rate"))
    file.write_text('{"inner": {"rate": -987654321}}')
    assert not watcher.poll()
    assert "987654321" not in str(watcher.errors[0])


def test_equal_rules_are_kept_once(watcher):
    """Decorators made in a loop do not fill the memory."""
    for _ in range(50):
        retry(max_attempts=watcher.live("attempts"))
    assert [len(rules) for rules in watcher._rules.values()] == [1]


@pytest.mark.parametrize(
    "make",
    [
        lambda live: retry(jitter=live),
        lambda live: rate_limited(limit=1, window=live),
        lambda live: rate_limited(limit=1, cost=live),
    ],
)
def test_an_option_that_cannot_follow_says_so(watcher, make):
    """It is refused at once, with those that can."""
    with pytest.raises(TypeError, match="cannot follow a live value; these can: "):
        make(watcher.live("attempts"))


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("rate_limti", "is no known setting; did you mean rate_limit?"),
        ("inner.rat", "is no known setting; did you mean rate?"),
        ("spare.rate", "lies in a section that may be absent"),
        ("attempts.x", "is no known setting"),
        ("", "is no known setting"),
    ],
)
def test_a_live_value_of_no_setting_is_refused(watcher, path, why):
    """At once, with the nearest name."""
    with pytest.raises(ConfigError) as caught:
        watcher.live(path)
    assert str(caught.value) == f"live: {path} {why}"


def test_a_live_value_reads_the_current_snapshot(watcher, edit):
    """Anyone can hold one, not only a policy."""
    live = watcher.live("inner.rate")
    assert (live.get(), live.map(str).get()) == (2, "2")
    edit('{"inner": {"rate": 7}}')
    assert (live.get(), repr(live)) == (7, "7 (live: inner.rate)")


@attrs.frozen
class Aliased:
    _attempts: int = 2


def test_a_live_value_is_named_as_in_the_file(tmp_path):
    """As in changes and problems, also where the attribute has another name."""
    file = tmp_path / "app.json"
    file.write_text('{"attempts": 3}')
    watcher = FileWatcher(file, Aliased)
    live = watcher.live("attempts")
    retry(max_attempts=live)
    assert live.get() == 3
    file.write_text('{"attempts": 0}')
    assert not watcher.poll()
    (problem,) = watcher.errors[0].errors
    assert (problem.path, problem.source) == ("attempts", f"{file}:1")
    with pytest.raises(ConfigError, match="did you mean attempts"):
        watcher.live("_attempts")


def test_a_live_value_of_ones_own(clock):
    """Any two functions make one, such as those of a feature-flag service."""
    rules = []
    attempts = [2]
    live = Live(lambda: attempts[0], rules.append, "flags")
    policy = RetryPolicy(max_attempts=live)
    attempts[0] = 3
    assert policy.max_attempts == 3
    with pytest.raises(ValueError, match="retry: max_attempts=0"):
        rules[0](0)


def test_a_policy_without_live_values_is_of_its_own_class():
    """It pays nothing."""
    assert type(RetryPolicy(max_attempts=2)) is RetryPolicy
