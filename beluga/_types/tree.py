"""A type as a tree: what a value may be, said once for files, for models' answers, for tools and for scripts.

``read_type`` makes the tree from annotations. Then ``fit`` makes values by it, ``json_schema`` describes it,
``read_text`` reads a variable by it, and ``problems`` puts into words what it demands::

    class Line:                        Record Line
        text: str                        text:  Scalar str
        prices: list[float] | None       prices: OneOf
                                                 |- Items
                                                 |  `- Scalar float
                                                 `- Scalar None

A node says nothing about strictness: that is `Rules`, and belongs to the door where a value comes in.
"""

from __future__ import annotations

import decimal
import re
from typing import TYPE_CHECKING, Any, Final

import attrs

from beluga._types.scalars import SCALARS, ScalarType

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = [
    "NO_DEFAULT",
    "NULL",
    "UNBOUNDED",
    "Anything",
    "Bounds",
    "Choice",
    "Field",
    "Foreign",
    "Items",
    "OneOf",
    "Option",
    "Record",
    "Row",
    "Scalar",
    "Table",
    "TypeNode",
    "arms",
    "bounds_of",
    "is_scalar",
    "parts",
    "takes_null",
]


def _tighter(choose: Callable[..., Any], a: Any, b: Any) -> Any:
    return choose(a, b) if a is not None and b is not None else b if a is None else a


@attrs.frozen
class Bounds:
    """What a value of the right type has to keep to; each None for no bound.

    Args:
        least: The smallest value allowed.
        most: The greatest value allowed.
        above: Smaller than every value allowed.
        below: Greater than every value allowed.
        multiple_of: What every value is a multiple of.
        shortest: The least number of characters or items.
        longest: The greatest number of characters or items.
        pattern: A regular expression that is found in every text.
    """

    least: Any = None
    most: Any = None
    above: Any = attrs.field(default=None, kw_only=True)
    below: Any = attrs.field(default=None, kw_only=True)
    multiple_of: Any = attrs.field(default=None, kw_only=True)
    shortest: int | None = attrs.field(default=None, kw_only=True)
    longest: int | None = attrs.field(default=None, kw_only=True)
    pattern: str | None = attrs.field(default=None, kw_only=True)

    @property
    def of_values(self) -> bool:
        """Whether they speak of a value's place in an order."""
        return any(bound is not None for bound in (self.least, self.most, self.above, self.below, self.multiple_of))

    @property
    def of_sizes(self) -> bool:
        """Whether they speak of how long something is."""
        return self.shortest is not None or self.longest is not None

    def __and__(self, other: Bounds) -> Bounds:
        """Return what keeps to both."""
        return Bounds(
            _tighter(max, self.least, other.least),
            _tighter(min, self.most, other.most),
            above=_tighter(max, self.above, other.above),
            below=_tighter(min, self.below, other.below),
            multiple_of=other.multiple_of or self.multiple_of,
            shortest=_tighter(max, self.shortest, other.shortest),
            longest=_tighter(min, self.longest, other.longest),
            pattern=other.pattern or self.pattern,
        )

    def __contains__(self, value: Any) -> bool:
        if self is UNBOUNDED:
            return True
        try:
            return self._holds(value)
        except TypeError:  # a naive and an aware time have no order
            return False

    def _holds(self, value: Any) -> bool:
        return not (
            (self.least is not None and value < self.least)
            or (self.most is not None and value > self.most)
            or (self.above is not None and value <= self.above)
            or (self.below is not None and value >= self.below)
            or (self.multiple_of is not None and not _is_multiple(value, self.multiple_of))
            or (self.shortest is not None and len(value) < self.shortest)
            or (self.longest is not None and len(value) > self.longest)
            or (self.pattern is not None and not re.search(self.pattern, value))
        )

    def words(self, unit: str = "characters") -> str:
        """Return what follows the name of a type: " from 0 to 2", " of at least 1", " of at most 20 characters"."""
        said = [_range(self.least, self.most, "")]
        said.append("" if self.above is None else f" above {self.above}")
        said.append("" if self.below is None else f" below {self.below}")
        said.append("" if self.multiple_of is None else f" that is a multiple of {self.multiple_of}")
        said.append(_range(self.shortest, self.longest, f" {unit}", "of "))
        said.append("" if self.pattern is None else f" that matches {self.pattern!r}")
        return "".join(said)


def _range(least: Any, most: Any, unit: str, both: str = "from ") -> str:
    if least is not None and most is not None:
        return f" {both}{least} to {most}{unit}"
    bound, words = (least, "least") if least is not None else (most, "most")
    return "" if bound is None else f" of at {words} {bound}{unit.removesuffix('s') if bound == 1 else unit}"


def _is_multiple(value: Any, step: Any) -> bool:
    # As jsonschema has it: 0.3 is a multiple of 0.1, although 0.3 % 0.1 is not 0.
    if isinstance(step, float) or isinstance(value, float):
        quotient = float(value) / float(step)
        return abs(quotient) != float("inf") and int(quotient) == quotient
    return bool(value % step == 0)


UNBOUNDED: Final = Bounds()

_BOUNDS: Final = {
    "ge": "least",
    "le": "most",
    "gt": "above",
    "lt": "below",
    "multiple_of": "multiple_of",
    "min_length": "shortest",
    "max_length": "longest",
    "pattern": "pattern",
}
"""Attributes of annotated-types, pydantic's and msgspec's fields, each with ours; none of these is imported."""


