"""A schema is an attrs class: what each of its settings is called, may be and defaults to."""

from __future__ import annotations

import enum
import functools
import types
import typing
from collections.abc import Hashable, Mapping
from typing import Annotated, Any, Literal, Union, cast, get_args, get_origin

import attrs

from beluga._types.suggest import nearest
from beluga.config.containers import MAPPINGS, SEQUENCES, Items, OneOf, Record, Table, parts
from beluga.config.durations import DURATION
from beluga.config.fields import marks_of
from beluga.config.problems import INVALID, Findings, Place
from beluga.config.shapes import SCALARS, UNBOUNDED, Bounds, Choice, Duration, Number, Shape, Whole

__all__ = ["Section", "Setting", "section_of"]


@attrs.frozen
class Setting:
    """One setting of a section.

    Args:
        key: What it is called in a file.
        attribute: Its attrs attribute.
        shape: What it may be.
        secret: Whether its value is never shown.
        env: The whole name of a variable that overrides it, or None.
    """

    key: str
    attribute: attrs.Attribute[Any]
    shape: Shape
    secret: bool
    env: str | None

    @property
    def required(self) -> bool:
        """Whether it has no default."""
        return self.attribute.default is attrs.NOTHING


@attrs.frozen
class Section:
    """The shape of an attrs class: a table with exactly its settings."""

    kind: type[Any]

    @property
    def rule(self) -> str:
        return f"a table of {self.kind.__name__} settings"

    @property
    def settings(self) -> tuple[Setting, ...]:
        """The settings in their order."""
        return _settings(cast(Hashable, self.kind))

    @property
    def frozen(self) -> bool:
        """Whether its instances cannot be changed."""
        try:
            object.__new__(self.kind).anything = None
        except attrs.exceptions.FrozenInstanceError:
            return True
        except Exception:
            return False
        return False

    def all_sections(self) -> list[Section]:
        """Return this section and all that can be reached from it, so that every annotation is understood."""
        reached: dict[type[Any], Section] = {}
        pending: list[Any] = [self]
        while pending:
            shape = pending.pop()
            if not isinstance(shape, Section):
                pending += parts(shape)
            elif shape.kind not in reached:
                reached[shape.kind] = shape
                pending += [setting.shape for setting in shape.settings]
        return list(reached.values())

    def fit(self, value: Any, place: Place, found: Findings) -> Any:
        if isinstance(value, self.kind):
            return self._inspect(value, place, found)
        if not isinstance(value, Mapping):
            return found.reject(place, self.rule, value, opaque=True)
        before = len(found.problems)
        known = [setting.key for setting in self.settings]
        for key in value:
            if key not in known and place.secret:
                found.note(place, "has a key that is not known")
            elif key not in known:
                # Its value is not shown: it may be a secret under a misspelt name.
                found.note(_beside(place, key), "is no known key", suggestion=nearest(key, known))
        arguments = {}
        for setting in self.settings:
            at = place.at(setting.key, secret=setting.secret)
            if setting.key in value:
                arguments[setting.key] = self._taken(setting, value[setting.key], at, found)
            elif setting.required:
                found.note(at, "is required")
        if len(found.problems) > before or any(value is INVALID for value in arguments.values()):
            return INVALID
        return self._built(arguments, place, found)

    def read(self, text: str) -> Any:  # noqa: ARG002 - the contract of a shape
        raise ValueError(self.rule)

    def _taken(self, setting: Setting, value: Any, at: Place, found: Findings) -> Any:
        """Return what the class is given for `setting`; a value with a converter is checked behind it."""
        if value is INVALID or setting.attribute.converter is not None:
            return value
        return setting.shape.fit(value, at, found)

    def _built(self, arguments: dict[str, Any], place: Place, found: Findings) -> Any:
        """Make the instance, or find what the class's own validators have against it."""
        try:
            instance = self.kind(**arguments)
        except Exception as error:
            # The text of a stranger's error may hold the value it is about.
            hidden = place.secret or any(setting.secret for setting in self.settings)
            why = type(error).__name__ if hidden else f"{type(error).__name__}: {_first_line(error)}"
            return found.note(place, f"was refused by {self.kind.__name__}: {why}")
        return self._inspect(instance, place, found)

    def _inspect(self, instance: Any, place: Place, found: Findings) -> Any:
        """Check an instance that stands already."""
        before = len(found.problems)
        for setting in self.settings:
            value = getattr(instance, setting.attribute.name)
            setting.shape.fit(value, place.at(setting.key, secret=setting.secret), found)
        return instance if len(found.problems) == before else INVALID


