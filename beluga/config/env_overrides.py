"""Variables of the process override what the file says: ``APP_OPENAI_MAX_TOKENS`` is ``openai.max_tokens``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from beluga._types.problems import Mismatch, demand
from beluga._types.scalars import INVALID
from beluga._types.texts import read_text
from beluga._types.tree import Field, OneOf, Record, arms, is_scalar
from beluga.config.problems import dotted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from beluga.config.problems import Findings

Path = tuple[str, ...]

__all__ = ["Override", "check_names", "merge", "overrides"]


@attrs.frozen
class Override:
    """One variable that is set for one setting, which `path` leads to."""

    variable: str
    path: Path
    field: Field
    text: str = attrs.field(repr=False)

    @property
    def source(self) -> str:
        """What a message calls it."""
        return f"environment variable {self.variable}"


def overrides(section: Record, prefix: str | None, variables: Mapping[str, str]) -> list[Override]:
    """Return the overrides of `section` that are set; a setting's own `env` name goes before the prefix's."""
    found = []
    for path, field in _settable(section).items():
        name = next((name for name in _names(path, field, prefix) if name in variables), None)
        if name is not None:
            found.append(Override(name, path, field, variables[name]))
    return found


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
        for name in _names(path, field, prefix):
            if name in taken:
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
    node = override.field.node
    try:
        return read_text(node, override.text)
    except (ValueError, RecursionError):
        if is_scalar(node):
            found.add([Mismatch(override.path, override.field.secret, node, override.text)])
        else:
            # The text is not shown: what cannot be read as JSON may hold a secret anywhere.
            found.note(override.path, f"must be {demand(node, by_hand=True)}, written as JSON")
        return INVALID


def _names(path: Path, field: Field, prefix: str | None) -> list[str]:
    own = [] if field.env is None else [field.env]
    return own if prefix is None else [*own, "_".join((prefix, *map(str, path))).upper()]


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
