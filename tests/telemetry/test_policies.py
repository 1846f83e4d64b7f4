"""`telemetry.measure_policies` tells by the real SDK what policies have done."""

from __future__ import annotations

import asyncio
import contextlib
import re
from pathlib import Path

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from beluga import (
    Bulkhead,
    BulkheadFull,
    CircuitBreaker,
    CircuitOpen,
    ErrorCode,
    GuardBlocked,
    ProviderError,
    RateLimited,
    budget,
    cached,
    events,
    fallback,
    guarded,
    hedge,
    rate_limited,
    retry,
    spend,
    telemetry,
)
from beluga.guards import PatternDetector
from beluga.schema import AIMessage, Response, Usage
from beluga.telemetry.policies import _TOLD_BY, METRICS

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "measure-policies.md"


class Measured:
    """What the real SDK has of the policies' metrics."""

    def __init__(self):
        self._reader = InMemoryMetricReader()
        self.provider = MeterProvider([self._reader])

    @property
    def metrics(self):
        """By name."""
        data = self._reader.get_metrics_data()
        if data is None:
            return {}
        scopes = [scope for resource in data.resource_metrics for scope in resource.scope_metrics]
        assert [scope.scope.name for scope in scopes] == ["beluga"] * len(scopes)
        return {metric.name: metric for scope in scopes for metric in scope.metrics}

    def of(self, name, *labels):
        """The points of a metric, by the values of `labels`; of a histogram the count and sum."""
        found = self.metrics
        points = found[name].data.data_points if name in found else ()
        return {
            tuple(point.attributes.get(label) for label in labels): (
                point.value if hasattr(point, "value") else (point.count, point.sum)
            )
            for point in points
        }


@pytest.fixture
def measured():
    measured = Measured()
    with telemetry.use_meter_provider(measured.provider), telemetry.measure_policies():
        yield measured


def named(function):
    """Return the function under the name ``ask``."""
    function.__qualname__ = "ask"
    return function


def failing(times, result="fine"):
    """Return a function that fails so often for want of the provider."""
    errors = iter(range(times))

    @named
    def ask():
        if next(errors, None) is not None:
            raise ProviderError("down", code=ErrorCode.PROVIDER_UNAVAILABLE)
        return result

    return ask


def test_retries_are_counted_and_timed(measured, fake_clock):
    """By function and error."""
    retry(jitter=False, initial_backoff=2)(failing(2))()
    assert measured.of("beluga.retries", "code.function.name", "error.type") == {("ask", "provider_unavailable"): 2}
    assert measured.of("beluga.wait.duration", "beluga.policy") == {("retry",): (2, 6)}


def test_what_is_asked_for_twice_is_counted_once(measured, fake_clock):
    """An application and a library of it may both ask, and the one that ends leaves the other its measures."""
    with telemetry.measure_policies():
        retry(jitter=False)(failing(2))()
    retry(jitter=False)(failing(1))()
    assert measured.of("beluga.retries", "code.function.name") == {("ask",): 3}


def test_refusals_are_counted_by_policy_and_reason(measured, fake_clock):
    """Whatever refused."""
    ask = rate_limited(1)(failing(0))
    ask()
    for _ in range(3):
        with pytest.raises(RateLimited):
            ask()
    assert measured.of("beluga.refusals", "beluga.policy", "error.type") == {("rate_limited", "rate_limit"): 3}


def test_a_wait_at_a_limit_is_timed(measured, fake_clock):
    """It is as long as it was told to be."""
    ask = rate_limited(1, 60, wait=True)(failing(0))
    ask()
    ask()
    assert measured.of("beluga.wait.duration", "beluga.policy") == {("rate_limited",): (1, 60)}


