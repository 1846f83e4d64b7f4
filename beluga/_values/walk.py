"""One walk through one value, for everybody who must see all that a value says: guards, masking, content, logs.

A walk knows what values are made of. Who walks says, by overriding a few methods, what becomes of what it finds::

    {"user": b"ana", "tries": 3, "client": <Client>}
       entry   text     textless    unknown            each may give another in its place

What is made of new parts has the type it had, and a value of which every part stays is returned itself, not as a copy.

Nothing raises, whatever the value does when it is looked at; depth and size have bounds, what is met again is not
walked again, and generators are not consumed. What holds itself must be walked with `copies` if a part of it changes:
then each container is made before its parts are, so that they can hold it.
"""

from __future__ import annotations

import copy
import datetime as dt
import enum
import functools
import numbers
import re
import types
from collections import UserString, deque
from collections.abc import Mapping, Sequence, ValuesView
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["RECORDS", "Depth", "Walk", "declared", "is_of", "is_printable", "is_used", "named_once"]

_MOST = 1_000_000
_TEXTLESS = (
    type(None), bool, numbers.Number, dt.date, dt.time, dt.timedelta, dt.tzinfo, enum.Enum, range, slice,
    type(...), type(NotImplemented), re.Pattern,
    type, types.UnionType, types.ModuleType, types.FunctionType, types.BuiltinFunctionType, types.MethodType,
)  # fmt: skip
# By the module of their class: to import these five takes 10 ms, and whoever has such a value did it.
_TEXTLESS_MODULES = frozenset({"decimal", "fractions", "ipaddress", "uuid"})
_PATHS = frozenset({"pathlib"})
_ARRAYS = frozenset({"array"})
_VIEWS: dict[Any, Callable[[list[Any]], Any]] = {
    type({}.keys()): lambda items: dict.fromkeys(items).keys(),
    type({}.values()): lambda items: dict(enumerate(items)).values(),
    type({}.items()): lambda items: dict(items).items(),
}


class Depth:
    """Where a walk stands, for whoever needs no more than the depth; `Place` knows more."""

    __slots__ = ("depth",)
    view = None
    """What makes one and the same object another one here."""

    def __init__(self, depth: int = 0) -> None:
        self.depth: int = depth

    def item(self, at: int) -> Depth:  # noqa: ARG002 - as in `Place`
        """Return the place of one of several of the same kind."""
        return Depth(self.depth + 1)

    def entry(self, name: Any) -> Depth:  # noqa: ARG002 - the same
        """Return the place of what stands under `name`."""
        return Depth(self.depth + 1)

    def key(self) -> Depth:
        """Return the place of the names of what stands here."""
        return Depth(self.depth + 1)

    def inside(self, fields: Mapping[Any, Any], role: Any = None) -> Depth:  # noqa: ARG002 - the same
        """Return the place within a record or mapping of these `fields`."""
        return self


