"""Secrets masked in text and in data of any shape, before it is logged, traced or shown.

Copies have the same types, and what was harmless in them is still itself. ``standins`` shows objects and exceptions
masked that cannot be copied.
"""

from __future__ import annotations

import copy
import functools
import json
import re
from collections import deque
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

from beluga.guards._secret_names import is_secret_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from beluga.guards.secrets import SecretRedactor

    Text = Callable[[str], str]

__all__ = ["MASK", "is_secret_key", "mask", "mask_secrets", "mask_text"]

T = TypeVar("T")

MASK = "****"
"""What stands for a secret that is too short to show anything of."""

_HIDDEN = 8
"""Characters that must stay hidden for any to be shown; a text that is shorter holds no secret of a known form."""

_SHOWN = 2  # characters at either end
_BLANK = re.compile(r"\s")
_PAIR = re.compile(r"([A-Za-z][\w.-]{0,63})(\[\])?=([^&;\s\"'<>]+)")


def is_secret_key(name: str) -> bool:
    """Say whether a field called `name` holds a secret; the last word of the name decides.

    camelCase, kebab-case and snake_case are understood. ``max_tokens``, ``prompt_tokens``, ``tokenizer``,
    ``next_page_token`` and ``eos_token`` are not secrets.

    Example:
        >>> is_secret_key("X-API-Key"), is_secret_key("max_tokens")
        (True, False)
    """
    return is_secret_name(name)


def mask(secret: str) -> str:
    """Return `secret` with its first and last two characters only.

    Where less than eight characters would stay hidden, it is ``****``.

    Example:
        >>> mask("tok-secret-value-here"), mask("hunter2")
        ('to*****************re', '****')
    """
    hidden = len(secret) - 2 * _SHOWN
    return secret[:_SHOWN] + "*" * hidden + secret[-_SHOWN:] if hidden >= _HIDDEN else MASK


def _mask_prose(text: str) -> str:
    """Return `text` with the secrets in it masked, as what is not JSON."""
    if "=" in text and not _BLANK.search(text):  # a form's body, a query string, a URL
        text = _PAIR.sub(_mask_pair, text)
    findings = _redactor().scan(text)
    if not findings:
        return text
    pieces: list[str] = []
    end = 0
    for finding in findings:
        pieces += (text[end : finding.start], mask(text[finding.start : finding.end]))
        end = finding.end
    return "".join((*pieces, text[end:]))


@functools.cache
def _redactor() -> SecretRedactor:
    from beluga.guards.secrets import LOG_SECRET_PATTERNS, SecretRedactor

    return SecretRedactor(*LOG_SECRET_PATTERNS)


def _mask_pair(match: re.Match[str]) -> str:
    name, brackets, value = match[1], match[2] or "", match[3]
    return f"{name}{brackets}={mask(value)}" if is_secret_key(name) else match[0]


_DEEPEST = 100
_PRINTABLE = 10**4300
"""From here on Python refuses to write an int down."""


def is_printable(value: Any) -> bool:
    """Say whether Python agrees to write `value` down, if it is an int."""
    return type(value) is not int or -_PRINTABLE < value < _PRINTABLE


_PAIR_LENGTH = 2


def mask_text(text: str) -> str:
    """Return `text` with the secrets in it masked: known forms, and values behind the names of secrets."""
    if len(text) < _HIDDEN:
        return text
    if text[0] in "{[" and text.rstrip()[-1] in "}]" and (masked := _mask_json(text)) is not None:
        return masked
    return _mask_prose(text)


def _mask_json(text: str) -> str | None:
    """Mask JSON as data, and keep its last line break; None where `text` is not JSON."""
    try:
        data = json.loads(text)
        masked = Walk().mask(data)
    except (ValueError, RecursionError):
        return None
    if masked == data:
        return text
    return json.dumps(masked, ensure_ascii=False) + text[len(text.rstrip()) :]


