"""Pick the most eventful ticket, and tell its spans and their events in the order in which they happened."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from opentelemetry.sdk.trace import ReadableSpan

__all__ = ["Node", "most_eventful"]


@attrs.frozen
class Node:
    """A span with what happened inside it; or an event, which has nothing inside."""

    label: str
    is_span: bool
    inside: tuple[Node, ...] = ()

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


def most_eventful(spans: Sequence[ReadableSpan]) -> Node | None:
    """Return the tree of the root span under which most happened; None where there are no spans."""
    children: dict[int, list[ReadableSpan]] = {}
    for span in spans:
        children.setdefault(span.parent.span_id if span.parent else 0, []).append(span)
    trees = [_node(root, children) for root in children.get(0, ())]
    return max(trees, key=lambda node: node.eventfulness, default=None)


def _node(span: ReadableSpan, children: dict[int, list[ReadableSpan]]) -> Node:
    own = children.get(span.context.span_id, []) if span.context else []
    inside = [(event.timestamp, Node(_told(event.name, event.attributes), is_span=False)) for event in span.events]
    inside += [(child.start_time or 0, _node(child, children)) for child in own]
    return Node(_label(span), True, tuple(node for _, node in sorted(inside, key=lambda pair: pair[0])))


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


def _told(name: str, attributes: Any) -> str:
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
    "beluga.fallback": lambda known: f"fallback after {known.get('code')}",
}