class Walk:
    """One walk; it remembers what it has met.

    Args:
        copies: Make every container anew, and before its parts: for a value that holds itself.
    """

    deepest = 64
    encodings: tuple[str, ...] = ("utf-8",)
    """How bytes are read; those that are none of it say nothing."""

    def __init__(self, *, copies: bool = False) -> None:
        self._copies = copies
        self._met: dict[Any, Any] = {}
        self._alive: list[Any] = []  # so that no id is used twice
        self._open: set[Any] = set()
        self.circular: bool = False

    # What becomes of what is found.

    def text(self, text: str, place: Any) -> Any:  # noqa: ARG002 - for who overrides it
        """Return what becomes of a text."""
        return text

    def textless(self, value: Any, place: Any) -> Any:  # noqa: ARG002 - the same
        """Return what becomes of a number, a date, an enumeration's member, a function and the like."""
        return value

    def unknown(self, value: Any, place: Any) -> Any:  # noqa: ARG002 - the same
        """Return what becomes of what cannot be looked into."""
        return value

    def lost(self, value: Any, place: Any, why: str) -> Any:  # noqa: ARG002 - the same
        """Return what becomes of what was not looked into, or not to its end."""
        return value

    def entry(self, name: Any, value: Any, place: Any, fields: Mapping[Any, Any]) -> Any:  # noqa: ARG002 - the same
        """Return what becomes of `value`, which stands under `name` among `fields`."""
        return self.walk(value, place)

    def parts(self, items: Any) -> Iterable[Any]:
        """Return the items to walk in place of those of a collection."""
        return items  # type: ignore[no-any-return]  # a stranger's collection

    def unmade(self, plain: Any, error: Exception) -> Any:  # noqa: ARG002 - the same
        """Return what stands for a container that lets nobody make another of its type; or raise `error`."""
        raise error

    # How the walk goes.

    def walk(self, value: Any, place: Any) -> Any:
        """Return what becomes of `value`."""
        kind = type(value)  # and its class below, because isinstance may run a stranger's code
        if kind is str:
            return self.text(value, place)
        way = self.way(kind)
        if way is None:
            return self.textless(value, place)
        key = (id(value), place.view)
        if key in self._met:
            if key in self._open:
                self.circular = True
                if self._copies and self._met[key] is value:  # what cannot be made before its parts
                    return self.lost(value, place, "it holds itself")
            return self._met[key]
        if place.depth > self.deepest or len(self._alive) >= _MOST:
            return self.lost(value, place, f"it holds more than {self.deepest} levels or {_MOST:,} values")
        self._alive.append(value)
        self._met[key] = value
        self._open.add(key)
        try:
            self._met[key] = getattr(self, way)(value, place, key)
        except Exception as error:  # a stranger's code; its message may quote the text
            self._met[key] = self.lost(value, place, f"reading it raised {type(error).__name__}")
        self._open.discard(key)
        return self._met[key]

    def way(self, kind: type) -> str | None:
        """Return the name of the method for values of a type; None for those that say nothing."""
        try:
            return _way(kind)
        except Exception:  # a class whose own class does not let it be hashed or asked
            return "as_unknown"

    def as_unknown(self, value: Any, place: Any, key: Any) -> Any:  # noqa: ARG002 - all ways are asked alike
        return self.unknown(value, place)

    def as_text(self, value: Any, place: Any, key: Any) -> Any:  # noqa: ARG002 - all ways are asked alike
        plain = str.__str__(value) if isinstance(value, str) else str(value)
        text = self.text(plain, place)
        return value if text == plain else self.again(type(value), text, text)

    def as_bytes(self, value: Any, place: Any, key: Any) -> Any:  # noqa: ARG002 - all ways are asked alike
        data = bytes(value)
        for encoding in self.encodings:
            try:
                plain = data.decode(encoding)
            except UnicodeDecodeError:
                continue
            text = self.text(plain, place)
            if text == plain:
                break
            new = text.encode(encoding, "surrogatepass" if encoding == "utf-8" else "replace")
            return self.again(type(value), new, new)
        return value

    def as_array(self, value: Any, place: Any, key: Any) -> Any:
        return self.as_unknown(value, place, key) if value.typecode in "uwbB" else value  # letters, and bytes

    def as_mapping(self, value: Any, place: Any, key: Any) -> Any:
        fields = {**value}
        made = self._begun(value, key, {}) if self._copies and isinstance(value, dict) else None
        items = self.entries(fields, place.inside(fields))
        if made is None:
            if _same(items, fields) and _same(items.values(), fields.values()):
                return value
            if not isinstance(value, dict):
                return self.again(type(value), items, items)
            made = items if type(value) is dict else self._emptied(value, {})
        if made is not items:
            for name, item in items.items():
                made[name] = item
        return made

    def entries(self, fields: Mapping[Any, Any], inside: Any) -> dict[Any, Any]:
        """Return the entries of a mapping walked, their names too."""
        items: dict[Any, Any] = {}
        for name, item in fields.items():
            new = self.name(name, inside)
            while new in items:  # two names that have become one; only a text can get another
                new = str.__add__(new, "_")
            items[new] = self.entry(name, item, inside.entry(name), fields)
        return items

    def name(self, name: Any, inside: Any) -> Any:
        """Return what becomes of the name of an entry."""
        return self.walk(name, inside.key())

    def as_collection(self, value: Any, place: Any, key: Any) -> Any:
        kind: Any = type(value)
        if hasattr(kind, "_fields"):
            fields = dict(zip(kind._fields, value, strict=True))
            items = list(self.fields(value, fields, place).values())
            return value if _same(items, fields.values()) else kind._make(items)
        mutable = issubclass(kind, (list, deque))
        made = self._begun(value, key, []) if self._copies and mutable else None
        items = [self.item(item, place, at) for at, item in enumerate(self.parts(value))]
        if made is None:
            if _same(items, value):
                return value
            if not mutable:
                plain = tuple(items) if issubclass(kind, (Sequence, ValuesView)) else frozenset(items)
                return self.again(_VIEWS.get(kind, kind), items, plain)
            made = self._emptied(value, [])
        made.extend(items)
        return made

    def item(self, item: Any, place: Any, at: int) -> Any:
        """Return what becomes of one item of a collection."""
        return self.walk(item, place.item(at))

    def as_record(self, value: Any, place: Any, key: Any) -> Any:
        fields = _all_of(value)
        made = copy.copy(value) if self._copies else None
        if made is not None:
            self._met[key] = made
        walked = self.fields(value, fields, place)
        if made is None:
            if _same(walked.values(), fields.values()):
                return value
            made = copy.copy(value)
        for name, item in walked.items():
            if item is not fields[name]:
                object.__setattr__(made, name, item)  # a frozen one too; this copy is still ours
        _forget(made)
        return made

    def as_model(self, value: Any, place: Any, key: Any) -> Any:
        """Walk a pydantic model: its fields, and what came beside them, whose names somebody else chose."""
        private = getattr(value, "__pydantic_private__", None) or {}
        fields = {**_all_of(value), **private}
        extra = getattr(value, "__pydantic_extra__", None) or {}
        made: Any = value.model_copy() if self._copies else None
        if made is not None:
            self._met[key] = made
        walked = self.fields(value, fields, place)
        beside = self.entries(extra, place.inside({**fields, **extra}, getattr(type(value), "role", None)))
        if made is None:
            if all(map(_same, (walked.values(), beside, beside.values()), (fields.values(), extra, extra.values()))):
                return value
            made = value.model_copy()
        made.__dict__.update((name, item) for name, item in walked.items() if name not in private)
        for kept, items in (
            ("__pydantic_private__", {name: walked[name] for name in private}),
            ("__pydantic_extra__", beside),
        ):
            if items:
                object.__setattr__(made, kept, items)  # a frozen one too; this copy is still ours
        _forget(made)
        return made

    def fields(self, value: Any, fields: dict[str, Any], place: Any) -> dict[str, Any]:
        """Return the fields of a record walked."""
        inside = place.inside(fields, getattr(type(value), "role", None))
        return {name: self.entry(name, item, inside.entry(name), fields) for name, item in fields.items()}

    def again(self, kind: Callable[[Any], Any], parts: Any, plain: Any) -> Any:
        """Return another of a type, made of its parts; what stands for one where that cannot be."""
        try:
            return kind(parts)
        except Exception as error:
            return self.unmade(plain, error)

    def _begun(self, value: Any, key: Any, plain: Any) -> Any:
        self._met[key] = made = self._emptied(value, plain)
        return made

    def _emptied(self, value: Any, plain: Any) -> Any:
        """Return an empty one of the same type, with all that it has beside its items."""
        try:
            made = copy.copy(value)
            made.clear()
        except Exception as error:
            return self.unmade(plain, error)
        return made


