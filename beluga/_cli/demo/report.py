"""Show a run to a person: tables and a tree."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from beluga._cli.demo.spantree import most_eventful
from beluga._cli.demo.tally import decorators, totals

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.console import Console

    from beluga._cli.demo.results import Outcome
    from beluga._cli.demo.run import Run
    from beluga._cli.demo.spantree import Node
    from beluga._cli.demo.tickets import Broken

__all__ = ["show"]

_COLOURS = {"answered": "green", "blocked": "magenta", "refused": "yellow", "failed": "bold red"}
# A note such as "fallback: circuit_open" then fits into a terminal of 80 columns.
_LONGEST_PROJECT = 12
_WIDEST_REDACTED = 13


def show(console: Console, run: Run, broken: Sequence[Broken]) -> None:
    """Print the tickets, the totals, the decorators and the spans of one ticket."""
    console.print(_introduction(run))
    console.print(_tickets(run.outcomes))
    for line in broken:
        console.print(Text(f"line {line.line} skipped: {line.reason}", style="red"))
    console.print(_totals(totals(run, broken)))
    console.print(_decorators(decorators(run)))
    tree = most_eventful(run.spans.spans)
    if tree is not None:
        console.print(Text("The spans of the ticket on which most happened:\n", style="bold"))
        console.print(_branch(tree, None))


def _introduction(run: Run) -> Text:
    """Return what a newcomer has to know to read the rest."""
    time = "as waited for" if run.real_time else "of virtual time, for which nobody waited"
    return Text(
        "One function with six decorators and a fallback answers tickets. Its model is a fake one: "
        f"{run.fault_rate:.0%} of its calls fail, some stall, and it goes down once. "
        f"The figures are seconds {time}: {run.seconds:.0f} in all."
    )


def _tickets(outcomes: Sequence[Outcome]) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("line", justify="right")
    table.add_column("project", no_wrap=True, max_width=_LONGEST_PROJECT)
    table.add_column("status", no_wrap=True)
    table.add_column("redacted", max_width=_WIDEST_REDACTED)
    table.add_column("retries", justify="right")
    table.add_column("wait", justify="right", no_wrap=True)
    table.add_column("note")
    for outcome in outcomes:
        table.add_row(
            str(outcome.line),
            _plain(outcome.project),
            Text(outcome.status, style=_COLOURS[outcome.status]),
            Text(", ".join(outcome.redacted)),
            str(outcome.retries or ""),
            f"{outcome.waited:.1f} s" if outcome.waited else "",
            Text(outcome.note),
        )
    return table


def _plain(text: str) -> Text:
    """Return a text from the file as harmless cells: no markup, no control characters."""
    return Text("".join(character if character.isprintable() else "?" for character in text))


def _totals(counts: Mapping[str, Any]) -> Text:
    ended = ", ".join(f"{counts[status]} {status}" for status in _COLOURS)
    skipped = f"; {_number(counts['broken'], 'broken line')} skipped" if counts["broken"] else ""
    return Text(f"{_number(counts['tickets'], 'ticket')}: {ended}{skipped}", style="bold")


def _decorators(did: Mapping[str, Mapping[str, Any]]) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("decorator", no_wrap=True)
    table.add_column("what it did")
    for name, told in _told(did).items():
        table.add_row(f"@{name}", told if any(did[name].values()) else "had nothing to do")
    return table


def _told(did: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Return what each decorator did, in words."""
    guarded, retry, breaker, limit = did["guarded"], did["retry"], did["breaker"], did["rate_limited"]
    return {
        "traced": _number(did["traced"]["spans"], "span"),
        "guarded": f"blocked {_number(guarded['blocked'], 'ticket')}; redacted {_listed(guarded['redacted'])}",
        "fallback": f"the small model stood in after {_listed(did['fallback'])}",
        "budget": f"cut off {_number(did['budget']['attempts_cut_off'], 'attempt')} that took too long",
        "retry": f"tried again after {_listed(retry['retries'])}; waited {retry['seconds']:.1f} s",
        "breaker": f"opened {_number(breaker['opened'], 'time')}, sent {_number(breaker['probes'], 'probe')}, "
        f"closed {_number(breaker['closed'], 'time')}; spared {_number(breaker['refused'], 'call')}",
        "rate_limited": f"let {_number(limit['waited'], 'call')} wait {limit['seconds']:.1f} s; "
        f"refused {limit['refused']}",
    }


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items()) or "nothing"


def _branch(node: Node, above: Tree | None) -> Tree:
    label = Text(node.label, style="cyan" if node.is_span else "")
    tree = Tree(label) if above is None else above.add(label)
    for inner in node.inside:
        _branch(inner, tree)
    return tree
