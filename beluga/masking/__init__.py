"""Secrets masked in text and in data of any shape, before it is logged, traced or shown.

Copies have the same types, and what was harmless in them is still itself. ``standins`` shows objects and exceptions
masked that cannot be copied.
"""

from __future__ import annotations

import functools
import json
import re
from typing import TYPE_CHECKING, Any, TypeVar

from beluga._values.walk import Depth, Walk, is_printable, named_once
from beluga.guards._secret_names import is_secret_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

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
        data = json.loads(text, object_pairs_hook=named_once)
        masked = Masking().mask(data)
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
    "value Value VALUE values Values val content default newValue oldValue new_value old_value current text"
    " data".split()
)
_PIECES = frozenset(("logprob", "top_logprobs", "token_str"))  # beside the `token` of a text


def told_by(fields: Mapping[Any, Any], name: str) -> str:
    """Return what says what stands under `name`: in ``{"name": "DB_PASSWORD", "value": ...}`` the other field."""
    if name == "token":
        return "" if not _PIECES.isdisjoint(fields) else name
    if name == "input" and isinstance(
        loc := fields.get("loc"), (tuple, list)
    ):  # as pydantic and FastAPI tell of errors
        return next((step for step in loc if isinstance(step, str) and is_secret_key(step)), name)
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


def _names_a_secret(name: Any) -> bool:
    if type(name) is tuple and name:
        name = name[-1]
    if isinstance(name, bytes):
        name = name.decode("latin-1")
    return isinstance(name, str) and is_secret_key(name)


