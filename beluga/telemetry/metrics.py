"""The histograms of calls to a model: how long, how many tokens, how long until the first chunk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from beluga.telemetry.names import names
from beluga.telemetry.providers import meter_provider, use_meter_provider

if TYPE_CHECKING:
    from collections.abc import Mapping

    from opentelemetry.metrics import MeterProvider

    from beluga.schema import Usage

__all__ = ["SECONDS", "TOKENS", "Instruments", "instruments", "use_meter_provider"]

SECONDS = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92)
"""The buckets of durations. Source: generative AI metrics, semantic conventions 1.41."""

TOKENS = (1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864)
"""The buckets of token counts; same source."""

_known: tuple[MeterProvider | None, Instruments | None] = (None, None)
"""The provider asked last and its histograms: a process has one, and only tests change it."""


class Instruments:
    """The histograms of one meter provider.

    Args:
        provider: Who makes them.
        table: The names, see `names`.
    """

    def __init__(self, provider: MeterProvider, table: Mapping[str, str]) -> None:
        meter = provider.get_meter("beluga")

        def histogram(key: str, unit: str, buckets: tuple[float, ...], what: str) -> Any:
            return meter.create_histogram(table[key], unit, what, explicit_bucket_boundaries_advisory=buckets)

        self._table = table
        self._duration = histogram("metric.duration", "s", SECONDS, "How long an operation took.")
        self._first_chunk = histogram("metric.first_chunk", "s", SECONDS, "How long until the first chunk.")
        self._input = histogram("metric.input_tokens", "{token}", TOKENS, "How many tokens were used.")
        self._output = self._input
        if table["metric.output_tokens"] != table["metric.input_tokens"]:
            self._output = histogram("metric.output_tokens", "{token}", TOKENS, "How many tokens were given.")

    def record(
        self,
        duration: float,
        attributes: Mapping[str, Any],
        *,
        first_chunk: float | None = None,
        usage: Usage | None = None,
    ) -> None:
        """Record one call; times are seconds."""
        self._duration.record(duration, attributes)
        if first_chunk is not None:
            self._first_chunk.record(first_chunk, attributes)
        if usage is not None:
            label, failed = self._table["token_type"], self._table["error_type"]
            told = {name: value for name, value in attributes.items() if name != failed}  # it would split the sums
            self._input.record(usage.input_tokens, {**told, label: "input"})
            self._output.record(usage.output_tokens, {**told, label: "output"})


def instruments() -> Instruments | None:
    """Return the histograms of whoever records metrics now, or None where nobody does."""
    provider = meter_provider()
    if provider is None:
        return None
    global _known  # noqa: PLW0603 - one slot, replaced whole, so that threads see one pair or the other
    owner, known = _known
    if owner is not provider:
        known = Instruments(provider, names())
        _known = (provider, known)
    return known
