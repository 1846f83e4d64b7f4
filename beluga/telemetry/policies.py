"""What policies do, as metrics: built on events, so that it costs nothing before somebody asks for it.

No convention has names for a retry, a circuit or a queue, so these are ours, formed by the rules of OpenTelemetry's
guide to names; whose call it was and what went wrong is told by the stable ``code.function.name`` and ``error.type``.
The key of a tenant is never told: it may be confidential, and each one would be a time series of its own.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Final

from beluga import events
from beluga.telemetry.attributes import CACHE_HIT, SEMCONV
from beluga.telemetry.recording import SECONDS
from beluga.telemetry.spans import meter_provider

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from opentelemetry.metrics import MeterProvider

__all__ = ["METRICS", "measure_policies"]

_ERROR: Final = SEMCONV["error_type"]
_POLICY: Final = "beluga.policy"

METRICS: Final[Mapping[str, tuple[str, str, str]]] = {
    "beluga.retries": ("counter", "{attempt}", "Attempts that are made again."),
    "beluga.refusals": ("counter", "{call}", "Calls that a policy did not let through."),
    "beluga.fallbacks": ("counter", "{call}", "Calls that an alternative is tried for."),
    "beluga.hedges": ("counter", "{run}", "Further runs of calls that take long."),
    "beluga.wait.duration": ("histogram", "s", "How long calls wait for their turn or their next attempt."),
    "beluga.queue.length": ("up_down_counter", "{call}", "Calls that wait for a slot."),
    "beluga.concurrency.limit": ("gauge", "{call}", "Calls that may run at once, where a bulkhead finds that itself."),
    "beluga.circuit.changes": ("counter", "{change}", "Circuits that go into a state."),
    "beluga.circuit.broken": ("up_down_counter", "{circuit}", "Circuits that are in a state other than closed."),
    "beluga.cache.lookups": ("counter", "{call}", "Calls that look for a kept answer."),
    "beluga.spend.tokens": ("counter", "{token}", "Tokens that are charged to budgets."),
    "beluga.spend.cost": ("counter", "{money}", "Money that is charged to budgets, in the currency of the prices."),
    "beluga.guard.verdicts": ("counter", "{text}", "Texts that guards block or change."),
}
"""The kind, unit and meaning of each metric."""


def measure_policies() -> events.Subscription:
    """Measure from now on what policies do, with the meter provider of the context or the global one.

    It hears of everything in the process, so once at the start is enough, and who asks again counts nothing twice;
    until then none of it costs anything, and without a meter provider nothing is measured.

    Returns:
        What ends it; a context manager too.

    Source: OpenTelemetry's guidelines for the names of metrics, semantic conventions 1.41.

    Example:
        >>> from opentelemetry.sdk.metrics import MeterProvider
        >>> from opentelemetry.sdk.metrics.export import InMemoryMetricReader
        >>> from beluga import retry, telemetry
        >>> from beluga.testing import FakeProvider, fake_clock, faults
        >>> model, reader = FakeProvider(faults.rate_limit(), "fine"), InMemoryMetricReader()
        >>> with fake_clock(), telemetry.use_meter_provider(MeterProvider([reader])), telemetry.measure_policies():
        ...     retry(model.generate)("why?").text
        'fine'
        >>> [metric.name for metric in reader.get_metrics_data().resource_metrics[0].scope_metrics[0].metrics]
        ['beluga.retries', 'beluga.wait.duration']
    """
    return events.subscribe(_measure, *_TOLD_BY)


_told = threading.local()


def _measure(event: events.Event) -> None:
    provider = meter_provider()
    if provider is None or getattr(_told, "event", None) is event:  # who asked twice hears of each event twice
        return
    _told.event = event
    global _known  # noqa: PLW0603 - one slot, replaced whole, so that threads see one pair or the other
    owner, known = _known
    if owner is not provider or known is None:
        known = _PolicyInstruments(provider)
        _known = (provider, known)
    _TOLD_BY[type(event)](known, event)


class _PolicyInstruments:
    """The instruments of one meter provider, each made when it is first used."""

    def __init__(self, provider: MeterProvider) -> None:
        self._meter = provider.get_meter("beluga")
        self._made: dict[str, Callable[[float, Mapping[str, Any]], None]] = {}

    def __call__(self, metric: str, amount: float, event: events.Event, attributes: Mapping[str, object]) -> None:
        """Take `amount` down, with whose call it was."""
        take_down = self._made.get(metric)
        if take_down is None:
            take_down = self._made.setdefault(metric, self._make(metric))
        take_down(amount, {"code.function.name": event.function, **attributes} if event.function else attributes)

    def _make(self, metric: str) -> Any:
        kind, unit, what = METRICS[metric]
        if kind == "histogram":
            return self._meter.create_histogram(metric, unit, what, explicit_bucket_boundaries_advisory=SECONDS).record
        made = getattr(self._meter, f"create_{kind}")(metric, unit, what)
        return made.set if kind == "gauge" else made.add


_known: tuple[MeterProvider | None, _PolicyInstruments | None] = (None, None)
"""The provider asked last and its instruments: a process has one, and only tests change it."""


def _retry(to: _PolicyInstruments, event: events.RetryScheduled) -> None:
    to("beluga.retries", 1, event, {_ERROR: str(event.code or event.error)})
    to("beluga.wait.duration", event.delay, event, {_POLICY: "retry"})


def _refused(to: _PolicyInstruments, event: events.CallRefused) -> None:
    to("beluga.refusals", 1, event, {_POLICY: event.policy, _ERROR: str(event.code)})


def _waits(to: _PolicyInstruments, event: events.WaitScheduled) -> None:
    if event.policy == "bulkhead":  # for how long is known when the call has left the queue
        to("beluga.queue.length", 1, event, {_POLICY: event.policy})
    else:
        to("beluga.wait.duration", event.delay, event, {_POLICY: event.policy})


def _waited(to: _PolicyInstruments, event: events.QueueLeft) -> None:
    to("beluga.queue.length", -1, event, {_POLICY: event.policy})
    to("beluga.wait.duration", event.waited, event, {_POLICY: event.policy})


def _circuit(to: _PolicyInstruments, event: events.CircuitChanged) -> None:
    old, new = ({"beluga.circuit.name": event.name, "beluga.circuit.state": state} for state in (event.old, event.new))
    to("beluga.circuit.changes", 1, event, new)
    if event.old != "closed":
        to("beluga.circuit.broken", -1, event, old)
    if event.new != "closed":
        to("beluga.circuit.broken", 1, event, new)


def _spent(to: _PolicyInstruments, event: events.Spent) -> None:
    to("beluga.spend.tokens", event.tokens, event, {})
    to("beluga.spend.cost", event.cost, event, {})


def _judged(to: _PolicyInstruments, event: events.GuardBlockedEvent | events.GuardModified) -> None:
    verdict = "blocked" if isinstance(event, events.GuardBlockedEvent) else "modified"
    told = {"beluga.guard.name": event.guard, "beluga.guard.stage": event.stage, "beluga.guard.verdict": verdict}
    to("beluga.guard.verdicts", 1, event, {**told, "beluga.guard.observed": event.observed})


_TOLD_BY: Final[Mapping[type[events.Event], Callable[[_PolicyInstruments, Any], None]]] = {
    events.RetryScheduled: _retry,
    events.CallRefused: _refused,
    events.FallbackTaken: lambda to, event: to("beluga.fallbacks", 1, event, {_ERROR: str(event.code)}),
    events.HedgeStarted: lambda to, event: to("beluga.hedges", 1, event, {}),
    events.WaitScheduled: _waits,
    events.QueueLeft: _waited,
    events.LimitChanged: lambda to, event: to("beluga.concurrency.limit", event.new, event, {}),
    events.CircuitChanged: _circuit,
    events.CacheHit: lambda to, event: to("beluga.cache.lookups", 1, event, {CACHE_HIT: True}),
    events.CacheMissed: lambda to, event: to("beluga.cache.lookups", 1, event, {CACHE_HIT: False}),
    events.Spent: _spent,
    events.GuardBlockedEvent: _judged,
    events.GuardModified: _judged,
}
"""What is measured of each event."""