def test_the_state_of_circuits_adds_up(measured, fake_clock):
    """One that is closed again is in no other state."""
    circuit = CircuitBreaker(failure_threshold=2, reset_timeout=10, name="model")
    ask = circuit(failing(2))
    labels = "beluga.circuit.name", "beluga.circuit.state"
    for _ in range(2):
        with pytest.raises(ProviderError):
            ask()
    with pytest.raises(CircuitOpen):
        ask()
    assert measured.of("beluga.circuit.broken", *labels) == {("model", "open"): 1}
    fake_clock.advance(10)
    ask()
    assert set(measured.of("beluga.circuit.broken", *labels).values()) == {0}
    changes = {("model", "open"): 1, ("model", "half_open"): 1, ("model", "closed"): 1}
    assert measured.of("beluga.circuit.changes", *labels) == changes


@pytest.mark.parametrize("gives_up", [None, "cancelled", "late"])
def test_a_queue_is_as_long_as_it_is(gives_up, measured, fake_clock):
    """Whoever has left it, with a slot or without, is not counted any more, and his wait is known."""
    slots = Bulkhead(1, 5)

    @slots
    @named
    async def ask():
        await asyncio.sleep(10)

    async def waits():
        with contextlib.suppress(TimeoutError):
            await (budget(4)(ask)() if gives_up == "late" else ask())

    async def main():
        first, second = asyncio.create_task(ask()), asyncio.create_task(waits())
        await asyncio.sleep(4 if gives_up == "cancelled" else 3)
        assert measured.of("beluga.queue.length") == {(): 1}
        if gives_up == "cancelled":
            second.cancel()
        await asyncio.wait([first, second])
        assert measured.of("beluga.queue.length") == {(): 0}

    fake_clock.run(main())
    waited = 10 if gives_up is None else 4
    assert measured.of("beluga.wait.duration", "beluga.policy") == {("bulkhead",): (1, waited)}


def test_who_begins_to_listen_meanwhile_sees_no_queue_below_nothing(fake_clock):
    """A call that was in it already is not taken out of it."""
    measured, slots = Measured(), Bulkhead(1, 5)

    @slots
    async def ask():
        await asyncio.sleep(10)

    async def main():
        calls = [asyncio.create_task(ask()) for _ in range(2)]
        await asyncio.sleep(1)
        with telemetry.use_meter_provider(measured.provider), telemetry.measure_policies():
            await asyncio.wait(calls)

    fake_clock.run(main())
    assert "beluga.queue.length" not in measured.metrics


def test_the_limit_that_a_bulkhead_finds_is_a_gauge(measured, fake_clock):
    """It has the last one."""
    slots = Bulkhead("auto", 5, start=10)
    with pytest.raises(ProviderError):
        slots(failing(1))()
    assert measured.of("beluga.concurrency.limit") == {(): slots.limit()}


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
def test_kept_answers_are_told_from_others(is_async, measured, fake_clock):
    """Those who waited for another one's answer ran nothing, so they count as hits."""
    runs = []

    if is_async:

        @cached(60)
        async def ask():
            runs.append(1)
            await asyncio.sleep(1)

        async def main():
            await asyncio.gather(*(ask() for _ in range(4)))
            await ask()

        fake_clock.run(main())
    else:
        ask = cached(60)(lambda: runs.append(1))
        for _ in range(5):
            ask()
    assert len(runs) == 1
    assert measured.of("beluga.cache.lookups", "beluga.cache.hit") == {(False,): 1, (True,): 4}


def test_a_second_run_and_an_alternative_are_counted(measured, fake_clock):
    """Each by the function that it is for."""
    pauses = iter([60])

    @hedge(1)
    @named
    async def ask():
        await asyncio.sleep(next(pauses, 0))

    fake_clock.run(ask())
    fallback(lambda: "mail")(failing(1))()
    assert measured.of("beluga.hedges", "code.function.name") == {("ask",): 1}
    assert measured.of("beluga.fallbacks", "error.type") == {("provider_unavailable",): 1}


