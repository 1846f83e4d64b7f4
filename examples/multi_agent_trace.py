"""Multi-agent trace: a request goes to a triage agent, then to a specialist with a tool, and is one tree."""

from __future__ import annotations

from beluga import traced
from beluga.clock import environment
from beluga.schema import AIMessage, Response, Usage
from beluga.telemetry import start_span
from beluga.testing import fake_clock, record_spans


@traced(agent="triage-agent")
def triage(question: str) -> Response:
    """Find out who should answer."""
    environment().clock.sleep(0.2)
    return Response(AIMessage("billing"), Usage(input_tokens=100, output_tokens=50))


@traced(tool="lookup_invoice")
def lookup_invoice(number: int) -> str:
    """Look an invoice up."""
    environment().clock.sleep(0.1)
    return f"invoice {number}: paid"


@traced(agent="billing-agent")
def billing(question: str) -> Response:
    """Answer a question about money."""
    environment().clock.sleep(0.2)
    found = lookup_invoice(7)
    return Response(AIMessage(f"Yes: {found}."), Usage(input_tokens=200, output_tokens=150))


def main() -> None:
    """Record one request and print its tree, then who used the most tokens."""
    with fake_clock(), record_spans() as spans:
        with start_span("request", {"request_id": "req-001"}):
            if triage("Is invoice 7 paid?").text == "billing":
                print(billing("Is invoice 7 paid?").text)
        print(spans.tree())
        spans.assert_tree("""
            request
              invoke_agent triage-agent
              invoke_agent billing-agent
                execute_tool lookup_invoice
        """)
        most = max(spans.records, key=lambda record: sum(record.tokens))
        print("most tokens:", most.attributes["gen_ai.agent.name"], most.tokens)


if __name__ == "__main__":
    main()
