"""Secrets masked in data of any shape, before it is logged, traced or shown."""

from __future__ import annotations

import copy
import functools
import json
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

from beluga.guards._secrets.names import is_secret_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from beluga.guards.secrets import SecretRedactor

__all__ = ["MASK", "is_secret_key", "mask", "mask_secrets", "mask_text"]

MASK = "****"
"""What stands for a secret that is too short to show anything of."""

T = TypeVar("T")

_SHOWN = 2  # characters at either end
_HIDDEN = 8  # that must stay hidden for any to be shown
_DEEPEST = 100
_PAIR = re.compile(r"([A-Za-z][\w.-]{0,63})(\[\])?=([^&;\s\"'<>]+)")
_PAIR_LENGTH = 2


def is_secret_key(name: str) -> bool:
    """Say whether a field called `name` holds a secret; the last word of the name decides.

    camelCase, kebab-case and snake_case are understood. ``max_tokens``, ``prompt_tokens``, ``tokenizer``,
    ``next_page_token`` and ``eos_token`` are no secrets.

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


def mask_text(text: str) -> str:
    """Return `text` with the secrets in it masked: known forms, and values behind the names of secrets."""
    if len(text) < _HIDDEN:
        return text
    if text[0] in "{[" and text[-1] in "}]" and (masked := _mask_json(text)) is not None:
        return masked
    if "=" in text and not re.search(r"\s", text):  # a form's body, a query string, a URL
        text = _PAIR.sub(_mask_pair, text)
    findings = _redactor().scan(text)
    for finding in reversed(findings):
        text = text[: finding.start] + mask(text[finding.start : finding.end]) + text[finding.end :]
    return text


def mask_secrets(data: T) -> T:
    """Return a copy of `data` with every secret in it masked; `data` itself is not changed.

    Walks mappings, sequences, sets, named tuples, attrs classes, data classes, pydantic models, exceptions,
    headers as pairs, JSON in strings, form bodies, URLs and bytes. The types of containers are kept, cycles
    are followed once, and whatever lies under a secret's name is masked whole. None, empty strings and
    booleans stay.

    Example:
        >>> mask_secrets({"model": "gpt-4o", "openai": {"token": "tok-secret-value-here", "n": 1}})
        {'model': 'gpt-4o', 'openai': {'token': 'to*****************re', 'n': 1}}
    """
    result: T = _Walk().mask(data, 0)
    return result


@functools.cache
def _redactor() -> SecretRedactor:
    from beluga.guards.secrets import SecretRedactor

    return SecretRedactor()


def _mask_pair(match: re.Match[str]) -> str:
    name, brackets, value = match[1], match[2] or "", match[3]
    return f"{name}{brackets}={mask(value)}" if is_secret_key(name) else match[0]


def _mask_json(text: str) -> str | None:
    """Mask JSON as data; None where `text` is none."""
    try:
        data = json.loads(text)
        masked = _Walk().mask(data, 0)
        return text if masked == data else json.dumps(masked, ensure_ascii=False)
    except (ValueError, RecursionError):
        return None


def _mask_under_secret_key(value: Any) -> Any:
    if value is None or isinstance(value, bool) or (isinstance(value, str | bytes) and not value):
        return value
    if isinstance(value, str):
        return mask(value)
    return MASK.encode() if isinstance(value, bytes | bytearray) else MASK


class _Walk:
    """One walk through one piece of data; remembers what it has met, for cycles and shared parts."""

    def __init__(self) -> None:
        self._met: dict[int, Any] = {}
        self._alive: list[Any] = []  # so that no id is used twice

    def mask(self, value: Any, depth: int) -> Any:
        """Return the masked copy of `value`."""
        if isinstance(value, str):
            return mask_text(value) if type(value) is str else value
        if isinstance(value, bytes | bytearray):
            return _mask_bytes(value)
        if value is None or isinstance(value, bool | int | float | complex):
            return value
        walk = self._way(value)
        if walk is None:
            return value
        if depth > _DEEPEST:
            return MASK
        if id(value) not in self._met:
            self._alive.append(value)
            self._met[id(value)] = MASK  # an immutable container inside itself
            self._met[id(value)] = walk(value, depth + 1)
        return self._met[id(value)]

    def _way(self, value: Any) -> Callable[[Any, int], Any] | None:
        if isinstance(value, Mapping):
            return self._mapping
        if isinstance(value, list | tuple | set | frozenset):
            return self._collection
        if isinstance(value, BaseException):
            return self._exception
        if isinstance(value, type):
            return None
        if hasattr(type(value), "model_fields") and hasattr(value, "model_copy"):
            return self._model
        if hasattr(type(value), "__attrs_attrs__") or hasattr(type(value), "__dataclass_fields__"):
            return self._record
        return None

    def _field(self, name: Any, value: Any, depth: int) -> Any:
        key = name.decode("latin-1") if isinstance(name, bytes) else name
        if isinstance(key, str) and is_secret_key(key):
            return _mask_under_secret_key(value)
        return self.mask(value, depth)

    def _mapping(self, value: Mapping[Any, Any], depth: int) -> Any:
        if isinstance(value, dict):
            result = copy.copy(value)
            self._met[id(value)] = result
            result.clear()
            for name, inner in value.items():
                result[self.mask(name, depth) if isinstance(name, str) else name] = self._field(name, inner, depth)
            return result
        masked = {name: self._field(name, inner, depth) for name, inner in value.items()}
        try:
            return MappingProxyType(masked) if isinstance(value, MappingProxyType) else type(value)(masked)  # type: ignore[call-arg]  # a stranger's mapping
        except Exception:
            return masked

    def _collection(self, value: Any, depth: int) -> Any:
        if isinstance(value, list):
            result = copy.copy(value)
            self._met[id(value)] = result
            result[:] = [self._item(inner, depth) for inner in value]
            return result
        if hasattr(value, "_fields"):
            return type(value)._make(self._field(n, v, depth) for n, v in zip(value._fields, value, strict=True))
        return type(value)(self._item(inner, depth) for inner in value)

    def _item(self, item: Any, depth: int) -> Any:
        """Mask one item of a collection; a pair of a name and a value is a field."""
        if isinstance(item, list | tuple) and len(item) == _PAIR_LENGTH and isinstance(item[0], str | bytes):
            value = self._field(item[0], item[1], depth)
            return (
                item
                if value is item[1]
                else type(item)((item[0], value))
                if not hasattr(item, "_fields")
                else self.mask(item, depth)
            )
        return self.mask(item, depth)

    def _record(self, value: Any, depth: int) -> Any:
        fields = getattr(type(value), "__attrs_attrs__", None) or type(value).__dataclass_fields__.values()
        result = copy.copy(value)
        self._met[id(value)] = result
        for field in fields:
            if hasattr(value, field.name):
                masked = self._field(field.name, getattr(value, field.name), depth)
                object.__setattr__(result, field.name, masked)
        return result

    def _model(self, value: Any, depth: int) -> Any:
        return value.model_copy(update={n: self._field(n, getattr(value, n), depth) for n in type(value).model_fields})

    def _exception(self, value: BaseException, depth: int) -> BaseException:
        kind: Any = type(value)
        args = tuple(self.mask(arg, depth) for arg in value.args)
        result: BaseException
        try:
            if isinstance(value, BaseExceptionGroup):  # its text is fixed when it is made, whatever its args are
                inside = [self.mask(inner, depth) for inner in value.exceptions]
                result = BaseExceptionGroup.__new__(kind, self.mask(value.message, depth), inside)
            else:
                result = kind.__new__(kind, *args)
            result.args = args
        except Exception:
            result = Exception(f"{kind.__name__}: {MASK}")
        self._met[id(value)] = result
        for name, inner in value.__dict__.items():
            result.__dict__[name] = self._field(name, inner, depth)
        result.__traceback__ = value.__traceback__
        result.__cause__ = self.mask(value.__cause__, depth)
        result.__context__ = self.mask(value.__context__, depth)
        result.__suppress_context__ = value.__suppress_context__
        return result


def _mask_bytes(value: bytes | bytearray) -> bytes | bytearray:
    encoding = "utf-8"
    try:
        text = value.decode(encoding)
    except UnicodeDecodeError:
        encoding = "latin-1"
        text = value.decode(encoding)
    masked = mask_text(text)
    return value if masked == text else type(value)(masked.encode(encoding))