def test_money_and_tokens_are_counted_once(measured):
    """Though two budgets are charged for them, what a cache answers costs nothing, and `spend` counts as well."""
    answer = Response(AIMessage("hi"), usage=Usage(1_000_000), model="gpt-4o-mini")
    inner = cached(60)(failing(0, answer))

    @budget(tokens=10**9)
    def turn():
        budget(cost=100)(inner)()
        budget(cost=100)(inner)()
        spend(tokens=5, cost=0.5)

    turn()
    assert sum(measured.of("beluga.spend.tokens", "code.function.name").values()) == 1_000_005
    assert sum(measured.of("beluga.spend.cost", "code.function.name").values()) == pytest.approx(0.65)


def test_a_guard_that_blocks_is_counted_without_a_word_of_the_text(measured):
    """By its name and stage."""
    with pytest.raises(GuardBlocked):
        guarded(input=[PatternDetector(("secret plan", "attack at dawn"))])(lambda text: text)("attack at dawn")
    labels = "beluga.guard.stage", "beluga.guard.verdict", "beluga.guard.observed"
    assert measured.of("beluga.guard.verdicts", *labels) == {("input", "blocked", False): 1}
    (point,) = measured.metrics["beluga.guard.verdicts"].data.data_points
    assert "dawn" not in str(point.attributes)


def test_a_tenant_is_never_an_attribute(measured, fake_clock):
    """Neither of a circuit nor of a limit, a budget, a cache or a bulkhead."""

    @cached(1, key="tenant", per=False)
    @budget(tokens=100, key="tenant", estimate=10)
    @rate_limited(1, 60, key="tenant", wait=True)
    @CircuitBreaker(key="tenant", failure_threshold=1)
    @Bulkhead(1, key="tenant")
    def ask(tenant):
        raise ProviderError("down", code=ErrorCode.PROVIDER_UNAVAILABLE)

    for _ in range(3):
        with pytest.raises((ProviderError, CircuitOpen, BulkheadFull)):
            ask("ada@example.com")
    assert len(measured.metrics) >= 4
    assert "ada" not in str([metric.to_json() for metric in measured.metrics.values()])


def test_nothing_is_measured_before_and_after(fake_clock):
    """And without a provider of metrics nothing goes wrong."""
    measured = Measured()
    with telemetry.measure_policies():
        retry(failing(1))()
    with telemetry.use_meter_provider(measured.provider):
        retry(failing(1))()
    assert measured.metrics == {}
    assert not events.listening()


def test_each_metric_has_its_row_on_the_page_and_each_query_its_metric():
    """What Prometheus calls them: dots become underscores, a unit and the total of a counter are added."""
    page = PAGE.read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `(beluga[a-z_.]+)` \| ([a-z ]+) \|", page, re.MULTILINE))
    assert rows == {name: kind.replace("_", " ") for name, (kind, *_) in METRICS.items()}
    suffixes = {"counter": "_total", "histogram": "_seconds", "gauge": "", "up_down_counter": ""}
    exported = {name.replace(".", "_") + suffixes[kind] for name, (kind, *_) in METRICS.items()}
    asked = {
        re.sub(r"_(bucket|sum|count)$", "", each)
        for block in re.findall(r"```promql\n(.*?)```", page, re.DOTALL)
        for each in re.findall(r"beluga_[a-z_]+(?=[\[{ )]|$)", block)
    }
    labels = {"beluga_policy", "beluga_cache_hit", "beluga_circuit_name", "beluga_circuit_state", "beluga_guard_name"}
    assert asked - labels <= exported
    assert len(asked & exported) >= 9


def test_every_event_of_a_policy_is_measured_or_left_out_on_purpose():
    """Whoever adds an event decides."""
    left_out = {
        events.AnswerOdd, events.AnswerRejected, events.ConfigRejected, events.ConfigReloaded, events.EdgeTaken,
        events.NodeFailed, events.NodeFinished, events.NodeStarted, events.RequestMended, events.RetriesNested,
        events.StoreChanged, events.StreamResumed,
    }  # fmt: skip
    ours = {kind for kind in events.Event.__subclasses__() if kind.__module__ == events.__name__}
    assert ours == left_out | set(_TOLD_BY)
