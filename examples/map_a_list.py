"""Summarise a pile of documents that is known only at run time: bounded, in order, or as each one is done.

Run it with ``python examples/map_a_list.py``; it needs no network and no key.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from beluga import retry
from beluga.llm import FakeProvider, Reply, faults
from beluga.orchestration import scatter
from beluga.testing import fake_clock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from beluga.llm import Request

TITLES = ["terms of use", "release notes", "incident report", "meeting minutes", "travel policy"]


def documents() -> Iterator[str]:
    """Read the pile one by one, as a file or a database would give it."""
    for title in TITLES:
        print(f"  reading {title}")
        yield title


def answer(request: Request) -> Reply:
    """Take longer for the longer titles."""
    return Reply(f"{request.text.split()[0].capitalize()} in one line.", per_token=len(request.text) / 40)


def main() -> None:
    """Ask for all summaries in order, then for each as it is done."""
    model = FakeProvider(faults.rate_limit(retry_after=1.0)).default(answer)

    @retry(max_attempts=3)
    async def summarise(title: str) -> str:
        return (await model.agenerate(title)).text

    async def all_of_them() -> None:
        print("in the order of the pile, two at a time:")
        for summary in await scatter.map(summarise, documents(), limit=2):
            print(f"  {summary}")

    async def one_by_one() -> None:
        print("as they come, whatever fails:")
        async for result in scatter.stream(summarise, TITLES, limit=2, policy="collect"):
            print(f"  {TITLES[result.index]}: {result.status}")

    with fake_clock() as clock:
        clock.run(all_of_them())
        clock.run(one_by_one())


if __name__ == "__main__":
    main()
