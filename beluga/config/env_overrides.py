"""Variables of the process override what the file says: ``APP_OPENAI_MAX_TOKENS`` is ``openai.max_tokens``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from beluga.config.containers import OneOf, is_scalar
from beluga.config.problems import Place
from beluga.config.schema import Section

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from beluga.config.problems import Findings
    from beluga.config.schema import Setting
    from beluga.config.shapes import Shape

__all__ = ["Override", "check_names", "merge", "overrides"]


@attrs.frozen
class Override:
    """One variable that is set for one setting."""

    variable: str
    place: Place
    setting: Setting
    text: str = attrs.field(repr=False)

    @property
    def source(self) -> str:
        """What a message calls it."""
        return f"environment variable {self.variable}"


def overrides(section: Section, prefix: str | None, variables: Mapping[str, str]) -> list[Override]:
    """Return the overrides of `section` that are set; a setting's own `env` name goes before the prefix's."""
    found = []
    for place, setting in _settable(section):
        name = next((name for name in _names(place, setting, prefix) if name in variables), None)
        if name is not None:
            found.append(Override(name, place, setting, variables[name]))
    return found


def check_names(section: Section, prefix: str | None) -> None:
    """Refuse a prefix that finds no variable, and a schema in which one variable would set two settings.

    Raises:
        TypeError: ``a_b`` and ``a.b`` cannot both be ``PREFIX_A_B``.
        ValueError: `prefix` is no name, or ends in the underscore that is put behind it.
    """
    if prefix is not None and (not isinstance(prefix, str) or not prefix or prefix.endswith("_")):
        message = f"config: prefix={prefix!r} must be a name such as 'APP', without the underscore behind it"
        raise ValueError(message)
    taken: dict[str, Place] = {}
    for place, setting in _settable(section):
        for name in _names(place, setting, prefix):
            if name in taken:
                paths = " and ".join(".".join(map(str, p.path)) for p in (taken[name], place))
                message = f"config: the variable {name} would set both {paths}; give one of them env= of its own"
                raise TypeError(message)
            taken[name] = place


def merge(data: Mapping[str, Any], found: Findings, set_by: list[Override]) -> dict[str, Any]:
    """Return `data` with the overrides put in; one whose text cannot be read is noted."""
    merged = dict(data)
    for override in set_by:
        table: Any = merged
        *sections, key = override.place.path
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
    shape = override.setting.shape
    try:
        return shape.read(override.text)
    except (ValueError, RecursionError):
        if is_scalar(shape):
            return found.reject(override.place, shape.rule, override.text)
        # The text is not shown: what cannot be read as JSON may hold a secret anywhere.
        return found.note(override.place, f"must be {shape.rule}, written as JSON")


def _names(place: Place, setting: Setting, prefix: str | None) -> list[str]:
    own = [] if setting.env is None else [setting.env]
    return own if prefix is None else [*own, "_".join((prefix, *map(str, place.path))).upper()]


def _settable(section: Section) -> Iterable[tuple[Place, Setting]]:
    """Return every setting that a variable can set, once; of alternative sections the namesakes are one setting."""
    found: dict[Any, tuple[Place, Setting]] = {}
    for place, setting in _leaves(section, Place(), ()):
        if place.path in found:
            _, other = found[place.path]
            shape = OneOf((*_arms(other.shape), *_arms(setting.shape)))
            secret = other.secret or setting.secret
            found[place.path] = attrs.evolve(place, secret=secret), attrs.evolve(other, shape=shape, secret=secret)
        else:
            found[place.path] = place, setting
    return found.values()


def _arms(shape: Shape) -> tuple[Shape, ...]:
    return shape.arms if isinstance(shape, OneOf) else (shape,)


def _leaves(section: Section, place: Place, above: tuple[Any, ...]) -> Iterator[tuple[Place, Setting]]:
    """Yield every setting that a variable can set; a section that holds itself is not followed twice."""
    for setting in section.settings:
        at = place.at(setting.key, secret=setting.secret)
        inner = [arm for arm in _arms(setting.shape) if isinstance(arm, Section)]
        for arm in inner:
            if arm.kind not in above:
                yield from _leaves(arm, at, (*above, section.kind))
        if not inner:
            yield at, setting
