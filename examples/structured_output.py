"""Structured output: the answer as an instance of your own class, or a clear error."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import attrs

from beluga import InvalidResponse, budget, retry, structured
from beluga.llm import FakeProvider, Reply, faults
from beluga.testing import fake_clock

if TYPE_CHECKING:
    from beluga.schema import Response


@attrs.frozen
class Line:
    """One line of an invoice."""

    text: str
    price: float = attrs.field(validator=attrs.validators.ge(0))


@attrs.frozen
class Invoice:
    """An invoice as its sender wrote it."""

    number: int
    lines: list[Line]
    currency: Literal["EUR", "USD"] = "EUR"


WRONG = '{"number": 7, "lines": [{"text": "tea", "price": "two fifty"}], "currency": "euro"}'
RIGHT = '{"number": 7, "lines": [{"text": "tea", "price": 2.5}]}'

model = FakeProvider(
    WRONG,
    faults.server_error(503),
    f"Here it is:\n```json\n{RIGHT}\n```",
    "I would rather not.",
    "Really.",
    Reply('{"number": 7, "lin', finish_reason="length"),
)


@budget(10.0, tokens=10_000)
@structured(Invoice)
@retry(initial_backoff=0)
def read_invoice(messages: str, schema: dict[str, Any] | None = None) -> Response:
    """Read an invoice; the schema comes from the decorator, and the budget pays for every attempt."""
    return model.generate(messages, schema=schema)


def main() -> None:
    """Show an answer that was put right, one that never became an invoice, and one that was cut."""
    with fake_clock():
        print(read_invoice("Invoice 7: tea, 2.50"))
        print("what the model was told:")
        print(model.calls[1].text)
        for scan in ("a blurred page", "a long page"):
            before = len(model.calls)
            try:
                read_invoice(scan)
            except InvalidResponse as error:
                calls = len(model.calls) - before
                print(f"{scan}: {error.code} after {calls} call{'s' * (calls > 1)}: {'; '.join(error.errors)}")


if __name__ == "__main__":
    main()
