"""The scripts in Lua and in Python say the same, and what they say is right."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from beluga.stores.budgets import RESERVE, SETTLE
from beluga.stores.circuits import ADMIT, OUTCOME, TRIPPED
from beluga.stores.flights import LAND, LEAVE, RENEW, TAKE
from beluga.stores.limits import GIVE, LIMIT
from beluga.stores.redis import SCRIPTS
from beluga.stores.scripts import FORGET, LOOK, PRESENT, Records, numbers

# The server's clock cannot be turned, so the test tells the time, and keys outlive the history.
TOLD = """\
local now, longer = tonumber(ARGV[#ARGV]), 600000
ARGV[#ARGV] = nil
"""
HISTORIES = itertools.count()
START = 1_795_000_000_000_000.0

windows = st.sampled_from([1.0, 7.0, 1000.0, 60e6, 86_400e6])
limits = st.sampled_from([1.0, 3.0, 7.0, 2.5, 1000.0, 99_999.0])
rates = st.lists(st.tuples(windows, limits), min_size=1, max_size=3)
steps = st.lists(
    st.tuples(
        st.sampled_from([0.0, 1.0, 5.0, 1e3, 1e6, 3e7, 9e7, -1e6, -1e9]),
        st.sampled_from(["ask", "ask", "ask", "look", "wait", "give", "take more"]),
        st.sampled_from([0.0, 0.5, 1.0, 1.0, 2.0]),
    ),
    min_size=1,
    max_size=12,
)


def limit_history(bucket, rates, mosts, steps):
    """Yield the script and arguments of each question of a history, given the answers so far."""
    last = None
    for _, what, cost in steps:
        costs = [min(cost, limit) for _, limit in rates]
        if what in {"give", "take more"} and last is not None:
            line, costs = last
            told = iter([*numbers(line), *(0.0,) * 12])
            edges, seen = ([(next(told), next(told))[0] for _ in rates] for _ in range(2))
            back = [c if what == "give" else -c for c in costs]
            flat = [
                x
                for (w, n), b, e, r, most in zip(rates, back, edges, seen, itertools.cycle(mosts), strict=False)
                for x in (w, n, b, e, r, most)
            ]
            yield GIVE, (float(bucket), *flat)
            continue
        latest = {"look": -1.0, "wait": 1e8}.get(what, 0.0)
        flat = [x for (w, n), c in zip(rates, costs, strict=True) for x in (w, n, c)]
        answer = yield LIMIT, (float(bucket), latest, 1e8 if what == "wait" else 0.0, *flat)
        if answer[0] <= latest:
            last = answer[2], costs


class Both:
    """Asks the server and the twin in Python, and compares."""

    def __init__(self, client):
        self._client = client
        self._shas = {script.name: client.script_load(TOLD + script.source("")) for script in SCRIPTS}
        self._records = Records()

    def begin(self):
        self._key = f"both:{next(HISTORIES)}"

    def ask(self, script, now, arguments):
        expected = script.run(self._records, self._key, now, arguments)
        sent = [value if isinstance(value, bytes) else format(value, ".17g") for value in (*arguments, now)]
        answer = self._client.evalsha(self._shas[script.name], 1, self._key, *sent)
        assert answer == expected, (script.name, now, arguments)
        stored = self._client.get(self._key) or b""
        held = self._records.get(self._key)
        assert stored == held or numbers(stored) == numbers(held)
        return answer


@pytest.mark.parametrize("bucket", [0, 1], ids=["token_bucket", "fixed_window"])
def test_the_twin_of_a_limit_answers_what_the_server_answers(any_server, bucket, until_reached):
    """For random rates, costs, waits, refunds and clocks that jump both ways, number by number."""
    both, reached = Both(any_server.client), Counter()

    @settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(rates, st.lists(st.sampled_from([0.5, 2.0, 1e6]), min_size=1, max_size=2), steps)
    def holds(rates, mosts, steps):
        both.begin()
        now, answer = START, None
        history = limit_history(bucket, rates, mosts, steps)
        question = next(history)
        for jump, what, _ in steps:
            now += jump
            answer = both.ask(question[0], now, question[1])
            reached[what, question[0].name, answer[0] > 0] += 1
            try:
                question = history.send(answer)
            except StopIteration:
                break

    until_reached(holds, reached, {("ask", "limit", True), ("ask", "limit", False), ("wait", "limit", True)})
    assert any(name == "give" for _, name, _ in reached)


@pytest.mark.parametrize(
    ("bucket", "back", "ends", "kept"),
    [
        (0.0, (0.0, -5.0), (-4e6, -2e6), [START - 4e6, 0, START + 48e6, 0]),
        (0.0, (0.0, -5.0), (-4e6, 1.0), []),  # it began anew
        (0.0, (0.0, 5.0), (-4e6, -2e6), []),
        (1.0, (0.0, -5.0), (-4e6, -2e6), []),  # of windows that are over
    ],
)
def test_what_was_used_beyond_a_booking_is_all_that_an_expired_key_holds(any_server, bucket, back, ends, kept):
    """It counts from where the booking ended; what was not used is of no account any more."""
    both = Both(any_server.client)
    both.begin()
    flat = [x for each, end in zip(back, ends, strict=True) for x in (60e6, 6.0, each, START + end, 0.0, 6.0)]
    both.ask(GIVE, START, (bucket, *flat))
    assert numbers(both.ask(LOOK, START, ())[1]) == kept


budget_steps = st.lists(
    st.tuples(
        st.sampled_from([0.0, 1.0, 1e5, 1e6, 7e6, 6e7, -1e6, -1e9]),
        st.sampled_from(["reserve", "reserve", "reserve", "settle", "settle", "look", "forget"]),
        st.integers(0, 60),
        st.integers(0, 60),
    ),
    min_size=1,
    max_size=20,
)


def test_the_twin_of_a_budget_answers_what_the_server_answers(any_server, until_reached):
    """For random reservations, settlements, windows, lapses and clocks that jump both ways, number by number."""
    both, reached = Both(any_server.client), Counter()

    @settings(max_examples=80)
    @given(st.sampled_from([(100.0, -1.0), (-1.0, 100.0), (100.0, 90.0)]), st.sampled_from([8.0, 8e6]), budget_steps)
    def holds(limits, lease, steps):
        both.begin()
        now, open_, window = START, [], 60e6
        for jump, what, tokens, cost in steps:
            now += jump
            if what == "reserve":
                answer = both.ask(RESERVE, now, (window, lease, lease / 8, *limits, float(tokens), float(cost)))
                reached[what, answer[0]] += 1
                if answer[0] == 0:
                    open_.append((float(answer[2]), float(tokens), float(cost)))
            elif what == "settle" and open_:
                both.ask(SETTLE, now, (window, *open_.pop(), float(tokens), float(cost)))
                reached[what] += 1
            else:
                both.ask(LOOK if what == "look" else FORGET, now, ())

    until_reached(holds, reached, {("reserve", 0), ("reserve", 1), ("reserve", 2), "settle"})


circuit_steps = st.lists(
    st.tuples(
        st.sampled_from([0.0, 1.0, 5e5, 1e6, 2e6, -1e6, -1e9]),
        st.sampled_from(["admit", "admit", "good", "bad", "bad", "neither", "stale", "trip", "forget"]),
    ),
    min_size=1,
    max_size=25,
)


def test_the_twin_of_a_circuit_answers_what_the_server_answers(any_server, until_reached):
    """For random outcomes, probes, lost leases and clocks that jump both ways, number by number."""
    both, reached = Both(any_server.client), Counter()

    @settings(max_examples=80)
    @example(1.0, 2.0, [(0.0, each) for each in ("bad", "bad")] + [(1e6, "admit"), (0.0, "admit"), (0.0, "good")])
    @given(st.sampled_from([1.0, 2.0]), st.sampled_from([1.0, 2.0]), circuit_steps)
    def holds(most, successes, steps):
        both.begin()
        now, ticket = START, (0.0, 0.0)
        for jump, what in steps:
            now += jump
            if what == "admit":
                answer = both.ask(ADMIT, now, (1e6, most))
                reached[what, answer[0], answer[4] > 0] += 1
                ticket = float(answer[1]), float(answer[4])
            elif what == "forget":
                both.ask(FORGET, now, ())
            else:
                good = {"good": 1.0, "bad": 0.0, "neither": -1.0, "trip": float(TRIPPED)}.get(what, 0.0)
                shown = (0.0, 7.0) if what == "stale" else ticket
                reached[what, both.ask(OUTCOME, now, (1e6, most, *shown, good, 2.0, successes))[0]] += 1

    admitted = {("admit", 0, False), ("admit", 1, False), ("admit", 2, True), ("admit", 2, False)}
    until_reached(holds, reached, admitted | {("bad", 1), ("good", 0)})


flight_steps = st.lists(
    st.tuples(
        st.sampled_from([0.0, 1.0, 3e6, 5e6, 6e7, -1e6, -1e9]),
        st.sampled_from(["take", "take", "take", "renew", "land", "leave", "forget"]),
        st.sampled_from([1.0, 2.0, 2.0**48 - 1]),
        st.sampled_from([b"", b"7", b"1 2 3\n", b"\x00\xff" * 9]),
    ),
    min_size=1,
    max_size=15,
)


def test_the_twin_of_a_flight_answers_what_the_server_answers(any_server, until_reached):
    """For random leaders, lost leases, answers of any bytes and clocks that jump both ways, byte by byte."""
    both, reached = Both(any_server.client), Counter()

    @settings(max_examples=60)
    @given(flight_steps)
    def holds(steps):
        both.begin()
        now = START
        for jump, what, who, payload in steps:
            now += jump
            question = {
                "take": (TAKE, (who, 5e6)),
                "renew": (RENEW, (who, 5e6)),
                "land": (LAND, (who, 60e6, payload)),
                "leave": (LEAVE, (who,)),
                "forget": (FORGET, ()),
            }[what]
            reached[what, both.ask(question[0], now, question[1])[0]] += 1

    until_reached(
        holds, reached, {("take", n) for n in range(3)} | {("land", 0), ("land", 1), ("renew", 1), ("leave", 1)}
    )


def test_the_twin_of_the_count_answers_what_the_server_answers(any_server, until_reached):
    """Processes that come, go and come back, under a clock that jumps both ways."""
    both, reached = Both(any_server.client), Counter()

    @settings(max_examples=40)
    @given(st.lists(st.tuples(st.sampled_from([0.0, 5e6, 1e7, 2e7, -1e9]), st.integers(1, 4)), max_size=12))
    def holds(steps):
        both.begin()
        now, seen = START, {}
        for jump, who in steps:
            now += jump
            seen = {each: at for each, at in seen.items() if now < at + 15e6 <= now + 15e6} | {who: now}
            (count,) = both.ask(PRESENT, now, (float(who), 15e6))
            assert count == len(seen)
            reached[count] += 1

    until_reached(holds, reached, {1, 2, 3})


@given(budget_steps)
def test_spent_and_reserved_never_pass_the_bound(steps):
    """While actual costs stay below their estimates; and when all is settled exactly what was used is spent."""
    records, now, limit, window = Records(), START, 100.0, 1e15
    running, spent, refused = [], 0, 0
    for jump, what, amount, used in steps:
        now += abs(jump)
        if what == "reserve":
            code, *_, lapse = RESERVE.run(records, "k", now, (window, 8e10, 1e10, limit, -1.0, float(amount), 0.0))[:3]
            held = spent + sum(reserved for _, reserved in running)
            assert (code == 0) == (held + amount <= limit and held < limit)
            refused += code
            running += [(float(lapse), amount)] if code == 0 else []
        elif what == "settle" and running:
            lapse, reserved = running.pop()
            actual = min(used, reserved)
            spent += actual
            SETTLE.run(records, "k", now, (window, lapse, float(reserved), 0.0, float(actual), 0.0))
    for lapse, reserved in running:
        SETTLE.run(records, "k", now, (window, lapse, float(reserved), 0.0, 0.0, 0.0))
    if records.read("k"):
        assert records.read("k")[1:] == [spent, 0.0]


def asked(records, now, rate, cost=1.0, latest=0.0, *, bucket=0.0):
    wait, _, line = LIMIT.run(records, "k", now, (bucket, latest, 0.0, *rate, cost))
    return wait, line


@given(st.integers(1, 300), st.sampled_from([1e3, 1e6, 7e6, 60e6]), st.lists(st.integers(0, 10**7), max_size=300))
def test_a_bucket_admits_exactly_what_arithmetic_allows(limit, window, gaps):
    """No rounding costs a permit or gives one away, whatever the limit: compared with fractions."""
    records, now, full = Records(), START, Fraction(0)
    for gap in [0] * limit + gaps:
        now += gap
        at = max(full, Fraction(int(now))) + Fraction(int(window), limit)
        free = at <= now + window
        assert (asked(records, now, (window, float(limit)))[0] == 0) == free
        full = at if free else full


bookings = st.lists(
    st.tuples(
        st.sampled_from([0.0, 0.0, 1e6, 5e6]),
        st.sampled_from(["book", "book", "book", "first gives", "last gives"]),
        st.sampled_from([1.0, 5.0, 9.0]),
        st.sampled_from([0.0, 0.0, 2.0]),
    ),
    min_size=5,
    max_size=20,
)


def test_what_is_given_back_while_others_wait_is_never_admitted_twice(until_reached):
    """As places are booked ahead, by the time of each: a bucket of 10 holds what those that went have used."""
    reached, rate = Counter(), (10e6, 10.0)

    @settings(max_examples=60)
    @example(
        [(0.0, "book", 5.0, 0.0), (0.0, "book", 9.0, 0.0), (0.0, "first gives", 1.0, 0.0), (0.0, "book", 5.0, 0.0)]
    )
    @given(bookings)
    def holds(steps):
        records, now, booked, went = Records(), START, [], []
        for gap, what, cost, used in steps:
            now += gap
            if what == "book":
                wait, _, line = LIMIT.run(records, "k", now, (0.0, 3e7, 3e7, *rate, cost))
                booked += [(now + wait, cost, line)] if wait <= 3e7 else []
                reached["waits"] += wait > 0
            elif booked:
                at, taken, line = booked.pop(0 if what == "first gives" else -1)
                edge, _, seen, _ = (*numbers(line), 0.0, 0.0, 0.0)[:4]
                went.append((at, min(used, taken) if at <= now else 0.0))
                GIVE.run(records, "k", now, (0.0, *rate, taken - went[-1][1], edge, seen, 9.0))
                reached["gave"] += 1
        level, last = 0.0, START
        for at, used in sorted(went + [(at, cost) for at, cost, _ in booked]):
            level, last = max(0.0, level - (at - last) / 1e6) + used, at
            assert level <= 10 + 1e-5

    until_reached(holds, reached, {"waits", "gave"})


@given(st.integers(1, 20), st.lists(st.integers(0, 4 * 10**5), max_size=200))
def test_a_window_never_admits_more_than_its_limit(limit, gaps):
    """Also at the roll-over: from the first call of each window on, at most `limit`, and a new one begins after it."""
    records, now, begun, count = Records(), START, -math.inf, 0
    for gap in [0] * limit + gaps:
        now += gap
        if now >= begun + 1e6:
            begun, count = now, 0
        admitted = asked(records, now, (1e6, float(limit)), bucket=1.0)[0] == 0
        assert admitted == (count < limit)
        count += admitted


@pytest.mark.parametrize("bucket", [0.0, 1.0])
def test_a_limit_that_shrank_locks_nobody_out(bucket):
    """What was used under a larger limit or window counts at most as one window of the new one."""
    records = Records()
    for _ in range(900):
        asked(records, START, (86_400e6, 1000.0), bucket=bucket)
    wait, _ = asked(records, START, (60e6, 10.0), bucket=bucket)
    assert 0 < wait <= 60e6 + 6e6


@pytest.mark.parametrize("bucket", [0.0, 1.0])
def test_a_clock_that_went_back_locks_nobody_out(bucket):
    """After a failover to a server whose clock is behind, nobody waits for longer than a window and a permit."""
    records = Records()
    for _ in range(10):
        asked(records, START, (60e6, 10.0), bucket=bucket)
    wait, _ = asked(records, START - 3600e6, (60e6, 10.0), bucket=bucket)
    assert 0 < wait <= 66e6