def declared(value: Any) -> dict[str, Any]:
    """Return the fields of an attrs object, a data class or a pydantic model by their names."""
    kind: Any = type(value)
    if hasattr(kind, "model_fields"):
        return {name: getattr(value, name) for name in kind.model_fields}
    fields = getattr(kind, "__attrs_attrs__", None) or kind.__dataclass_fields__.values()
    return {field.name: getattr(value, field.name) for field in fields if hasattr(value, field.name)}


def _all_of(value: Any) -> dict[str, Any]:
    """Return the fields of a record, and what somebody put on it beside them; not what it works out from them."""
    fields = declared(value)
    kind: type = type(value)
    slots, worked_out = _known(kind)
    fields |= {name: getattr(value, name) for name in slots if name not in fields and hasattr(value, name)}
    held = getattr(value, "__dict__", fields)
    return fields | {name: item for name, item in held.items() if name not in fields and name not in worked_out}


def _forget(made: Any) -> None:
    """Drop what a copy took over of its cached properties: it was made of the texts before."""
    kind: type = type(made)
    for name in _known(kind)[1]:
        getattr(made, "__dict__", {}).pop(name, None)


@functools.lru_cache(512)
def _known(kind: type) -> list[frozenset[str]]:
    """Return the names of the slots of a class, and of its cached properties."""
    own = [(name, type(found)) for base in kind.__mro__ for name, found in vars(base).items() if name[:2] != "__"]
    return [
        frozenset(name for name, of in own if of is wanted)
        for wanted in (types.MemberDescriptorType, functools.cached_property)
    ]


