"""Make values by the tree of a type, and note everything that is wrong instead of stopping at the first.

Values of Python's own types are taken as they are, since TOML gives dates and a program gives instances; nothing else
is guessed. The same list in two places of a document is looked at once: a file of 300 bytes can name one list a
thousand million times, and a union that holds itself would try each of its arms inside each of its arms.
"""

from __future__ import annotations

import typing
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import attrs

from beluga._types.problems import Key, Misfit, Mismatch, Missing, Note, Rejected, TooDeep, UnknownKeys, WrongKey
from beluga._types.scalars import INVALID, Rules
from beluga._types.tree import (
    UNBOUNDED,
    Anything,
    Choice,
    Field,
    Foreign,
    Items,
    OneOf,
    Record,
    Row,
    Scalar,
    Table,
    TypeNode,
    takes_null,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from beluga._types.problems import Path


__all__ = ["fit"]


_JSON: Final = Rules()


def fit(node: TypeNode, value: Any, rules: Rules = _JSON, path: Path = ()) -> tuple[Any, list[Misfit]]:
    """Return the value that `node` makes of a parsed one and no problems, or `INVALID` and the problems.

    Defaults, converters and validators of classes do their work. A key that a class does not know is a problem: it
    may be a misspelt one, whose default would be taken for the value. Where `value` holds `INVALID`, its problem is
    known already.

    Args:
        node: What `read_type` gave.
        value: Of JSON, TOML or YAML, or made by the program.
        rules: How strictly it is taken; by default as JSON of a machine.
        path: Where it stands, for the problems.

    Example:
        >>> from beluga._types.annotations import read_type
        >>> from beluga._types.problems import for_people
        >>> @attrs.frozen
        ... class Line:
        ...     text: str
        ...     price: float = 0.0
        >>> lines = read_type(list[Line])
        >>> fit(lines, [{"text": "tea", "price": 2}])
        ([Line(text='tea', price=2.0)], [])
        >>> print(for_people(fit(lines, [{"text": "tea", "price": "two"}])[1][0]))
        [0].price: expected a number, not a string
    """
    walk = _Fitting(rules)
    try:
        fitted = walk.fit(node, value, path)
    except RecursionError:
        return INVALID, [TooDeep(path, secret=False)]
    return fitted, walk.problems


class _Fitting:
    """One way through one value."""

    __slots__ = ("_known", "_secret", "problems", "rules")

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.problems: list[Misfit] = []
        self._secret = False
        self._known: dict[tuple[int, int, bool], tuple[Path, Any, list[Misfit]]] = {}

    def fit(self, node: TypeNode, value: Any, path: Path) -> Any:
        return _FITS[type(node)](self, node, value, path)

    def _reject(self, node: TypeNode, value: Any, path: Path, *, alien: bool = True) -> Any:
        self.problems.append(Mismatch(path, self._secret, node, value, alien))
        return INVALID

    def anything(self, node: Anything, value: Any, path: Path) -> Any:  # noqa: ARG002 - one signature for all
        return value

    def scalar(self, node: Scalar, value: Any, path: Path) -> Any:
        if type(value) is node.exact:
            return value
        taken = node.type.take(value, self.rules)
        if taken is INVALID:
            return self._reject(node, value, path)
        if node.bounds is UNBOUNDED or taken in node.bounds:
            return taken
        return self._reject(node, value, path, alien=False)

    def choice(self, node: Choice, value: Any, path: Path) -> Any:
        for option in node.options:
            if value is option.value or (self._may_be(option.written, value) and value == option.written):
                return option.value
            if option.name and self.rules.by_hand and value == option.name:
                return option.value
        return self._reject(node, value, path)

    def _may_be(self, written: Any, value: Any) -> bool:
        """Tell types apart as scalars do: True is not 1, and 1 is a float."""
        kinds = type(value), type(written)
        return kinds[0] is kinds[1] or kinds == (int, float) or (self.rules.whole_floats and kinds == (float, int))

    def items(self, node: Items, value: Any, path: Path) -> Any:
        if not isinstance(value, (list, tuple, set, frozenset)):
            return self._reject(node, value, path)
        before = len(self.problems)
        item, fits = node.item, _FITS[type(node.item)]
        fitted = (
            list(value)
            if _all_fit(item, value)
            else [fits(self, item, each, (*path, index)) for index, each in enumerate(value)]
        )
        if len(self.problems) > before:
            return INVALID
        try:
            made = node.make(fitted)
        except TypeError:
            self.problems.append(Note(path, self._secret, "holds items that cannot be in a set"))
            return INVALID
        return made if made in node.bounds else self._reject(node, value, path, alien=False)

    def row(self, node: Row, value: Any, path: Path) -> Any:
        if not isinstance(value, (list, tuple)):
            return self._reject(node, value, path)
        if len(value) != len(node.items):
            return self._reject(node, value, path, alien=False)
        before = len(self.problems)
        pairs = enumerate(zip(node.items, value, strict=True))
        fitted = [self.fit(item, each, (*path, index)) for index, (item, each) in pairs]
        return tuple(fitted) if len(self.problems) == before else INVALID

    def table(self, node: Table, value: Any, path: Path) -> Any:
        if not isinstance(value, Mapping):
            return self._reject(node, value, path)
        before = len(self.problems)
        fitted: dict[Any, Any] = {}
        if node.key is None and _all_fit(node.item, value.values()) and set(map(type, value)) <= {str}:
            fitted, value = dict(value), {}
        for place, (key, item) in enumerate(value.items(), 1):
            name = self._key(node, key, path)
            # Of a secret table the keys are not shown either.
            at = path if self._secret or not isinstance(key, str) else (*path, Key(key, place))
            fitted[name] = self.fit(node.item, item, at) if name is not INVALID else INVALID
        if len(self.problems) > before:
            return INVALID
        return node.make(fitted) if fitted in node.bounds else self._reject(node, value, path, alien=False)

    def _key(self, node: Table, key: Any, path: Path) -> Any:
        taken: Any = key if isinstance(key, str) else INVALID
        if node.key is not None:
            taken = _Fitting(self.rules).fit(node.key, key, ())
        if taken is INVALID:
            self.problems.append(WrongKey(path, self._secret, key, node.key))
        return taken

    def one_of(self, node: OneOf, value: Any, path: Path) -> Any:
        if type(value) in (int, float) and (exact := _exact(node, value)) is not None:
            return value if value in exact.bounds else self._reject(exact, value, path, alien=False)
        nearest: list[Misfit] | None = None
        for arm in node.arms:
            fitted, found = self._tried(arm, value, path)
            if not found:
                return fitted
            # A value of the right kind with a flaw inside is nearer than one of another kind.
            alien = any(isinstance(each, Mismatch) and each.alien and each.path == path for each in found)
            if not alien and (nearest is None or len(found) < len(nearest)):
                nearest = found
        if not nearest:
            return self._reject(node, value, path)
        self.problems += nearest
        return INVALID

    def _tried(self, arm: TypeNode, value: Any, path: Path) -> tuple[Any, list[Misfit]]:
        """Return what `arm` makes of `value`, and its problems: of one value once, wherever it stands."""
        mark = (id(arm), id(value), self._secret)
        is_kept = isinstance(value, (dict, list))
        if is_kept and mark in self._known:
            first, fitted, found = self._known[mark]
            return fitted, [attrs.evolve(each, path=path + each.path[len(first) :]) for each in found]
        before, self.problems = self.problems, []
        try:
            fitted, found = self.fit(arm, value, path), self.problems
        finally:
            self.problems = before
        if is_kept:
            self._known[mark] = path, fitted, found
        return fitted, found

    def record(self, node: Record, value: Any, path: Path) -> Any:
        if not isinstance(value, dict):
            if _is_instance(value, node.make):
                return self._inspected(node, value, path)
            if not isinstance(value, Mapping):
                return self._reject(node, value, path)
        before = len(self.problems)
        if not value.keys() <= node.fields.keys():
            unknown = tuple(key for key in value if key not in node.fields and not self._is_aside(key))
            if unknown:
                self.problems.append(UnknownKeys(path, self._secret, unknown, tuple(node.fields)))
        given: dict[str, Any] = {}
        is_whole = True
        for key, field in node.fields.items():
            if key in value and not (value[key] is None and self._is_left_out(field)):
                found = given[key] = value[key]
                if type(found) is not field.exact:
                    found = given[key] = self._field(field, found, (*path, key))
                is_whole = is_whole and found is not INVALID
            elif field.required:
                self.problems.append(Missing((*path, key), self._secret or field.secret))
        return self._made(node, given, path) if is_whole and len(self.problems) == before else INVALID

    def _is_left_out(self, field: Field) -> bool:
        return self.rules.null_is_default and not field.required and not takes_null(field.node)

    def _is_aside(self, key: Any) -> bool:
        """Tell whether a key only holds something for others to refer to, as in the files of Docker Compose."""
        return self.rules.by_hand and isinstance(key, str) and key.startswith("x-")

    def _field(self, field: Field, value: Any, path: Path) -> Any:
        if value is INVALID or (field.converts and self.rules.converter_first):
            return value
        return self._hidden(field, value, path)

    def _hidden(self, field: Field, value: Any, path: Path) -> Any:
        """Fit one field, and show nothing of it where it is secret."""
        if not field.secret:
            return _FITS[type(field.node)](self, field.node, value, path)
        before = self._secret
        self._secret = before or field.secret
        try:
            return self.fit(field.node, value, path)
        finally:
            self._secret = before

    def _made(self, node: Record, given: dict[str, Any], path: Path) -> Any:
        """Make the instance, or note what the class's own converters and validators have against it."""
        try:
            made = node.make(**given)
        except Exception as error:
            self.problems += _refusals(node, error, given, path, secret=self._secret or node.has_secrets)
            return INVALID
        if not self.rules.converter_first or isinstance(made, dict):
            return made
        before = len(self.problems)
        for key, field in node.fields.items():
            # What came through the class as it was is checked; so are plain defaults, when the schema is read.
            value = getattr(made, field.name)
            if value is not given.get(key, field.default):
                self._hidden(field, value, (*path, key))
        return made if len(self.problems) == before else INVALID

    def _inspected(self, node: Record, instance: Any, path: Path) -> Any:
        """Check an instance that stands already."""
        before = len(self.problems)
        for key, field in node.fields.items():
            self._hidden(field, getattr(instance, field.name), (*path, key))
        return instance if len(self.problems) == before else INVALID

    def foreign(self, node: Foreign, value: Any, path: Path) -> Any:
        try:
            return node.kind.model_validate(value)
        except Exception as error:
            name = node.name
            if callable(getattr(error, "errors", None)):
                self.problems += _foreign_problems(name, error, value, path, secret=self._secret, known=_keys_of(node))
            else:
                text = str(error).partition("\n")[0]
                self.problems.append(Rejected(path, self._secret, name, type(error).__name__, text))
            return INVALID


_FITS: Final[dict[type[TypeNode], Callable[[_Fitting, Any, Any, Path], Any]]] = {
    Anything: _Fitting.anything,
    Scalar: _Fitting.scalar,
    Choice: _Fitting.choice,
    Items: _Fitting.items,
    Row: _Fitting.row,
    Table: _Fitting.table,
    OneOf: _Fitting.one_of,
    Record: _Fitting.record,
    Foreign: _Fitting.foreign,
}


def _all_fit(item: TypeNode, values: Iterable[Any]) -> bool:
    """Say whether all are of the one type that needs no further look; in C, and so at a tenth of the time."""
    return type(item) is Scalar and item.exact is not None and set(map(type, values)) <= {item.exact}


def _exact(node: OneOf, value: Any) -> Scalar | None:
    """Return the arm of exactly a number's type: 3.0 is a float where both would take it."""
    return next((arm for arm in node.arms if isinstance(arm, Scalar) and arm.type.kind is type(value)), None)


def _is_instance(value: Any, kind: Any) -> bool:
    return isinstance(kind, type) and not typing.is_typeddict(kind) and isinstance(value, kind)


def _refusals(node: Record, error: Exception, given: Any, path: Path, *, secret: bool) -> list[Misfit]:
    if callable(getattr(error, "errors", None)):  # a pydantic data class
        return _foreign_problems(node.name, error, given, path, secret=secret, known=frozenset(node.fields))
    # attrs' own validators name the attribute among the arguments of what they raise.
    names = [each.name for each in error.args if isinstance(each, attrs.Attribute)]
    text = str(error.args[0] if names else error).partition("\n")[0]
    return [Rejected((*path, *names[:1]), secret, node.name, type(error).__name__, text)]


def _foreign_problems(
    name: str, error: Any, value: Any, path: Path, *, secret: bool, known: frozenset[str]
) -> list[Misfit]:
    """Return the problems that pydantic found: people see their codes, as its words may hold the value."""
    return [
        Rejected((*path, *_steps(each["loc"], value, known)), secret, name, each["type"], each["msg"])
        for each in error.errors()
    ]


def _steps(loc: tuple[Any, ...], value: Any, known: frozenset[str]) -> list[str | int | Key]:
    """Return pydantic's path as ours: without the names of a union's arms, and with an author's keys told apart."""
    steps: list[str | int | Key] = []
    for step in loc:
        if isinstance(step, int) and isinstance(value, (list, tuple)):
            steps.append(step)
            value = value[step] if step < len(value) else None
        elif step in known:
            steps.append(step)
            value = value.get(step) if isinstance(value, dict) else None
        elif isinstance(value, dict) and step in value:
            steps.append(Key(str(step), list(value).index(step) + 1))
            value = value[step]
    return steps


def _keys_of(node: Foreign) -> frozenset[str]:
    """Return every key that a foreign class has a field for, at any depth."""
    found: set[str] = set()
    pending: list[Any] = [node.kind.model_json_schema()]
    while pending:
        schema = pending.pop()
        if isinstance(schema, dict):
            properties = schema.get("properties")
            found |= set(properties) if isinstance(properties, dict) else set()
            pending += schema.values()
        elif isinstance(schema, list):
            pending += schema
    return frozenset(found)
