"""Prices: a budget of money without a price list of one's own, and what to do about a model that nobody knows."""

from __future__ import annotations

from beluga import BudgetExceeded, budget, prices
from beluga.llm import FakeProvider, Reply
from beluga.prices import UnknownPrice
from beluga.schema import Response, Usage

USAGE = Usage(1_000_000, 100_000, cached_tokens=800_000)
model = FakeProvider().default(Reply("fine", usage=USAGE))
month = budget(cost=0.50, key="team")


@month
def ask(question: str, *, team: str, name: str) -> Response:
    """Ask a model by its name."""
    return model.generate(question, model=name)


def main() -> None:
    """Spend a month's budget, and ask a model that the table does not know."""
    print(f"a million tokens, most of them cached: {prices.price('gpt-4o-mini', USAGE):.3f} dollars")
    try:
        for number in range(1, 10):
            ask("Why?", team="blue", name="gpt-4o-mini")
            print(f"call {number}: {month.account('blue').spent.cost:.3f} spent")
    except BudgetExceeded as error:
        print("blue:", error)
    try:
        ask("Why?", team="green", name="our-own-7b")
    except UnknownPrice as error:
        print(str(error).partition(" (")[0])
    with prices.override("our-own-7b", input=0.05, output=0.10):
        ask("Why?", team="red", name="our-own-7b")
    print(f"red: {month.account('red').spent.cost:.3f} spent")


if __name__ == "__main__":
    main()
