"""Metrics: count what the decorators do, with the real SDK of OpenTelemetry and a reader in memory."""

from __future__ import annotations

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from beluga import budget, cached, retry, telemetry
from beluga.llm import FakeProvider, Reply, faults
from beluga.schema import Response, Usage
from beluga.testing import fake_clock

model = FakeProvider(faults.rate_limit(), faults.server_error(503), Reply("fine", usage=Usage(1000, 500)))


@cached(ttl=60.0)
@budget(cost=1.0)
@retry(jitter=False)
def ask(question: str) -> Response:
    """Ask the model."""
    return model.generate(question, model="gpt-4o-mini")


def main() -> None:
    """Ask the same twice, and print what was measured."""
    reader = InMemoryMetricReader()
    with telemetry.use_meter_provider(MeterProvider([reader])), telemetry.measure_policies(), fake_clock():
        ask("why?"), ask("why?")
    (scope,) = reader.get_metrics_data().resource_metrics[0].scope_metrics
    for metric in scope.metrics:
        for point in metric.data.data_points:
            told = {key: value for key, value in point.attributes.items() if key != "code.function.name"}
            print(metric.name, getattr(point, "value", None) or f"{point.count} of {point.sum:g} s", told)


if __name__ == "__main__":
    main()
