"""Where exactly a circuit opens and closes, and what it says: the figures that one more or less would change."""

from __future__ import annotations

import pytest

from beluga import CircuitBreaker, CircuitOpen, breaker

WAYS = pytest.mark.parametrize("key", [None, "who"], ids=["one circuit", "a circuit a key"])


class _Provider:
    """A function behind a breaker that succeeds or fails as it is told."""

    def __init__(self, clock, **options):
        self.breaker = CircuitBreaker(**options)
        self._clock = clock
        self._ask = self.breaker(self._answer)
        self._key = options.get("key")

    def _answer(self, fault=None, *, seconds=0.0, who="somebody"):
        self._clock.advance(seconds)
        if fault is not None:
            raise fault
        return "fine"

    def good(self, seconds=0.0):
        assert self._ask(seconds=seconds) == "fine"

    def bad(self):
        with pytest.raises(ConnectionError):
            self._ask(ConnectionError())

    def refused(self):
        with pytest.raises(CircuitOpen) as caught:
            self._ask()
        return caught.value

    @property
    def state(self):
        return self.breaker.circuit(self._key and "somebody").state_at(self._clock.monotonic())


@WAYS
def test_the_circuit_opens_at_its_threshold(fake_clock, key):
    """One failure less leaves it closed, and a success in between begins the count anew."""
    provider = _Provider(fake_clock, failure_threshold=3, key=key)
    for outcome in (provider.bad, provider.bad, provider.good, provider.bad, provider.bad):
        outcome()
    assert provider.state == "closed"
    provider.bad()
    assert provider.state == "open"


@WAYS
def test_the_rate_counts_from_the_minimum_of_calls_on(fake_clock, key):
    """One call fewer says nothing, however bad it looks."""
    provider = _Provider(fake_clock, failure_rate=0.5, minimum_calls=4, key=key)
    for _ in range(3):
        provider.bad()
    assert provider.state == "closed"
    provider.bad()
    assert provider.state == "open"


@WAYS
def test_the_rate_itself_opens_the_circuit(fake_clock, key):
    """Half of the calls are enough for a rate of 0.5, and one good call more is not."""
    provider = _Provider(fake_clock, failure_rate=0.5, minimum_calls=2, key=key)
    for outcome in (provider.good, provider.good, provider.bad):
        outcome()
    assert provider.state == "closed"
    provider.bad()
    assert provider.state == "open"


def test_a_good_call_opens_nothing(fake_clock):
    """Though it is the call that makes the minimum full, and the rate is passed long since."""
    provider = _Provider(fake_clock, failure_rate=0.5, minimum_calls=4)
    for outcome in (provider.bad, provider.bad, provider.bad, provider.good):
        outcome()
    assert provider.state == "closed"


@pytest.mark.parametrize(("age", "state"), [(9.75, "open"), (10.0, "closed")])
def test_the_window_ends_after_its_length(fake_clock, age, state):
    """What is as old as the window is forgotten, what is younger counts."""
    provider = _Provider(fake_clock, failure_rate=0.5, minimum_calls=3, window=10.0)
    provider.bad()
    provider.bad()
    fake_clock.advance(age)
    provider.bad()
    assert provider.state == state


def test_the_window_is_forgotten_in_tenths(fake_clock):
    """Each failure goes by its own age, and not all of them with the first."""
    provider = _Provider(fake_clock, failure_rate=0.1, minimum_calls=4, window=10.0)
    for seconds in (0.0, 1.0, 1.0, 8.0, 1.0):  # at 0, 1, 2, 10 and 11: there are never four within 10 seconds
        fake_clock.advance(seconds)
        provider.bad()
    assert provider.state == "closed"
    provider.bad()
    assert provider.state == "open"


def test_a_circuit_that_closes_begins_with_an_empty_window(fake_clock):
    """The failures that opened it do not count again."""
    provider = _Provider(fake_clock, failure_rate=0.5, minimum_calls=2, window=60.0, reset_timeout=5.0)
    provider.bad()
    provider.bad()
    fake_clock.advance(5.0)
    provider.good()
    assert provider.state == "closed"
    provider.bad()
    assert provider.state == "closed"


def test_as_many_good_probes_in_a_row_close_the_circuit_as_are_asked_for(fake_clock):
    """One fewer leaves it half-open, and a bad one in between begins the count anew."""
    provider = _Provider(fake_clock, failure_threshold=1, reset_timeout=5.0, success_threshold=3)
    provider.bad()
    fake_clock.advance(5.0)
    provider.good()
    provider.good()
    provider.bad()
    assert provider.state == "open"
    fake_clock.advance(5.0)
    provider.good()
    provider.good()
    assert provider.state == "half_open"
    provider.good()
    assert provider.state == "closed"


@pytest.mark.parametrize(("seconds", "state"), [(2.0, "closed"), (2.25, "open")])
def test_a_call_is_slow_beyond_the_bound(fake_clock, seconds, state):
    """One that takes exactly as long is not."""
    provider = _Provider(fake_clock, failure_threshold=1, slow_call=2.0)
    provider.good(seconds=seconds)
    assert provider.state == state


def test_an_open_circuit_says_when_to_ask_again(fake_clock):
    """The time to the first probe, and none at the moment when it may go."""
    provider = _Provider(fake_clock, failure_threshold=1, reset_timeout=30.0)
    provider.bad()
    fake_clock.advance(12.0)
    assert provider.refused().retry_after == 18.0
    fake_clock.advance(18.0)
    provider.good()


@pytest.mark.parametrize(("name", "shown"), [("models", "models"), (None, "probing")])
@WAYS
def test_a_refusal_names_the_circuit(fake_clock, key, name, shown):
    """By the name that it was given, and else the function's, while it is open and while a probe has the only place."""
    fault = ConnectionError()

    def probing(act, who="somebody"):
        act()
        raise fault

    function = breaker(failure_threshold=1, name=name, key=key)(probing)

    def refused():
        with pytest.raises(CircuitOpen) as caught:
            function(pytest.fail)
        assert shown in caught.value.name
        assert shown in str(caught.value)

    for act in (lambda: None, refused):
        with pytest.raises(ConnectionError):
            function(act)
        refused()
        fake_clock.advance(30.0)
