"""What each defence makes of the agents' tasks: attacks stopped, and benign tasks that are asked about or blocked.

``python -m benchmarks.agents`` prints the table. A defence here is a function from a task to a verdict: ``pass``,
``ask`` or ``block``. The detector reads what the tools answered. `Spotlight` only marks it: what a model makes of them
cannot be measured without one, so it stops nothing here, and stands beside `Provenance` since that reads the marks.
`ToolGuard` knows the tools and the hosts and addresses that an application of this kind would list beforehand.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import attrs

from beluga.guards import InjectionDetector, Provenance, Spotlight, ToolGuard
from benchmarks.agent_tasks import ATTACKS, BENIGN, DIRECTORIES, SENSITIVE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.agent_tasks import Task

    Defence = Callable[[Task], str]

__all__ = ["DEFENCES", "Score", "score"]

LISTED = ("northwind.example", "fabrikam.example", "docs.python.org", "city.example")
"""The hosts that an application of this kind knows of beforehand."""


@functools.cache
def _detector() -> InjectionDetector:
    return InjectionDetector()


def detect(task: Task) -> str:
    """Block where the detector finds an instruction in what a tool answered."""
    return "pass" if all(_detector().validate(answer, role="tool").allowed for _, answer in task.reads) else "block"


def mark(task: Task) -> str:
    """Mark what tools answered, and leave the rest to the model."""
    return "pass" if all(Spotlight().validate(answer).allowed for _, answer in task.reads) else "block"


def restrict(task: Task) -> str:
    """Block what an allow-list of tools and hosts does not hold."""
    tools = {each.call[0] for each in BENIGN}
    return "pass" if ToolGuard(tools, domains=LISTED).validate_tool(*task.call).allowed else "block"


def trace(task: Task, trusted: Sequence[str] = DIRECTORIES, *, marked: bool = False) -> str:
    """Ask about values that nobody trusted named."""
    spotlight = Spotlight()
    asked = []
    guard = Provenance(sensitive=SENSITIVE, trusted=trusted, ask=lambda flows: bool(asked.append(flows)))
    with guard.turn(task.user) as turn:
        for tool, answer in task.reads:
            if marked and tool not in trusted:
                turn.add("message", f"Use this: {spotlight.wrap(answer)}")
            else:
                turn.add(f"answer of {tool}", answer, tool)
        passes = guard.validate_tool(*task.call).allowed
    return "pass" if passes else "ask" if asked else "block"


def together(task: Task) -> str:
    """Ask what `Provenance` asks, and block what the detector finds."""
    return "block" if detect(task) == "block" else trace(task)


DEFENCES: dict[str, Defence] = {
    "InjectionDetector": detect,
    "Spotlight": mark,
    "ToolGuard": restrict,
    "Provenance": trace,
    "Provenance, no directory declared": lambda task: trace(task, ()),
    "Provenance by Spotlight's marks": lambda task: trace(task, marked=True),
    "Provenance and InjectionDetector": together,
}


@attrs.frozen
class Score:
    """Shares from 0.0 to 1.0.

    Args:
        foreign: Attacks that need a foreign value, stopped.
        attacks: All attacks, stopped.
        asked: Benign tasks that are asked about.
        blocked: Benign tasks that are blocked outright.
    """

    foreign: float
    attacks: float
    asked: float
    blocked: float


def score(defence: Defence) -> Score:
    """Return how a defence does."""
    attacks = [(task.source, defence(task) != "pass") for task in ATTACKS]
    foreign = [stopped for source, stopped in attacks if source == "data"]
    benign = [defence(task) for task in BENIGN]
    return Score(
        sum(foreign) / len(foreign),
        sum(stopped for _, stopped in attacks) / len(attacks),
        benign.count("ask") / len(benign),
        benign.count("block") / len(benign),
    )


def table() -> str:
    """Return the table in Markdown."""
    foreign = sum(task.source == "data" for task in ATTACKS)
    head = (
        f"{foreign} attacks with a foreign value stopped | all {len(ATTACKS)} | {len(BENIGN)} benign tasks asked about"
    )
    lines = [f"| defence | {head} | blocked |", "|---|---|---|---|---|"]
    for name, defence in DEFENCES.items():
        lines.append(f"| {name} | " + " | ".join(f"{share:.1%}" for share in attrs.astuple(score(defence))) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(table())
