"""The texts of any value: where they stand, whose they are, and the value rebuilt with others in their place.

One walker for everybody who must see all that a value says: guards, masking, captured content, logs::

    reading = Reading([{"role": "user", "content": "mail ana@example.com"}])
    reading.texts      (Text("mail ana@example.com", path="[0].content", role="user", kind="text"),)
    reading.unread     ()    what may hold text and cannot be looked into, by path and type
    reading.rebuilt(["mail [EMAIL]"])    [{"role": "user", "content": "mail [EMAIL]"}]

It walks twice: once to collect, and, only if a text is to be another, once more in the same order to put the new ones
in. So whoever judges the texts in between may wait, and what keeps all its texts is returned itself, not as a copy.

What is rebuilt has the type it had. Nothing raises, whatever the value does when it is looked at; depth and size have
bounds, an object met again is not walked again, and generators are not consumed: all of that is named in `unread`.
Numbers, dates, UUIDs, enumerations and bytes that are not UTF-8 say nothing; keys, paths and bytes that are UTF-8 do.
"""

from __future__ import annotations

import copy
import datetime as dt
import enum
import json
import re
import types
from collections import deque
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Any, TypeAlias

import attrs

from beluga._values.conversation import Place, is_label, reads_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["Reading", "Text", "Unread", "rewritten"]

_DEEPEST = 64
_MOST = 1_000_000
_TEXTLESS = (
    type(None), bool, int, float, complex, dt.date, dt.time, dt.timedelta, dt.tzinfo, enum.Enum, range, slice,
    type(...), type(NotImplemented), re.Pattern,
    type, types.ModuleType, types.FunctionType, types.BuiltinFunctionType, types.MethodType,
)  # fmt: skip
# By the module of their class: to import these five takes 10 ms, and whoever has such a value did it.
_TEXTLESS_MODULES = frozenset({"decimal", "fractions", "ipaddress", "uuid"})
_PATHS = frozenset({"pathlib"})
_PLAIN = frozenset({type(None), bool, int, float})
_DOER = re.compile(
    "(?:Client|Session|Connection|Logger|Pool|Engine|Provider|Lock|Semaphore|Loop|Tracer|Meter|Store|Service|Repository)$"
)
_DOES = frozenset({"__call__", "__enter__", "__aenter__", "close", "aclose"})
# A picture in a data URL is not text, and there are megabytes of it.
_MEDIA = re.compile(r"data:(?:image|audio|video|font)/[\w.+-]{1,60}(?:;[\w=.+-]{1,60}){0,4};base64,[A-Za-z0-9+/=\s]*\Z")

_Visit: TypeAlias = "Callable[[str, Place], str]"


@attrs.frozen
class Text:
    """One text in a value.

    Args:
        value: What it says.
        path: Where it stands, as one would write it behind the value's name: ``messages[0].content``.
        role: Whose it is: ``system``, ``user``, ``assistant`` or ``tool``, or what `Reading` was given; empty where the
            value does not say.
        kind: ``text``, ``thinking``, ``tool_call``, or ``key`` for the name of an entry.
    """

    value: str = attrs.field(repr=False)
    path: str = ""
    role: str = ""
    kind: str = "text"


@attrs.frozen
class Unread:
    """Something in a value that may hold text and cannot be looked into.

    Args:
        path: Where it stands.
        type: The name of its type.
        why: What is wrong with it.
        acts: It looks like a client or a lock: something that is called, entered or closed, and not something said.
    """

    path: str
    type: str
    why: str
    acts: bool = False


class Reading:
    """The texts of one value.

    Args:
        value: Anything.
        role: Whose all of it is; empty reads the roles of messages in it.
        name: How paths begin.
    """

    def __init__(self, value: Any, *, role: str = "", name: str = "") -> None:
        self._value = value
        self._place = Place(name, role)
        found: list[tuple[str, Place]] = []

        def collect(text: str, place: Place) -> str:
            found.append((text, place))
            return text

        walk = _Walk(collect)
        walk.walk(value, self._place)
        self._circular = walk.circular
        self.texts: tuple[Text, ...] = tuple(Text(text, at.path, at.role, at.kind) for text, at in found)
        self.unread: tuple[Unread, ...] = tuple(walk.unread)

    def rebuilt(self, texts: Iterable[str]) -> Any:
        """Return the value with `texts` in the place of its own, in their order; itself where none is another.

        Raises:
            ValueError: There are not as many, the value has changed since it was read, or nothing of its type can be
                made again.
        """
        news = list(texts)
        if len(news) != len(self.texts):
            message = f"the value has {len(self.texts)} texts, and {len(news)} were given for them"
            raise ValueError(message)
        if all(new == old.value for new, old in zip(news, self.texts, strict=True)):
            return self._value
        pairs = zip(self.texts, news, strict=True)
        torn: list[Place] = []

        def put(text: str, place: Place) -> str:
            old, new = next(pairs, (None, ""))
            if old is None or old.value != text:
                torn.append(place)
                return text
            return new

        walk = _Walk(put, copies=self._circular)
        result = walk.walk(self._value, self._place)
        if len(walk.unread) > len(self.unread):
            lost = walk.unread[-1]
            where = lost.path or "the value"
            message = f"a text in {where} is to be another, and another {lost.type} cannot be made"
            raise ValueError(message)
        if torn or next(pairs, None) is not None:
            message = "the value changed while it was read; hand over a copy that nobody else writes to"
            raise ValueError(message)
        return result