@functools.lru_cache(512)
def _way(kind: type) -> str | None:
    if issubclass(kind, _TEXTLESS) or is_of(kind, _TEXTLESS_MODULES):
        return None
    if issubclass(kind, Mapping):
        return "as_mapping"
    if issubclass(kind, (str, UserString)) or is_of(kind, _PATHS):
        return "as_text"
    if issubclass(kind, (bytes, bytearray, memoryview)):
        return "as_bytes"
    if issubclass(kind, (Sequence, AbstractSet, deque, ValuesView)):
        return "as_array" if is_of(kind, _ARRAYS) else "as_collection"
    if hasattr(kind, "model_fields") and hasattr(kind, "model_copy"):
        return "as_model"
    if hasattr(kind, "__attrs_attrs__") or hasattr(kind, "__dataclass_fields__"):
        return "as_record"
    return "as_unknown"


def named_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object of JSON, as its hook; of two values under one name a dict would hide the first.

    Raises:
        ValueError: There are two.
    """
    fields = dict(pairs)
    if len(fields) < len(pairs):
        message = "a name stands twice in an object"
        raise ValueError(message)
    return fields


def is_of(kind: type, modules: frozenset[str]) -> bool:
    """Say whether a class comes from one of these `modules`, without importing them."""
    return any(base.__module__.partition(".")[0] in modules for base in kind.__mro__)


def _same(news: Iterable[Any], olds: Iterable[Any]) -> bool:
    return all(new is old for new, old in zip(news, olds, strict=True))


RECORDS = frozenset({"as_record", "as_model"})
"""The ways into objects whose class declares what they hold."""
_USES = frozenset("__call__ __enter__ __aenter__ close aclose connect dispose shutdown start_span".split())
_SAYS = frozenset("__next__ __anext__ __await__ read".split())  # iterators and files, although they are closed, too


def is_used(kind: type) -> bool:
    """Say whether things of this type are called, entered, closed or connected."""
    names = {name for base in kind.__mro__ for name in vars(base)}  # hasattr would find those of the metaclass
    return names.isdisjoint(_SAYS) and not names.isdisjoint(_USES)


_PRINTABLE = 10**4300
"""From here on Python refuses to write an int down."""


def is_printable(value: Any) -> bool:
    """Say whether Python agrees to write `value` down, if it is an int."""
    return not issubclass(type(value), int) or -_PRINTABLE < value < _PRINTABLE
