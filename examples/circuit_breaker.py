"""Circuit breaker: stop calling what is down, answer in another way, and notice when it is up again."""

from __future__ import annotations

from beluga import CircuitBreaker, CircuitOpen, ProviderError, fallback
from beluga.llm import FakeProvider, faults
from beluga.testing import fake_clock

model = FakeProvider(*[faults.server_error(503)] * 5, "I am back.")
circuit = CircuitBreaker(failure_threshold=5, reset_timeout=30.0, name="model")


@circuit
def ask(question: str) -> str:
    """Ask the model, unless its circuit is open."""
    return model.generate(question).text


def canned(question: str) -> str:
    """Stand in while the model is down."""
    return f"We will answer {question!r} by mail."


@fallback(canned, on=[CircuitOpen])
def ask_or_promise(question: str) -> str:
    """Ask the model; with an open circuit, promise a mail."""
    return ask(question)


def main() -> None:
    """Open the circuit with five failures, be answered by the fallback, and close it with a probe."""
    with fake_clock() as clock:
        for number in range(1, 6):
            try:
                ask_or_promise("Hello?")
            except ProviderError as error:
                print(f"call {number}: {error.code}, circuit {circuit.state}")
        print("call 6:", ask_or_promise("Hello?"), f"({len(model.calls)} calls reached the model)")
        clock.advance(30.0)
        print("30 s later:", circuit.state)
        print("call 7:", ask_or_promise("Hello?"), f"circuit {circuit.state}")


if __name__ == "__main__":
    main()
