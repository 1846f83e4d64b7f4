"""The layers of a decorated function: how they are bound, fused into hooks, and described."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from beluga._engine.policy import Policy
from beluga._engine.target import Target

if TYPE_CHECKING:
    import inspect
    from collections.abc import Callable, Sequence

    from beluga._engine.call import Call, Outcome
    from beluga._engine.policy import Verdict
    from beluga._engine.target import Kind

__all__ = ["Stack", "used_twice"]


class Stack:
    """The layers around one target, outermost first; never changed, only built anew with one more."""

    depth: int

    def __init__(self, target: Target, layers: tuple[Policy, ...], inner: Stack | None = None) -> None:
        new = layers if inner is None else layers[: len(layers) - inner.depth]
        for place, layer in enumerate(new):
            _check_kind(layer, target)
            if any(other is layer for other in layers[place + 1 :]):
                raise used_twice(layer, target)
        bound = tuple(layer.bind(target) for layer in new)
        for layer in bound:
            _check_hooks(layer)
        self.target = target
        self.layers: tuple[Policy, ...] = layers
        self.bound: tuple[Policy, ...] = bound if inner is None else bound + inner.bound
        self.depth = len(layers)
        # A plain attribute, since refusals read it: a property takes another frame.
        self.name: str = target.name
        self.around_at: int | None = next((i for i, layer in enumerate(bound) if _defines(layer, "around")), None)
        """The place of the outermost layer that runs the inner ones by itself."""
        if self.around_at is None and inner is not None and inner.around_at is not None:
            self.around_at = len(new) + inner.around_at
        self.fused: bool = False
        self.is_copy: bool = False
        """Whether it came from another process, with a function that is pickled by value."""

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle what is decorated and the policies, which begin anew."""
        target = self.target
        declared = None if target.declared is target.function else target.declared
        return _copied, (target.function, target.kind, declared, self.layers)

    def fuse(self) -> None:
        """Keep only the hooks that some policy defines, so that an idle layer costs nothing.

        Done at the first call: a stack is built anew with each decorator, and only the last one is called.
        """
        self.bound = tuple(layer._fused() for layer in self.bound)  # noqa: SLF001 - for layers of our own alone
        numbered = list(enumerate(self.bound))
        outward = numbered[::-1]
        # Each with the number of layers that are entered then. Exact tuples: a named one unpacks 4 times slower.
        self.enters: tuple[tuple[int, Callable[[Call], Verdict | None]], ...]
        self.enters = tuple((i, layer.enter) for i, layer in numbered if _defines(layer, "enter"))
        self.leaves: tuple[tuple[int, Callable[[Call, Outcome], Verdict | None]], ...]
        self.leaves = tuple(
            (i + 1, layer.leave) for i, layer in outward if _defines(layer, "leave") and layer.hints.leave != "on error"
        )
        self.optional: tuple[int, ...] = tuple(i + 1 for i, layer in numbered if layer.hints.leave == "on demand")
        self.needed: dict[int, Callable[..., bool]] = {
            i: question
            for i, layer in numbered
            if (question := layer.hints.needed or layer.hints.needed_for) is not None and _defines(layer, "enter")
        }
        self.needed_for: tuple[int, ...] = tuple(i for i in self.needed if self.bound[i].hints.needed is None)
        hooked = {i for i, layer in numbered if _defines(layer, *_HOOKS)}
        # Of several none may be asked before the outer ones are entered.
        self.idle: bool = len(hooked) == 1 and hooked == set(self.needed)
        self.valued: bool = any(
            layer.hints.leave == "always" and layer.hints.reads_value
            for layer in self.bound
            if _defines(layer, "leave")
        )
        # Each with its place, because a stream that stands in for the function is seen by the outer layers only.
        self.watching: tuple[tuple[int, Policy], ...] = tuple(
            (i, layer) for i, layer in outward if _defines(layer, *_ITEM_HOOKS)
        )
        setting = [(i, layer.hints.seconds) for i, layer in numbered if layer.hints.sets_deadline]
        self.bounded: bool = bool(setting)
        # Of several, the inner ones would have to find what the code had set for the outer ones.
        self.timed: tuple[int, float | None] = setting[0] if len(setting) == 1 else (-1, None)
        self.only_timed: bool = self.timed[1] is not None and hooked == {self.timed[0]}
        # Innermost first, as what is ambient has to be taken back.
        self.holders: tuple[Policy, ...] = tuple(
            layer for _, layer in outward if _defines(layer, "abandon") and _defines(layer, "enter")
        )
        self.fused = True

    @property
    def kind(self) -> Kind:
        """The kind of the target."""
        return self.target.kind

    @property
    def signature(self) -> inspect.Signature:
        """The signature of the target."""
        return self.target.signature

    def under(self, layer: Policy) -> Stack:
        """Return this stack with `layer` as its new outermost one."""
        return Stack(self.target, (layer, *self.layers), self)

    def describe(self) -> str:
        """Return the plan as text: one line a layer with its options and state, then warnings."""
        names = [layer.name for layer in self.layers]
        width = max(map(len, names), default=0)
        lines = [f"{self.kind.value} {self.name}{_readable(self.signature)}"]
        lines += [
            f"  {i}. {layer.name:<{width}}  {(bound if _defines(bound, 'describe') else layer).describe()}".rstrip()
            for i, (layer, bound) in enumerate(zip(self.layers, self.bound, strict=True), 1)
        ]
        if self.is_copy:
            lines.append("  note: unpickled here, so what its policies remember began anew in this process")
        lines += [f"  warning: {warning}" for warning in (*_misplaced(self.layers), *self._idle())]
        return "\n".join(lines)

    def _idle(self) -> list[str]:
        """Tell of layers that neither decide nor look at anything, such as guards for no parameter."""
        idle = [
            f"{layer.name} does nothing for {self.name}: it has nothing to decide or to look at there"
            for layer, bound in zip(self.layers, self.bound, strict=True)
            if not _defines(bound, *_HOOKS, *_ITEM_HOOKS, "around")
        ]
        # Some layers have parts, of which one alone may have nothing to do.
        return idle + [part for bound in self.bound for part in getattr(bound, "idle_parts", list)()]


