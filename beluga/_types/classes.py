"""What a class declares: its fields, whichever library it is made with, and what its docstring says of them."""

from __future__ import annotations

import dataclasses
import inspect
import itertools
import re
import typing
from typing import TYPE_CHECKING, Any, Final, NotRequired, Required

import attrs

from beluga._types.tree import NO_DEFAULT, UNBOUNDED, Anything, Bounds, Field, Record

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


__all__ = [
    "MARKS",
    "READ_ONLY",
    "Marks",
    "check_call",
    "declared",
    "described",
    "filled",
    "is_record",
    "own_doc",
    "type_arguments",
]


MARKS: Final = "beluga.config"
"""The key under which a field's metadata holds its `Marks`."""


READ_ONLY: Final[Any] = getattr(typing, "ReadOnly", Final)
"""The marker of Python 3.13."""


@attrs.frozen
class Marks:
    """What a field says beyond its annotation."""

    bounds: Bounds = UNBOUNDED
    secret: bool = False
    env: str | None = None


def is_record(kind: Any) -> bool:
    """Tell whether a class declares its fields: attrs, a data class, a TypedDict or a NamedTuple."""
    return isinstance(kind, type) and (
        attrs.has(kind) or dataclasses.is_dataclass(kind) or typing.is_typeddict(kind) or _is_namedtuple(kind)
    )


def _is_namedtuple(kind: type) -> bool:
    return issubclass(kind, tuple) and hasattr(kind, "_fields")


def declared(kind: Any, hints: Mapping[str, Any]) -> Iterator[tuple[Field, Mapping[Any, Any]]]:
    """Yield what the initialiser of a record takes, in the order of declaration, each with its metadata."""
    unread = Anything()
    if typing.is_typeddict(kind):
        for name, hint in hints.items():
            yield Field(name, name, unread, _is_required(kind, name, hint)), {}
    elif attrs.has(kind):
        for field in attrs.fields(kind):
            if field.init:
                required = field.default is attrs.NOTHING
                made = isinstance(field.default, attrs.Factory)  # type: ignore[arg-type]  # a class at run time
                default = NO_DEFAULT if made or required else field.default
                name, converts = field.alias or field.name, field.converter is not None
                yield Field(name, field.name, unread, required, default=default, converts=converts), field.metadata
    elif dataclasses.is_dataclass(kind):
        for each in dataclasses.fields(kind):
            if each.init:
                default = NO_DEFAULT if each.default is dataclasses.MISSING else each.default
                required = default is NO_DEFAULT and each.default_factory is dataclasses.MISSING
                yield Field(each.name, each.name, unread, required, default=default), each.metadata
    else:
        for name in kind._fields:
            default = kind._field_defaults.get(name, NO_DEFAULT)
            yield Field(name, name, unread, default is NO_DEFAULT, default=default), {}


def _is_required(kind: Any, name: str, hint: Any) -> bool:
    # __required_keys__ knows nothing of Required and NotRequired in annotations that are strings.
    while typing.get_origin(hint) is READ_ONLY:
        hint = typing.get_args(hint)[0]
    origin = typing.get_origin(hint)
    return origin is Required or (origin is not NotRequired and name in kind.__required_keys__)


def check_call(kind: Any, record: Record) -> None:
    """Refuse a class that cannot be made from its fields, before anybody is asked for what nobody can take."""
    signature = inspect.signature(kind)
    try:
        signature.bind(**dict.fromkeys(record.fields))
        signature.bind(**{key: None for key, field in record.fields.items() if field.required})
    except TypeError as error:
        message = f"{kind.__name__} cannot be made from its fields, by keyword: {error}"
        raise TypeError(message) from None


def type_arguments(kind: Any, arguments: tuple[Any, ...]) -> dict[Any, Any]:
    """Return what each type variable of a generic class and of its bases stands for."""
    parameters: tuple[Any, ...] = getattr(kind, "__parameters__", None) or ()
    known = dict(zip(parameters, arguments, strict=False))
    for base in getattr(kind, "__orig_bases__", None) or ():
        origin = typing.get_origin(base)
        if isinstance(origin, type) and getattr(origin, "__parameters__", None):
            known = type_arguments(origin, tuple(filled(each, known) for each in typing.get_args(base))) | known
    return known


def filled(hint: Any, known: Mapping[Any, Any]) -> Any:
    """Return `hint` with its type variables replaced."""
    if isinstance(hint, typing.TypeVar):
        return known.get(hint, hint)
    parameters = getattr(hint, "__parameters__", ())
    if isinstance(hint, type) or not parameters or not known:
        return hint
    return hint[tuple(known.get(each, each) for each in parameters)]


def own_doc(kind: Any) -> str:
    """Return the docstring of a class, "" where it has none of its own."""
    doc = kind.__dict__.get("__doc__") or ""
    # Data classes and named tuples write one where there is none, such as "City(name: str)", and some versions of Enum.
    return "" if doc.startswith(f"{kind.__name__}(") or doc == "An enumeration." else str(doc)


# A section is one or two words and a colon on a line of their own, such as "Args:".
_SECTION = re.compile(r"[A-Z]\w*(?: \w+)?:")
_NAMED = ("Args:", "Arguments:", "Attributes:", "Parameters:")
_ENTRY = re.compile(r"\*{0,2}(\w+)(?: \([^)]*\))?: *(.*)")


def described(doc: str | None) -> tuple[str, dict[str, str]]:
    r"""Return the text before the sections of a docstring, and what it says about each argument.

    Args:
        doc: A docstring as written; None and "" say nothing.

    Example:
        >>> described("Find a city.\n\nArgs:\n    name: In any language,\n        or a code.\n")
        ('Find a city.', {'name': 'In any language, or a code.'})

    Source: Google Python Style Guide, section 3.8.
    """
    lines = inspect.cleandoc(doc or "").splitlines()
    sections = [number for number, line in enumerate(lines) if _SECTION.fullmatch(line)]
    text = "\n".join(lines[: sections[0]] if sections else lines).strip()
    said: dict[str, str] = {}
    for start, end in itertools.pairwise([*sections, len(lines)]):
        if lines[start] in _NAMED:
            said |= _entries(lines[start + 1 : end])
    return text, said


def _entries(lines: list[str]) -> dict[str, str]:
    filled = [line for line in lines if line.strip()]
    margin = min((_indent(line) for line in filled), default=0)
    said: dict[str, list[str]] = {}
    words: list[str] = []
    for line in filled:
        entry = _ENTRY.fullmatch(line.strip()) if _indent(line) == margin else None
        if entry:
            words = said.setdefault(entry[1], [])
        words.append(entry[2] if entry else line.strip())
    return {name: " ".join(words).strip() for name, words in said.items()}


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