class Masking(Walk):
    """A walk that masks secrets.

    Args:
        text: Masks a text.
        other: Says what to show of an object that the walk does not know; None leaves it as it is.
        error: Says what to show of an exception; None leaves it as it is.
        makes_errors: Whether to make another exception of the same type first, and ask `error` where that has not its
            text.
        copies: Make every container anew, for data that holds itself.
    """

    deepest = 100
    encodings: tuple[str, ...] = ("utf-8", "latin-1")

    def __init__(
        self,
        text: Text = mask_text,
        other: Callable[[Any], Any] | None = None,
        error: Callable[[BaseException], BaseException] | None = None,
        *,
        makes_errors: bool = False,
        copies: bool = False,
    ) -> None:
        super().__init__(copies=copies)
        self._arguments = (text, other, error)
        self._text = text
        self._other = other
        self._error = error
        self._makes_errors = makes_errors

    def mask(self, value: Any) -> Any:
        """Return `value` masked; what was harmless in it is still itself."""
        return self._masked(lambda walk: walk.walk(value, Depth()), value)

    def field(self, name: Any, value: Any) -> Any:
        """Return `value`, which stands under `name`, in the same way."""
        return self._masked(lambda walk: walk.entry(name, value, Depth(), {}), value)

    def _masked(self, walked: Callable[[Masking], Any], value: Any) -> Any:
        result = walked(self)
        if self.circular and result is not value:
            result = walked(Masking(*self._arguments, makes_errors=self._makes_errors, copies=True))
        return result

    def text(self, text: str, place: Depth) -> str:  # noqa: ARG002 - every place alike
        return self._text(text)

    def textless(self, value: Any, place: Depth) -> Any:
        kind = type(value)
        if value is None or kind is bool or kind is float or (kind is int and is_printable(value)):
            return value
        if issubclass(kind, str):
            return self._other_text(value)
        if issubclass(kind, int | float | complex) and kind.__str__ in _NUMBERS and is_printable(value):
            return value
        return self.unknown(value, place)

    def unknown(self, value: Any, place: Depth) -> Any:  # noqa: ARG002 - the same
        return value if self._other is None else self._other(value)

    def lost(self, value: Any, place: Depth, why: str) -> Any:  # noqa: ARG002 - what cannot be read may hold anything
        return MASK

    def unmade(self, plain: Any, error: Exception) -> Any:  # noqa: ARG002 - no fact is lost with the type
        return plain

    def entry(self, name: Any, value: Any, place: Depth, fields: Mapping[Any, Any]) -> Any:
        if _names_a_secret(told_by(fields, name) if isinstance(name, str) else name):
            return _mask_under_secret_key(value)
        return self.walk(value, place)

    def name(self, name: Any, inside: Depth) -> Any:
        return self.walk(name, inside) if issubclass(type(name), _NAMING) else name

    def parts(self, items: Any) -> Any:
        """Return the items with what their neighbours tell of masked: a value by its name, arguments by options."""
        if not isinstance(items, list | tuple):
            return items
        if len(items) == _PAIR_LENGTH and _names_a_secret(items[0]) and not _names_a_secret(items[1]):
            return [items[0], _mask_under_secret_key(items[1])]
        options = [item for item in items if type(item) is str and item[:1] == "-"]
        return _arguments(list(items), _redactor()) if options and all(type(item) is str for item in items) else items

    def way(self, kind: type) -> str | None:
        return "as_exception" if issubclass(kind, BaseException) else super().way(kind)

    def as_record(self, value: Any, place: Depth, key: Any) -> Any:
        return self.unknown(super().as_record(value, place, key), place)

    def as_model(self, value: Any, place: Depth, key: Any) -> Any:
        return self.unknown(super().as_model(value, place, key), place)

    def _other_text(self, value: str) -> Any:
        """Mask a member of an enumeration of texts, which may print itself in its own way."""
        plain = str.__str__(value)
        masked = self._text(plain)
        if masked != plain:
            return masked
        return value if type(value).__str__ is str.__str__ else self.unknown(value, Depth())

    def as_text(self, value: Any, place: Depth, key: Any) -> Any:
        if not issubclass(type(value), str):
            return super().as_text(value, place, key)
        return self._other_text(value)

    def as_exception(self, value: BaseException, place: Depth, key: Any) -> BaseException:
        result = self._made_again(value, place) if self._makes_errors else None
        if result is None:
            return value if self._error is None else self._error(value)
        self._met[key] = result
        for name, inner in vars(value).items():
            vars(result)[name] = self.entry(name, inner, place.key(), vars(value))
        result.__traceback__ = value.__traceback__
        result.__cause__ = None if value.__cause__ is None else self.walk(value.__cause__, place.key())
        result.__context__ = None if value.__context__ is None else self.walk(value.__context__, place.key())
        result.__suppress_context__ = value.__suppress_context__
        return result

    def _made_again(self, value: BaseException, place: Depth) -> BaseException | None:
        """Return an exception of the same type with masked arguments; None where these do not make its text.

        The file of a `FileNotFoundError` and the place of a `SyntaxError`, say, stand beside the arguments.
        """
        kind: Any = type(value)
        args = tuple(self.walk(arg, place.key()) for arg in value.args)
        try:
            if isinstance(value, BaseExceptionGroup):  # its text is fixed when it is made, whatever its args are
                inside = [self.walk(inner, place.key()) for inner in value.exceptions]
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
_NAMING = (str, bytes, tuple, frozenset)


def mask_secrets(data: T) -> T:
    """Return `data` with every secret in it masked; `data` itself is not changed.

    Walks mappings, sequences, sets, named tuples, attrs classes, data classes, pydantic models, exceptions,
    headers as pairs, JSON in strings, form bodies, URLs and bytes. The types of containers are kept, cycles
    are followed once, and whatever lies under a secret's name is masked whole. None, empty strings and
    booleans stay. What cannot be copied with another content is left as it is where it holds no secret; an exception
    of which one cannot make another is replaced by one that looks like it.

    Example:
        >>> mask_secrets({"model": "gpt-4o", "openai": {"token": "tok-secret-value-here", "n": 1}})
        {'model': 'gpt-4o', 'openai': {'token': 'to*****************re', 'n': 1}}
    """
    result: T = Masking(error=_stand_in, makes_errors=True).mask(data)
    return result


def _stand_in(error: BaseException) -> BaseException:
    from beluga.masking.standins import StandIns  # it needs wrapt, which takes long to import

    return StandIns().error(error)
