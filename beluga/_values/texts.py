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

import json
import re
import types
from typing import TYPE_CHECKING, Any

import attrs

from beluga._values.conversation import Place, is_label, reads_json
from beluga._values.walk import Walk, is_of, is_used, named_once

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["Reading", "Text", "Unread", "rewritten"]

# A picture in a data URL is not text, and there are megabytes of it.
_MEDIA = re.compile(r"data:(?:image|audio|video|font)/[\w.+-]{1,60}(?:;[\w=.+-]{1,60}){0,4};base64,[A-Za-z0-9+/=\s]*\Z")


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
        acts: It does something rather than says something, as a client or a lock does.
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
        in_pieces: It is a piece of a stream: what looks like a tool's arguments may go on in the next one, and is read
            as the text that it is.
    """

    def __init__(self, value: Any, *, role: str = "", name: str = "", in_pieces: bool = False) -> None:
        self._in_pieces = in_pieces
        self._value = value
        self._place = Place(name, role)
        found: list[tuple[str, Place]] = []

        def collect(text: str, place: Place) -> str:
            found.append((text, place))
            return text

        walk = _Reader(collect, in_pieces=in_pieces)
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

        walk = _Reader(put, copies=self._circular, in_pieces=self._in_pieces)
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


class _Reader(Walk):
    """Shows each text to `visit`, and puts in its place what that gives."""

    def __init__(self, visit: Callable[[str, Place], str], *, copies: bool = False, in_pieces: bool = False) -> None:
        super().__init__(copies=copies)
        self._visit = visit
        self._in_pieces = in_pieces
        self.unread: list[Unread] = []

    def text(self, text: str, place: Place) -> str:
        if not text or is_label(text, place) or (text.startswith("data:") and _MEDIA.match(text)):
            return text
        if not self._in_pieces and reads_json(text, place) and (data := _json(text)) is not None:
            changed = self.walk(data, place.parsed())
            return text if changed is data else json.dumps(changed, ensure_ascii=False)
        return self._visit(text, place)

    def unknown(self, value: Any, place: Place) -> Any:
        return self.lost(value, place, "its type is not known")

    def lost(self, value: Any, place: Place, why: str) -> Any:
        self.unread.append(Unread(place.path, type(value).__name__, why, _acts(value)))
        return value


_TALKS = frozenset("__str__ __repr__ __format__ __iter__ __next__ __anext__ __await__ __getitem__ __bytes__".split())
_LOGGERS = frozenset({"logging"})
_MACHINERY = frozenset({"sqlalchemy"})  # it keeps the state of a record on the record
_NESTED = 4  # objects in objects that are asked what they do


def _acts(value: Any, nested: int = _NESTED) -> bool:
    """Say whether `value` is used rather than read, or has methods and, as far as anybody sees, holds no text."""
    kind = type(value)
    if is_used(kind) or is_of(kind, _LOGGERS) or kind.__module__.partition(".")[0] in _MACHINERY:
        return True
    own = {name: found for base in kind.__mro__[:-1] for name, found in vars(base).items()}
    if not nested or not _TALKS.isdisjoint(own) or not any(callable(own[name]) for name in own if name[:1] != "_"):
        return False
    if any(type(found) is types.MemberDescriptorType for found in own.values()):
        return False  # what stands in slots is not in its `__dict__`
    try:
        held = list(vars(value).values())
    except Exception:  # what it holds is in slots or in C, or nobody may see it
        return False
    return all(Walk().way(type(each)) is None or callable(each) or _acts(each, nested - 1) for each in held)


def _json(text: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=named_once)
    except (ValueError, RecursionError):
        return None
