"""Tracing: one span for each call, nested as the calls are, with the names of OpenTelemetry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from beluga import retry, traced
from beluga.llm import FakeProvider, faults
from beluga.telemetry import start_span
from beluga.testing import fake_clock, record_spans

if TYPE_CHECKING:
    from beluga.schema import Response

model = FakeProvider("It is about billing.", faults.rate_limit(), "The invoice is paid.")


@traced(operation="chat", model="gpt-4o", provider="openai")
@retry
def chat(question: str) -> Response:
    """Ask the model."""
    return model.generate(question, model="gpt-4o")


@traced(tool="lookup_invoice")
def lookup_invoice(number: int) -> str:
    """Look an invoice up."""
    return f"invoice {number}: paid"


@traced(agent="triage-agent")
def triage(question: str) -> str:
    """Find out what it is about."""
    return chat(question).text


@traced(agent="billing-agent")
def billing(question: str) -> str:
    """Answer a question about money."""
    return chat(f"{question} {lookup_invoice(7)}").text


def main() -> None:
    """Record the spans of one request, and print their tree and what the retry left on a span."""
    with fake_clock(), record_spans() as spans:
        with start_span("request", {"request_id": "req-001"}):
            triage("Is my invoice paid?")
            print(billing("Is my invoice paid?"))
        print(spans.outline())
        last = spans.spans[-1]
        print("events:", [event.name for event in last.events])
        print("tokens:", last.attributes["gen_ai.usage.output_tokens"])


if __name__ == "__main__":
    main()