def _mask_under_secret_key(value: Any) -> Any:
    if value is None or isinstance(value, bool) or (isinstance(value, str | bytes) and not value):
        return value
    if isinstance(value, str):
        return mask(value)
    return MASK.encode() if isinstance(value, bytes | bytearray) else MASK


_NAMES = (
    "name",
    "key",
    "Name",
    "Key",
    "field",
    "header",
    "variable",
    "param",
    "parameter",
    "label",
    "option",
    "property",
)
_VALUES = frozenset(
    "value Value VALUE val content default newValue oldValue new_value old_value current text data".split()
)
_PIECES = frozenset(("logprob", "top_logprobs", "token_str"))  # beside the `token` of a text


def name_of(fields: Mapping[Any, Any], name: Any) -> Any:
    """Return what says what stands under `name`: in ``{"name": "DB_PASSWORD", "value": ...}`` the other field."""
    if name == "token":
        return "" if not _PIECES.isdisjoint(fields) else name
    if name in _VALUES:
        for field in _NAMES:
            told = fields.get(field)
            if isinstance(told, str) and is_secret_key(told):
                return told
    return name


def _arguments(items: list[str], redactor: SecretRedactor) -> list[str]:
    """Mask the arguments of a command: read as Python prints them, an option tells what is behind it."""
    text = "', '".join(["", *(item.replace("'", '"').replace("\\", "/").replace("\n", " ") for item in items), ""])
    masked = list(items)
    place, start = 0, 4
    for finding in redactor.scan(text):
        while finding.start >= start + len(items[place]) + 4:
            start += len(items[place]) + 4
            place += 1
        first, last = finding.start - start, finding.end - start
        if masked[place] == items[place] and first >= 0 and last <= len(items[place]):
            masked[place] = items[place][:first] + mask(items[place][first:last]) + items[place][last:]
    return masked


