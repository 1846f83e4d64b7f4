"""Variables override what the files say: those of the process, of ``.env`` files, and of the files that they name.

``APP_OPENAI_MAX_TOKENS`` is ``openai.max_tokens``. A ``.env`` file has a variable a line, as shells and containers have
them: ``NAME=value``, ``export NAME="two words"``, ``NAME='as it is'``, comments and empty lines. Nothing is put in
place of ``$OTHER``: a value is what is written.
"""

from __future__ import annotations

import contextlib
import json
import pathlib
import re
from itertools import chain
from typing import TYPE_CHECKING, Any, Final, NoReturn

import attrs

from beluga._types.problems import Mismatch, demand, nearest
from beluga._types.scalars import INVALID
from beluga._types.tree import Choice, Field, Items, OneOf, Record, Row, Scalar, TypeNode, arms, is_scalar
from beluga.config.files import read_steady
from beluga.config.problems import dotted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from beluga.config.problems import Findings

__all__ = ["Override", "Variable", "check_names", "is_env_file", "merge", "overrides", "read_env"]

Path = tuple[str, ...]


@attrs.frozen
class Variable:
    """A variable that is set: by the process, or by a line of a ``.env`` file, as `source` says."""

    text: str = attrs.field(repr=False)
    source: str


@attrs.frozen
class Override:
    """One variable that is set for one setting, which `path` leads to."""

    variable: Variable
    path: Path
    field: Field


def overrides(
    section: Record, prefix: str | None, variables: Mapping[str, Variable], found: Findings
) -> tuple[list[Override], list[str]]:
    """Return the overrides of `section` that are set, and the variables of the prefix that set nothing.

    A setting's own `env` name goes before the prefix's; of each, ``NAME_FILE`` names a file that holds the text.
    """
    settable = _settable(section)
    known = {name for path, field in settable.items() for names in _names(path, field, prefix) for name in names}
    chosen: dict[Path, Override] = {}
    used: set[str] = set()
    for path, field in settable.items():
        for names in _names(path, field, prefix):
            files = [f"{name}{_FILE}" for name in names if f"{name}{_FILE}" not in known]
            given = [name for name in (*names, *files) if name in variables]
            used.update(given)
            if not given or path in chosen:
                continue
            first, *others = given
            if others:
                found.note(path, f"is set by both {first} and {others[0]}")
            variable = _from_file(variables[first], path, found) if first in files else variables[first]
            if variable is not None:
                chosen[path] = Override(variable, path, field)
    begins = None if prefix is None else f"{prefix}_".upper()
    unused = [name for name in variables if begins and name.startswith(begins) and name not in used]
    return [*chosen.values()], [f"{name}{_did_you_mean(name, known)}" for name in unused]


_FILE: Final = "_FILE"
"""Ends the name of a variable that names a file, as Docker's and Kubernetes' secrets are handed over."""


def _from_file(variable: Variable, path: Path, found: Findings) -> Variable | None:
    try:
        text = read_steady(variable.text).decode()
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or ("it is not UTF-8" if isinstance(error, UnicodeError) else error)
        found.note(path, f"cannot be read from the file that {variable.source} names: {why}")
        return None
    return Variable(text.removesuffix("\n").removesuffix("\r"), f"the file of {variable.source}")


def _did_you_mean(name: str, known: Iterable[str]) -> str:
    meant = nearest(name, known)
    return f" (did you mean {meant}?)" if meant else ""


def check_names(section: Record, prefix: str | None) -> None:
    """Refuse a prefix that finds no variable, and a schema in which one variable would set two settings.

    Raises:
        TypeError: ``a_b`` and ``a.b`` cannot both be ``PREFIX_A_B``.
        ValueError: `prefix` is not a name, or ends in the underscore that is put behind it.
    """
    if prefix is not None and (not isinstance(prefix, str) or not prefix or prefix.endswith("_")):
        message = f"config: prefix={prefix!r} must be a name such as 'APP', without the underscore behind it"
        raise ValueError(message)
    taken: dict[str, Path] = {}
    for path, field in _settable(section).items():
        for name in chain.from_iterable(_names(path, field, prefix)):
            if taken.get(name, path) != path:
                paths = f"{dotted(taken[name])} and {dotted(path)}"
                message = f"config: the variable {name} would set both {paths}; give one of them env= of its own"
                raise TypeError(message)
            taken[name] = path


def merge(data: Mapping[str, Any], found: Findings, set_by: list[Override]) -> dict[str, Any]:
    """Return `data` with the overrides put in; one whose text cannot be read is noted."""
    merged = dict(data)
    for override in set_by:
        table: Any = merged
        *sections, key = override.path
        for name in sections:
            inner = table.get(name)
            # Where the file has something else than a table, what it has is the problem to report.
            table[name] = dict(inner or {}) if inner is None or isinstance(inner, dict) else inner
            table = table[name]
            if not isinstance(table, dict):
                break
        else:
            table[key] = _read(override, found)
    return merged


def _read(override: Override, found: Findings) -> Any:
    node, text = override.field.node, override.variable.text
    try:
        return read_text(node, text)
    except (ValueError, RecursionError):
        if is_scalar(node):
            found.add([Mismatch(override.path, override.field.secret, node, text)])
        else:
            # The text is not shown: what cannot be read as JSON may hold a secret anywhere.
            found.note(override.path, f"must be {demand(node, by_hand=True)}, written as JSON")
        return INVALID