def _copied(
    function: Callable[..., Any], kind: Kind, declared: Callable[..., Any] | None, layers: tuple[Policy, ...]
) -> Stack:
    stack = Stack(Target(function, kind, declared), layers)
    stack.is_copy = True
    return stack


def _defines(layer: Policy, *methods: str) -> bool:
    return any(getattr(type(layer), method) is not getattr(Policy, method) for method in methods)


_HOOKS = ("enter", "leave")
_ITEM_HOOKS = ("watch", "on_item", "on_end")


class _Unquoted(str):
    """An annotation that is still a string, shown as the source shows it."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def _readable(signature: inspect.Signature) -> inspect.Signature:
    def unquoted(annotation: Any) -> Any:
        return _Unquoted(annotation) if isinstance(annotation, str) else annotation

    parameters = [p.replace(annotation=unquoted(p.annotation)) for p in signature.parameters.values()]
    return signature.replace(parameters=parameters, return_annotation=unquoted(signature.return_annotation))


def used_twice(layer: Policy, target: Target) -> TypeError:
    """Build the error that says that `layer` is on `target` already."""
    label = layer.name if layer.name == layer.concern else f"{layer.concern} {layer.name}"
    return TypeError(
        f"{label} is on {target.name} already: this very object would count, wait or try again twice for each call; "
        "use it once, or make a second one"
    )


def _check_kind(layer: Policy, target: Target) -> None:
    if target.kind not in layer.kinds:
        served = ", ".join(sorted(f"{kind.value}s" for kind in layer.kinds))
        message = f"{layer.name} cannot decorate the {target.kind.value} {target.name}: it serves {served}"
        raise TypeError(message)
    if target.kind.is_stream and _defines(layer, "around") and not layer.hints.runs_streams:
        message = f"{layer.name} runs the call by itself, which the {target.kind.value} {target.name} forbids"
        raise TypeError(message)


def _check_hooks(layer: Policy) -> None:
    """Refuse what would never be called: a layer that runs the inner ones by itself is neither entered nor left."""
    idle = [method for method in ("enter", "leave") if _defines(layer, method)]
    if idle and _defines(layer, "around"):
        message = f"{layer.name} defines around, so its {' and '.join(idle)} would never be called: do it in around"
        raise TypeError(message)


def _misplaced(layers: Sequence[Policy]) -> list[str]:
    inside: set[str] = set()
    warnings: list[str] = []
    for outer in reversed(layers):
        warnings += [
            f"{outer.concern} stands outside {concern}: {why}"
            for concern, why in outer.belongs_inside.items()
            if concern in inside
        ]
        inside.add(outer.concern)
    return warnings[::-1]