def bounds_of(mark: Any) -> Bounds:
    """Return the bounds that something in ``Annotated`` speaks of; none where it speaks of something else."""
    if isinstance(mark, Bounds):
        return mark
    found = {ours: getattr(mark, theirs, None) for theirs, ours in _BOUNDS.items()}
    found["pattern"] = getattr(found["pattern"], "pattern", found["pattern"])  # it may be compiled
    bounds = Bounds(**found)
    for inner in getattr(mark, "metadata", None) or ():
        bounds &= bounds_of(inner)
    return bounds


NO_DEFAULT: Final = object()
"""Stands for the default of a field that has none, or has to make it anew each time."""


@attrs.frozen
class TypeNode:
    """Any part of the tree.

    Args:
        description: What ``Annotated[..., "text"]`` says of it, for a model.
    """

    description: str = attrs.field(default="", kw_only=True)


@attrs.frozen
class Anything(TypeNode):
    """Whatever there is, unchecked."""


def _exact(scalar: Scalar) -> Any:
    may_be_infinite = scalar.type.kind in (float, decimal.Decimal)
    return None if may_be_infinite or scalar.bounds != UNBOUNDED else scalar.type.kind


@attrs.frozen
class Scalar(TypeNode):
    """A value without parts, within bounds."""

    type: ScalarType
    bounds: Bounds = UNBOUNDED
    exact: Any = attrs.field(init=False, default=attrs.Factory(_exact, takes_self=True), eq=False, repr=False)
    """The type whose values need no further look, so that most are taken by one comparison."""


NULL: Final = Scalar(SCALARS[type(None)])


@attrs.frozen
class Option:
    """One of the values of a choice: how it is written, what it becomes, and the name of an Enum's member."""

    written: Any
    value: Any
    name: str = ""


@attrs.frozen
class Choice(TypeNode):
    """One of a few values: a Literal or an Enum, whose docstring is `doc`."""

    options: tuple[Option, ...]
    doc: str = ""


@attrs.frozen
class Items(TypeNode):
    """A list of values of one kind, made into a list, tuple or set."""

    item: TypeNode
    make: Callable[[list[Any]], Any]
    bounds: Bounds = UNBOUNDED

    @property
    def is_set(self) -> bool:
        """Whether no value is in it twice."""
        return self.make in (set, frozenset)


@attrs.frozen
class Row(TypeNode):
    """A list of so many values, each of its own kind, made into a tuple."""

    items: tuple[TypeNode, ...]


@attrs.frozen
class Table(TypeNode):
    """A mapping of free keys to values of one kind."""

    item: TypeNode
    make: Callable[[dict[str, Any]], Any]
    key: TypeNode | None = None
    """What a key has to be, where not every text is one."""
    bounds: Bounds = UNBOUNDED


@attrs.frozen
class OneOf(TypeNode):
    """A value of any of several kinds: the first that fits."""

    arms: tuple[TypeNode, ...]


def _exact_of(field: Field) -> Any:
    """Return the type whose values need no further look, or what no value's type is."""
    return getattr(field.node, "exact", None) or NO_DEFAULT


@attrs.frozen
class Field:
    """One field of a record.

    Args:
        key: What it is called in JSON and in files.
        name: Its attribute.
        node: What it may be.
        required: Whether a record without it is wrong.
        description: What it is, for a model; one in ``Annotated`` goes first.
        default: Its plain default, or `NO_DEFAULT`.
        converts: Whether an attrs converter makes the attribute from the value.
        secret: Whether its value is never shown.
        env: The whole name of a variable that overrides it, or None.
    """

    key: str
    name: str
    node: TypeNode
    required: bool = True
    description: str = ""
    default: Any = NO_DEFAULT
    converts: bool = False
    secret: bool = False
    env: str | None = None
    exact: Any = attrs.field(init=False, default=attrs.Factory(_exact_of, takes_self=True), eq=False, repr=False)
    """As that of a `Scalar`."""


@attrs.frozen(eq=False)
class Record(TypeNode):
    """A mapping with exactly the fields of a class or the parameters of a function.

    Args:
        kind: The class, generic alias or function.
        name: What messages call it.
        make: Called with the values of the fields by their keys; ``dict`` where nothing is to be made.
        fields: By their keys; filled in once all are known, as a class may contain itself.
        doc: Its docstring's first part, for a model.
    """

    kind: Any
    name: str
    make: Callable[..., Any]
    fields: dict[str, Field] = attrs.field(factory=dict, repr=False)
    doc: str = attrs.field(default="", repr=False)

    @property
    def has_secrets(self) -> bool:
        """Whether a value of it is never shown."""
        return any(field.secret for field in self.fields.values())


@attrs.frozen(eq=False)
class Foreign(TypeNode):
    """A class that checks and describes itself, as pydantic's models do."""

    kind: Any

    @property
    def name(self) -> str:
        """What messages call it."""
        return str(self.kind.__name__)


def arms(node: TypeNode) -> tuple[TypeNode, ...]:
    """Return what a value may be instead of each other: the arms of a union, else the node itself."""
    return node.arms if isinstance(node, OneOf) else (node,)


def is_scalar(node: TypeNode) -> bool:
    """Tell whether a value of `node` has no parts, so that a message may show what stands in its place."""
    return all(isinstance(arm, (Scalar, Choice)) for arm in arms(node))


def takes_null(node: TypeNode) -> bool:
    """Tell whether null is a value of `node`."""
    return any(
        arm == NULL
        or isinstance(arm, Anything)
        or (isinstance(arm, Choice) and any(option.written is None for option in arm.options))
        for arm in arms(node)
    )


def parts(node: TypeNode) -> Iterator[TypeNode]:
    """Yield the nodes that `node` is directly made of."""
    match node:
        case Items() | Table():
            yield node.item
        case Row():
            yield from node.items
        case OneOf():
            yield from node.arms
        case Record():
            yield from (field.node for field in node.fields.values())