def _names(path: Path, field: Field, prefix: str | None) -> list[list[str]]:
    """Return the variables that set a setting: its own name, and those of the prefix."""
    own = [] if field.env is None else [field.env]
    if prefix is None:
        return [own]
    # Between sections there may be two underscores, where one would leave open where a section ends.
    apart = "__".join((f"{prefix}_{path[0]}", *path[1:])).upper()
    return [own, list(dict.fromkeys(name for name in (apart, "_".join((prefix, *path)).upper()) if name not in own))]


def _settable(section: Record) -> dict[Path, Field]:
    """Return every setting that a variable can set; of alternative sections the namesakes are one setting."""
    found: dict[Path, Field] = {}
    for path, field in _leaves(section, (), secret=False, above=()):
        other = found.get(path)
        if other is not None:
            both = OneOf((*arms(other.node), *arms(field.node)))
            found[path] = attrs.evolve(other, node=both, secret=other.secret or field.secret)
        else:
            found[path] = field
    return found


def _leaves(section: Record, path: Path, *, secret: bool, above: tuple[Any, ...]) -> Iterator[tuple[Path, Field]]:
    """Yield every setting that a variable can set; a section that holds itself is not followed twice."""
    for field in section.fields.values():
        at, hidden = (*path, field.key), secret or field.secret
        inner = [arm for arm in arms(field.node) if isinstance(arm, Record)]
        for arm in inner:
            if arm.kind not in above:
                yield from _leaves(arm, at, secret=hidden, above=(*above, section.kind))
        if not inner:
            yield at, attrs.evolve(field, secret=hidden)


_LINE: Final = re.compile(
    r"""[ \t]*(?:export[ \t]+)?(?P<name>[A-Za-z_][A-Za-z0-9_]*)[ \t]*=[ \t]*
    (?:(?:'(?P<single>[^']*)'|"(?P<double>(?:[^"\\]|\\.)*)")[ \t]*(?:\#[^\n]*)?\r?|(?P<bare>[^'"\n][^\n]*)?)
    (?:\n|\Z)""",
    re.VERBOSE | re.DOTALL,
)
_COMMENT: Final = re.compile(r"(?:^|[ \t])#")
_NOTHING: Final = re.compile(r"[ \t]*(?:#[^\n]*)?\r?(?:\n|\Z)")
_ESCAPES: Final = {"n": "\n", "r": "\r", "t": "\t"}


def is_env_file(name: str) -> bool:
    """Tell whether a file holds variables, by its name: ``.env``, ``.env.local``, ``prod.env``."""
    path = pathlib.PurePath(name)
    return path.suffix == ".env" or path.name == ".env" or path.name.startswith(".env.")


def read_env(text: str, refuse: Callable[[str, int | None], NoReturn]) -> dict[str, tuple[str, int]]:
    r"""Return each variable's text and line.

    Args:
        text: The file.
        refuse: Given a rule and a line, raises the error that says so.

    Example:
        >>> read_env("# mine\nexport A=1 # one\nB='x y'\n", print)
        {'A': ('1', 2), 'B': ('x y', 3)}
    """
    found: dict[str, tuple[str, int]] = {}
    at, line = 0, 1
    while at < len(text):
        match = _NOTHING.match(text, at) or _LINE.match(text, at)
        if match is None:
            refuse("is not NAME=value", line)  # the line is not quoted: it may hold a secret
        if match.re is _LINE:
            if match["name"] in found:
                refuse(f"has the variable {match['name']} twice", line)
            found[match["name"]] = _text(match), line
        line += text.count("\n", at, match.end())
        at = max(match.end(), at + 1)
    return found


def _text(match: re.Match[str]) -> str:
    if match["double"] is not None:
        return re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[1]), match["double"], flags=re.DOTALL)
    if match["single"] is not None:
        return match["single"]
    return _COMMENT.split(match["bare"] or "", maxsplit=1)[0].strip()


# What a text stands for


def read_text(node: TypeNode, text: str) -> Any:
    """Turn a text into what ``fit`` takes by `node`.

    Whatever has parts is written as JSON, and a list of plain values also with commas between them.

    Raises:
        ValueError: It cannot be one.

    Example:
        >>> from beluga._types.annotations import read_type
        >>> (
        ...     read_text(read_type(int | str), "7"),
        ...     read_text(read_type(list[int]), "7, 8"),
        ...     read_text(read_type(bool), "on"),
        ... )
        (7, [7, 8], True)
    """
    match node:
        case Scalar():
            return node.type.read(text)
        case Choice(options=options):
            return _chosen(options, text)
        case OneOf(arms=arms):
            # What takes every text comes last.
            for arm in sorted(arms, key=lambda arm: isinstance(arm, Scalar) and arm.type.read is str):
                with contextlib.suppress(ValueError):
                    return read_text(arm, text)
            raise ValueError(text)
        case Items(item=item) if is_scalar(item) and not _is_json(text):
            return [_item(item, each) for each in _between_commas(text)]
        case Row(items=items) if all(map(is_scalar, items)) and not _is_json(text):
            texts = _between_commas(text)
            return [_item(item, each) for item, each in zip(items, texts, strict=True)]
        case _:
            return json.loads(text)


def _chosen(options: Any, text: str) -> Any:
    for option in options:
        if text in {option.name, str(option.written)}:
            return option.written
    raise ValueError(text)


def _is_json(text: str) -> bool:
    return text.lstrip().startswith(("[", "{"))


def _between_commas(text: str) -> list[str]:
    return [each.strip() for each in text.split(",")] if text.strip() else []


def _item(node: TypeNode, text: str) -> Any:
    """Return one item; the text itself where it cannot be read, so that ``fit`` tells which item that is."""
    try:
        return read_text(node, text)
    except ValueError:
        return text