def section_of(schema: type[Any]) -> Section:
    """Return `schema` as a section, once all its annotations are understood.

    Raises:
        TypeError: It is no attrs class, or one of its annotations is none that a file can hold.
    """
    if not isinstance(schema, type) or not attrs.has(schema):
        message = f"config: {schema!r} is no attrs class; write @attrs.frozen above class ..."
        raise TypeError(message)
    section = Section(schema)
    section.all_sections()
    return section


@functools.lru_cache(maxsize=256)
def _settings(schema: Any) -> tuple[Setting, ...]:
    try:
        hints = typing.get_type_hints(schema, include_extras=True)
    except NameError as error:
        message = (
            f"config: an annotation of {schema.__name__} cannot be resolved: {error}; define the classes that it names "
            "at the top level of their module"
        )
        raise TypeError(message) from error
    return tuple(_setting(schema, a, hints.get(a.name, Any)) for a in attrs.fields(schema) if a.init)


def _setting(schema: type[Any], attribute: attrs.Attribute[Any], hint: Any) -> Setting:
    marks = marks_of(attribute)
    owner = f"{schema.__name__}.{attribute.name}"
    shape = _shape(hint, marks.bounds, owner)
    setting = Setting(attribute.alias or attribute.name, attribute, shape, marks.secret, marks.env)
    default = attribute.default
    if default is not attrs.NOTHING and not isinstance(default, attrs.Factory) and attribute.converter is None:  # type: ignore[arg-type]  # Factory is a class at run time
        fitted = shape.fit(default, Place(), Findings())
        if fitted is INVALID or fitted != default:
            shown = "***" if marks.secret else repr(default)
            message = f"config: the default of {owner}, {shown}, must be {shape.rule}"
            raise TypeError(message)
    return setting


def _shape(hint: Any, bounds: Bounds, owner: str) -> Shape:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        if DURATION in arguments[1:]:
            return Duration(Bounds(bounds.least or 0, bounds.most))
        return _shape(arguments[0], bounds, owner)
    if hint is int:
        return Whole(bounds)
    if hint is float:
        return Number(bounds)
    if origin in {Union, types.UnionType}:
        return _union(arguments, bounds, owner)
    if bounds != UNBOUNDED:
        message = f"config: min= and max= of {owner} need a number, not {hint!r}"
        raise TypeError(message)
    return _unbounded(hint, origin, arguments, owner)


def _union(arms: tuple[Any, ...], bounds: Bounds, owner: str) -> OneOf:
    numeric = [arm for arm in arms if arm in {int, float} or DURATION in getattr(arm, "__metadata__", ())]
    if bounds != UNBOUNDED and not numeric:
        message = f"config: min= and max= of {owner} need a number among its types"
        raise TypeError(message)
    return OneOf(tuple(_shape(arm, bounds if arm in numeric else UNBOUNDED, owner) for arm in arms))


def _unbounded(hint: Any, origin: Any, arguments: tuple[Any, ...], owner: str) -> Shape:
    if hint in SCALARS:
        return SCALARS[hint]
    if origin is Literal:
        return Choice.of_literal(arguments)
    if isinstance(hint, type) and (issubclass(hint, enum.Enum) or attrs.has(hint)):
        return Choice.of_enum(hint) if issubclass(hint, enum.Enum) else Section(hint)
    return _container(hint, origin or hint, arguments, owner)


def _container(hint: Any, kind: Any, arguments: tuple[Any, ...], owner: str) -> Shape:
    if kind is tuple and arguments and arguments[-1] is not Ellipsis:
        return Record(tuple(_shape(argument, UNBOUNDED, owner) for argument in arguments))
    if kind in SEQUENCES:
        return Items(_shape(arguments[0] if arguments else Any, UNBOUNDED, owner), SEQUENCES[kind])
    if kind in MAPPINGS and (not arguments or arguments[0] is str):
        return Table(_shape(arguments[1] if arguments else Any, UNBOUNDED, owner), MAPPINGS[kind])
    message = (
        f"config: {owner} is annotated with {hint!r}, which no file can hold; use str, int, float, bool, Seconds, "
        "Path, dates, Literal, an Enum, another attrs class, or list, tuple, dict[str, ...] and unions of these"
    )
    raise TypeError(message)


def _beside(place: Place, key: object) -> Place:
    return place.at(key if isinstance(key, str) else repr(key))


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [""])[0]