class Walk:
    """One walk through one piece of data; remembers what it has met, for cycles and shared parts.

    Args:
        text: Masks a text.
        other: Says what to show of an object that the walk does not know; None leaves it as it is.
        error: Says what to show of an exception; None leaves it as it is.
        makes_errors: Whether to make another exception of the same type first, and ask `error` where that has not its
            text.
    """

    def __init__(
        self,
        text: Text = mask_text,
        other: Callable[[Any], Any] | None = None,
        error: Callable[[BaseException], BaseException] | None = None,
        *,
        makes_errors: bool = False,
    ) -> None:
        self._text = text
        self._other = other
        self._error = error
        self._makes_errors = makes_errors
        self._met: dict[int, Any] = {}
        self._alive: list[Any] = []  # so that no id is used twice

    def mask(self, value: Any, depth: int = 0) -> Any:
        """Return the masked copy of `value`."""
        kind = type(value)
        if kind is str:
            return self._text(value)
        if value is None or kind is float or kind is bool:
            return value
        if kind is int:
            return value if is_printable(value) else self._unknown(value)
        # By the class itself and not by isinstance, which may run a stranger's code.
        if issubclass(kind, str):
            return self._other_text(value)
        if issubclass(kind, bytes | bytearray):
            return self._bytes(value)
        if issubclass(kind, int | float | complex):
            return self._unknown(value) if kind.__str__ not in _NUMBERS else value
        walk = self._way(kind)
        if depth > _DEEPEST:
            return value if walk == self._unknown and self._other is None else MASK
        if id(value) not in self._met:
            self._alive.append(value)
            self._met[id(value)] = MASK  # an immutable container inside itself
            try:
                self._met[id(value)] = walk(value, depth + 1)
            except Exception:  # what cannot be read may hold anything
                self._met[id(value)] = MASK
        return self._met[id(value)]

    def field(self, name: Any, value: Any, depth: int = 0) -> Any:
        """Return the masked copy of `value`, which stands under `name`."""
        key = name.decode("latin-1") if isinstance(name, bytes) else name
        if isinstance(key, str) and is_secret_key(key):
            return _mask_under_secret_key(value)
        return self.mask(value, depth)

    def _way(self, kind: type) -> Callable[[Any, int], Any]:
        if issubclass(kind, Mapping):
            return self._mapping
        if issubclass(kind, list | deque):
            return self._list
        if issubclass(kind, tuple | set | frozenset):
            return self._collection
        if issubclass(kind, BaseException):
            return self._exception
        if issubclass(kind, type):
            return self._unchanged
        if hasattr(kind, "model_fields") and hasattr(kind, "model_copy"):
            return self._model
        if hasattr(kind, "__attrs_attrs__") or hasattr(kind, "__dataclass_fields__"):
            return self._record
        return self._unknown

    def _unchanged(self, value: Any, _: int) -> Any:
        return value

    def _unknown(self, value: Any, _: int = 0) -> Any:
        return value if self._other is None else self._other(value)

    def _other_text(self, value: str) -> Any:
        """Mask a text of another class, such as an enumeration's member, which may print itself in its own way."""
        plain = str.__str__(value)
        masked = self._text(plain)
        if masked != plain:
            return masked
        return value if type(value).__str__ is str.__str__ else self._unknown(value)

    def _bytes(self, value: bytes | bytearray) -> bytes | bytearray:
        encoding = "utf-8"
        try:
            text = value.decode(encoding)
        except UnicodeDecodeError:
            encoding = "latin-1"
            text = value.decode(encoding)
        masked = self._text(text)
        return value if masked == text else type(value)(masked.encode(encoding))

    def _mapping(self, value: Mapping[Any, Any], depth: int) -> Any:
        if type(value) is not dict:
            return self._other_mapping(value, depth)
        result: dict[Any, Any] = {}
        self._met[id(value)] = result
        for name, inner in value.items():
            told = name_of(value, name)
            result[self._text(name) if type(name) is str else name] = self.field(told, inner, depth)
        return result

    def _other_mapping(self, value: Mapping[Any, Any], depth: int) -> Any:
        """Make another of the same class; what lets nobody make or fill one becomes a dict."""
        result: Any = {}
        if isinstance(value, dict):
            try:
                result = copy.copy(value)
                result.clear()
            except Exception:  # a frozen one
                result = {}
            self._met[id(value)] = result
        masked = {}
        for name, inner in value.items():
            told = name_of(value, name)
            masked[self._text(name) if type(name) is str else name] = self.field(told, inner, depth)
        if all(inner is masked.get(name, self) for name, inner in value.items()):
            return value
        try:
            if isinstance(value, MappingProxyType):
                return MappingProxyType(masked)
            if isinstance(value, dict) and type(result) is type(value):
                result.update(masked)
                return result
            return type(value)(masked)  # type: ignore[call-arg]  # a stranger's mapping
        except Exception:
            return masked

    def _list(self, value: Any, depth: int) -> Any:
        items: Any = []
        try:
            result = copy.copy(value)
            result.clear()
            items = result
        except Exception:  # a list that cannot be changed
            result = items
        self._met[id(value)] = result
        for inner in self._as_command(value):
            items.append(self._item(inner, depth))
        return result

    def _as_command(self, items: Any) -> Any:
        """Return `items` with the secrets behind options masked, where they are the arguments of a command."""
        options = [item for item in items if type(item) is str and item[:1] == "-"]
        if not options or not all(type(item) is str for item in items):
            return items
        return _arguments(list(items), _redactor())

    def _collection(self, value: Any, depth: int) -> Any:
        """Mask a tuple or a set; one in which nothing was masked is kept, as there may be no way to make another."""
        kind: Any = type(value)
        if hasattr(kind, "_fields"):
            items = [self.field(n, v, depth) for n, v in zip(value._fields, value, strict=True)]
        else:
            parts = self._as_command(value) if issubclass(kind, tuple) else value
            items = [self._item(inner, depth) for inner in parts]
        if all(new is old for new, old in zip(items, value, strict=True)):
            return value
        try:
            return getattr(kind, "_make", kind)(items)
        except Exception:
            return tuple(items) if issubclass(kind, tuple) else frozenset(items)

    def _item(self, item: Any, depth: int) -> Any:
        """Mask one item of a collection; a pair of a name and a value is a field."""
        is_pair = isinstance(item, list | tuple) and len(item) == _PAIR_LENGTH and isinstance(item[0], str | bytes)
        if is_pair and not hasattr(item, "_fields"):
            value = self.field(item[0], item[1], depth)
            name = self.mask(item[0], depth)
            return item if value is item[1] and name is item[0] else type(item)((name, value))
        return self.mask(item, depth)

    def _record(self, value: Any, depth: int) -> Any:
        fields = getattr(type(value), "__attrs_attrs__", None) or type(value).__dataclass_fields__.values()
        result = copy.copy(value)
        self._met[id(value)] = result
        for field in fields:
            if hasattr(value, field.name):
                masked = self.field(field.name, getattr(value, field.name), depth)
                object.__setattr__(result, field.name, masked)
        return self._unknown(result)

    def _model(self, value: Any, depth: int) -> Any:
        masked = {n: self.field(n, getattr(value, n), depth) for n in type(value).model_fields}
        return self._unknown(value.model_copy(update=masked))

    def _exception(self, value: BaseException, depth: int) -> BaseException:
        result = self._made_again(value, depth) if self._makes_errors else None
        if result is None:
            return value if self._error is None else self._error(value)
        self._met[id(value)] = result
        for name, inner in vars(value).items():
            vars(result)[name] = self.field(name, inner, depth)
        result.__traceback__ = value.__traceback__
        result.__cause__ = None if value.__cause__ is None else self.mask(value.__cause__, depth)
        result.__context__ = None if value.__context__ is None else self.mask(value.__context__, depth)
        result.__suppress_context__ = value.__suppress_context__
        return result

    def _made_again(self, value: BaseException, depth: int) -> BaseException | None:
        """Return an exception of the same type with masked arguments; None where these do not make its text.

        The file of a `FileNotFoundError` and the place of a `SyntaxError`, say, stand beside the arguments.
        """
        kind: Any = type(value)
        args = tuple(self.mask(arg, depth) for arg in value.args)
        try:
            if isinstance(value, BaseExceptionGroup):  # its text is fixed when it is made, whatever its args are
                inside = [self.mask(inner, depth) for inner in value.exceptions]
                made: BaseException = BaseExceptionGroup.__new__(kind, self._text(value.message), inside)
            else:
                again = kind.__new__(kind, *value.args)
                again.__dict__.update(value.__dict__)
                if str(again) != str(value):
                    return None
                made = kind.__new__(kind, *args)
            made.args = args
        except Exception:
            return None
        return made


_NUMBERS: frozenset[Any] = frozenset({int.__str__, float.__str__, complex.__str__, bool.__str__})


def mask_secrets(data: T) -> T:
    """Return a copy of `data` with every secret in it masked; `data` itself is not changed.

    Walks mappings, sequences, sets, named tuples, attrs classes, data classes, pydantic models, exceptions,
    headers as pairs, JSON in strings, form bodies, URLs and bytes. The types of containers are kept, cycles
    are followed once, and whatever lies under a secret's name is masked whole. None, empty strings and
    booleans stay. What cannot be copied with another content is left as it is where it holds no secret; an exception
    of which one cannot make another is replaced by one that looks like it.

    Example:
        >>> mask_secrets({"model": "gpt-4o", "openai": {"token": "tok-secret-value-here", "n": 1}})
        {'model': 'gpt-4o', 'openai': {'token': 'to*****************re', 'n': 1}}
    """
    result: T = Walk(error=_stand_in, makes_errors=True).mask(data)
    return result


def _stand_in(error: BaseException) -> BaseException:
    from beluga.masking.standins import StandIns  # it needs wrapt, which takes long to import

    return StandIns().error(error)
