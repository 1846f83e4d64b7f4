"""Show a run to a person: tables, and the spans of the ticket on which most happened."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from beluga._cli.demo.tickets import decorators, totals

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from opentelemetry.sdk.trace import ReadableSpan
    from rich.console import Console

    from beluga._cli.demo.desk import DemoRun
    from beluga._cli.demo.tickets import Broken, TicketResult

__all__ = ["SpanNode", "most_eventful", "show"]

_COLOURS = {"answered": "green", "blocked": "magenta", "refused": "yellow", "failed": "bold red"}
# A note such as "fallback: circuit_open" then fits into a terminal of 80 columns.
_LONGEST_PROJECT = 12
_WIDEST_REDACTED = 13


def show(console: Console, run: DemoRun, broken: Sequence[Broken]) -> None:
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


def _introduction(run: DemoRun) -> Text:
    """Return what a newcomer has to know to read the rest."""
    time = "as waited for" if run.real_time else "of virtual time, for which nobody waited"
    return Text(
        "One function with six decorators and a fallback answers tickets; three more are on what it calls. "
        "Its model is a fake one: "
        f"{run.fault_rate:.0%} of its calls fail, some stall, and it goes down once. "
        f"The figures are seconds {time}: {run.seconds:.0f} in all."
    )


def _tickets(outcomes: Sequence[TicketResult]) -> Table:
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
        "cached": f"looked the help pages up {_number(did['cached']['hits'], 'time')} without asking for them",
        "bulkhead": f"let {_number(did['bulkhead']['waited'], 'call')} of the large model wait for a slot",
        "hedge": f"asked the small model once more {_number(did['hedge']['asked_again'], 'time')}, as it took long",
    }


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items()) or "nothing"


def _branch(node: SpanNode, above: Tree | None) -> Tree:
    label = Text(node.label, style="cyan" if node.is_span else "")
    tree = Tree(label) if above is None else above.add(label)
    for inner in node.inside:
        _branch(inner, tree)
    return tree


@attrs.frozen
class SpanNode:
    """A span with what happened inside it; or an event, which has nothing inside."""

    label: str
    is_span: bool  # else an event
    inside: tuple[SpanNode, ...] = ()

    def labels(self) -> Iterator[str]:
        """Yield all labels, from the top."""
        yield self.label
        for node in self.inside:
            yield from node.labels()

    @property
    def eventfulness(self) -> tuple[int, int]:
        """How many sorts of things happened, and how many things."""
        labels = list(self.labels())
        return len({label.partition(" ")[0] for label in labels}), len(labels)


def most_eventful(spans: Sequence[ReadableSpan]) -> SpanNode | None:
    """Return the tree of the root span under which most happened; None where there are no spans."""
    children: dict[int, list[ReadableSpan]] = {}
    for span in spans:
        children.setdefault(span.parent.span_id if span.parent else 0, []).append(span)
    trees = [_node(root, children) for root in children.get(0, ())]
    return max(trees, key=lambda node: node.eventfulness, default=None)


def _node(span: ReadableSpan, children: dict[int, list[ReadableSpan]]) -> SpanNode:
    own = children.get(span.context.span_id, []) if span.context else []
    inside = [
        (event.timestamp, SpanNode(_worded(event.name, event.attributes), is_span=False)) for event in span.events
    ]
    inside += [(child.start_time or 0, _node(child, children)) for child in own]
    return SpanNode(_label(span), True, tuple(node for _, node in sorted(inside, key=lambda pair: pair[0])))


def _label(span: ReadableSpan) -> str:
    known: dict[str, Any] = dict(span.attributes or {})
    if "desk.line" in known:
        return f"{span.name} in line {known['desk.line']}"
    if "error.type" in known:
        return f"{span.name}: {str(known['error.type']).rpartition('.')[2]}"
    if "gen_ai.usage.output_tokens" in known:
        tokens = f"{known['gen_ai.usage.input_tokens']} + {known['gen_ai.usage.output_tokens']}"
        return f"{span.name}: {tokens} tokens"
    # A model's call that neither failed nor told its usage was cancelled at a deadline.
    return f"{span.name}: cut off" if "gen_ai.operation.name" in known else span.name


def _worded(name: str, attributes: Any) -> str:
    """Return an event in words."""
    known = dict(attributes or {})
    wording = _WORDINGS.get(name)
    return name if wording is None else wording(known)


def _guard(known: dict[str, Any]) -> str:
    return f"guard {known['verdict']} the {known['stage']}: {', '.join(known['rules'])}"


_WORDINGS: dict[str, Callable[[dict[str, Any]], str]] = {
    "beluga.guard": _guard,
    "beluga.retry": lambda known: f"retry in {known['delay']:.2f} s after {known.get('code')}",
    "beluga.wait": lambda known: f"wait {known['delay']:.2f} s for {known['policy']}",
    "beluga.circuit": lambda known: f"circuit {known['old']} -> {known['new']}",
    "beluga.refused": lambda known: f"refused by {known['policy']}: {known['code']}",
    "beluga.cache.hit": lambda known: f"kept answer, {known['age']:.1f} s old",
    "beluga.hedge": lambda known: f"asked once more after {known['after']:.1f} s",
    "beluga.fallback": lambda known: f"fallback after {known.get('code')}",
}