def rewritten(value: Any, change: Callable[[Text], str], *, role: str = "", name: str = "") -> Any:
    """Return `value` with each of its texts as `change` would have it; what cannot be looked into stays as it is.

    Example:
        >>> rewritten({"to": ["ana", b"bo"], "n": 5}, lambda text: text.value.upper())
        {'TO': ['ANA', b'BO'], 'N': 5}
    """
    reading = Reading(value, role=role, name=name)
    return reading.rebuilt([change(text) for text in reading.texts])


class _Walk:
    """One walk through one value; it remembers what it has met, for cycles and for shared parts."""

    def __init__(self, visit: _Visit, *, copies: bool = False) -> None:
        self.unread: list[Unread] = []
        self.circular = False
        self._visit = visit
        self._copies = copies  # make others of all containers, because some hold themselves
        self._met: dict[tuple[int, str, str], Any] = {}
        self._alive: list[Any] = []  # so that no id is used twice
        self._open: set[tuple[int, str, str]] = set()

    def walk(self, value: Any, place: Place) -> Any:
        """Return `value` with what the visitor makes of its texts."""
        kind = type(value)  # and issubclass below, because isinstance may run a stranger's code
        if kind is str:
            return self._text(value, place)
        if issubclass(kind, _TEXTLESS) or _is_of(kind, _TEXTLESS_MODULES):
            return value
        key = (id(value), place.role, place.kind)
        if key in self._met:
            self.circular |= key in self._open
            return self._met[key]
        if place.depth > _DEEPEST or len(self._alive) >= _MOST:
            return self._unread(value, place, f"it holds more than {_DEEPEST} levels or {_MOST:,} values")
        self._alive.append(value)
        self._met[key] = value
        self._open.add(key)
        errors = len(self.unread)
        try:
            self._met[key] = self._way(kind)(value, place, key)
        except Exception as error:  # a stranger's code; its message may quote the text
            del self.unread[errors:]
            self._met[key] = self._unread(value, place, f"reading it raised {type(error).__name__}")
        self._open.discard(key)
        return self._met[key]

    def _way(self, kind: type) -> Callable[[Any, Place, Any], Any]:
        if issubclass(kind, Mapping):
            return self._mapping
        if issubclass(kind, str) or _is_of(kind, _PATHS):
            return self._text_like
        if issubclass(kind, (bytes, bytearray, memoryview)):
            return self._bytes
        if issubclass(kind, (Sequence, AbstractSet, deque)):
            return self._collection
        if _acts(kind):
            return self._stranger
        if hasattr(kind, "model_fields") and hasattr(kind, "model_copy"):
            return self._model
        if hasattr(kind, "__attrs_attrs__") or hasattr(kind, "__dataclass_fields__"):
            return self._record
        return self._stranger

    def _unread(self, value: Any, place: Place, why: str) -> Any:
        self.unread.append(Unread(place.path, type(value).__name__, why, _acts(type(value))))
        return value

    def _stranger(self, value: Any, place: Place, _: Any) -> Any:
        return self._unread(value, place, "its type is not known")

    def _text(self, text: str, place: Place) -> str:
        if not text or is_label(text, place) or (text.startswith("data:") and _MEDIA.match(text)):
            return text
        if reads_json(text, place) and (data := _json(text)) is not None:
            changed = self.walk(data, place.parsed())
            return text if changed is data else json.dumps(changed, ensure_ascii=False)
        return self._visit(text, place)

    def _text_like(self, value: Any, place: Place, _: Any) -> Any:
        plain = str.__str__(value) if isinstance(value, str) else str(value)
        text = self._text(plain, place)
        return value if text == plain else type(value)(text)

    def _bytes(self, value: Any, place: Place, _: Any) -> Any:
        try:
            plain = bytes(value).decode()
        except UnicodeDecodeError:
            return value
        text = self._text(plain, place)
        return value if text == plain else type(value)(text.encode("utf-8", "surrogatepass"))

    def _mapping(self, value: Any, place: Place, key: Any) -> Any:
        fields = {**value}
        inside = place.inside(fields)
        if self._copies:
            self._met[key] = _emptied(value)
        items = {}
        for name, item in fields.items():
            new = self.walk(name, inside.key())
            while new in items:  # two names that have become one; only a text can get another
                new = str.__add__(new, "_")
            step = f".{name}" if type(name) is str and name.isidentifier() else f"[{name!r}]"
            items[new] = item if type(item) in _PLAIN else self.walk(item, inside.entry(name, step))
        if not self._copies and _same(items, fields) and _same(items.values(), fields.values()):
            return value
        if isinstance(value, dict):
            result = self._met[key] if self._copies else _emptied(value)
            for name, item in items.items():
                result[name] = item
            return result
        return type(value)(items)

    def _collection(self, value: Any, place: Place, key: Any) -> Any:
        mutable = issubclass(type(value), (list, deque))
        if self._copies and mutable:
            self._met[key] = _emptied(value)
        names = getattr(type(value), "_fields", None)
        inside = place.inside(dict(zip(names, value, strict=True))) if names else place
        items = [
            item
            if type(item) in _PLAIN
            else self.walk(item, inside.entry(names[at], f".{names[at]}") if names else place.item(f"[{at}]"))
            for at, item in enumerate(value)
        ]
        if not (self._copies and mutable) and _same(items, value):
            return value
        if mutable:
            result = self._met[key] if self._copies else _emptied(value)
            result.extend(items)
            return result
        return type(value)._make(items) if names else type(value)(items)

    def _record(self, value: Any, place: Place, key: Any) -> Any:
        declared = getattr(type(value), "__attrs_attrs__", None) or type(value).__dataclass_fields__.values()
        fields = {field.name: getattr(value, field.name) for field in declared if hasattr(value, field.name)}
        result = copy.copy(value) if self._copies else None
        if self._copies:
            self._met[key] = result
        changed = self._fields(value, fields, place)
        if not changed and not self._copies:
            return value
        result = result or copy.copy(value)
        for name, item in changed.items():
            object.__setattr__(result, name, item)  # a frozen one too; this copy is still ours
        return result

    def _model(self, value: Any, place: Place, key: Any) -> Any:
        """Walk a pydantic model: its fields, and what came beside them."""
        fields = {name: getattr(value, name) for name in type(value).model_fields}
        extra = getattr(value, "__pydantic_extra__", None) or {}
        result: Any = value.model_copy() if self._copies else None
        if self._copies:
            self._met[key] = result
        changed = self._fields(value, {**fields, **extra}, place)
        if not self._copies:
            return value.model_copy(update=changed) if changed else value
        beside: Any = getattr(result, "__pydantic_extra__", None)
        for name, item in changed.items():
            (result.__dict__ if name in fields else beside)[name] = item
        return result

    def _fields(self, value: Any, fields: dict[str, Any], place: Place) -> dict[str, Any]:
        """Walk the fields of a record; return those that have become others."""
        inside = place.inside(fields, getattr(type(value), "role", None))
        walked = {name: self.walk(item, inside.entry(name, f".{name}")) for name, item in fields.items()}
        return {name: item for name, item in walked.items() if item is not fields[name]}


def _same(news: Iterable[Any], olds: Iterable[Any]) -> bool:
    return all(new is old for new, old in zip(news, olds, strict=True))


def _acts(kind: type) -> bool:
    """Say whether things of this type do something rather than say something; iterators and files say something."""
    names = {name for base in kind.__mro__ for name in vars(base)}  # hasattr would find those of the metaclass
    if names & {"__next__", "__anext__", "__await__", "read"}:
        return False
    return not names.isdisjoint(_DOES) or _DOER.search(kind.__name__) is not None


def _emptied(value: Any) -> Any:
    """Return an empty one of the same type, with all that it has beside its items."""
    result = copy.copy(value)
    result.clear()
    return result


def _is_of(kind: type, modules: frozenset[str]) -> bool:
    return any(base.__module__.partition(".")[0] in modules for base in kind.__mro__)


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
