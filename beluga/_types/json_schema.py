"""The JSON schema of a type, as providers want it for tools and for structured output.

Descriptions come from ``Annotated[..., "text"]``, from a field's ``metadata={"description": ...}``, or from the
docstring.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import attrs

from beluga._types.annotations import read_type
from beluga._types.problems import quote
from beluga._types.tree import (
    NULL,
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
    arms,
    takes_null,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from beluga._types.tree import Bounds

__all__ = ["describe", "json_schema"]

Schema = dict[str, Any]

_REFERENCE: Final = "#/$defs/"


def json_schema(kind: Any) -> Schema:
    """Return the JSON schema of a Python type.

    Records become objects without further properties, whose ``required`` are the fields without a default. A
    record that contains itself becomes a ``$ref``, all others stand where they are used.

    Args:
        kind: A class or annotation.

    Raises:
        TypeError: When it is, or contains, a type that JSON has no form for; the message has its place.

    Example:
        >>> import attrs
        >>> @attrs.frozen
        ... class City:
        ...     "A city."
        ...
        ...     name: str
        ...     people: int | None = None
        >>> schema = json_schema(City)
        >>> schema["properties"]["people"]
        {'anyOf': [{'type': 'integer'}, {'type': 'null'}]}
        >>> schema["required"], schema["description"]
        (['name'], 'A city.')

    Source: JSON Schema, draft 2020-12.
    """
    return describe(read_type(kind))


def describe(node: TypeNode, *, all_required: bool = False) -> Schema:
    """Return the JSON schema of a tree.

    Args:
        node: What `read_type` gave.
        all_required: Require every field, and let null stand for a default, as OpenAI's strict mode wants it.

    Raises:
        TypeError: An Enum in it has values that JSON has no form for.
    """
    return _SchemaWriter(node, all_required=all_required).complete()


class _SchemaWriter:
    """Describes one tree, and collects the definitions to which it refers."""

    def __init__(self, root: TypeNode, *, all_required: bool) -> None:
        self._root = root
        self._all_required = all_required
        self._open: list[Any] = []
        self._names: dict[Any, str] = {}
        self._definitions: dict[str, Schema] = {}
        self._foreigners: dict[Any, Schema] = {}

    def complete(self) -> Schema:
        schema = self._schema(self._root)
        # Providers want an object at the top, and pydantic refers to one that contains itself.
        name = str(schema.get("$ref", "")).removeprefix(_REFERENCE)
        schema = {**schema, **self._definitions[name]} if name in self._definitions else schema
        if name:
            schema.pop("$ref", None)
        return {**schema, "$defs": self._definitions} if self._definitions else schema

    def _schema(self, node: TypeNode, description: str = "") -> Schema:
        schema = _WRITERS[type(node)](self, node)
        text = node.description or description
        # OpenAI refuses a $ref that has neighbours.
        return {**schema, "description": text} if text and "$ref" not in schema else schema

    def anything(self, _: Anything) -> Schema:
        return {}

    def scalar(self, node: Scalar) -> Schema:
        schema = dict(node.type.schema)
        sizes = ("minLength", "maxLength") if node.type.kind is str else ()
        if "anyOf" in schema:  # a number, or a text of one
            return {"anyOf": [{**each, **_bounds(node.bounds, each)} for each in schema["anyOf"]]}
        return {**schema, **_bounds(node.bounds, schema, *sizes)}

    def choice(self, node: Choice) -> Schema:
        kinds = sorted({_type_of(option.written) for option in node.options})
        choice = {"type": kinds[0] if len(kinds) == 1 else kinds, "enum": [option.written for option in node.options]}
        return {**choice, "description": node.doc} if node.doc else choice

    def items(self, node: Items) -> Schema:
        schema: Schema = {"type": "array", "items": self._schema(node.item)}
        unique: Schema = {"uniqueItems": True} if node.is_set else {}
        return {**schema, **unique, **_bounds(node.bounds, schema, "minItems", "maxItems")}

    def row(self, node: Row) -> Schema:
        """Describe so many items one by one.

        OpenAI refuses every array without ``items``, and in strict mode ``prefixItems``; where all are the same, nobody
        needs those, and elsewhere ``items`` says nothing new, as there is no item after the last.
        """
        items = [self._schema(item) for item in node.items]
        different = [each for place, each in enumerate(items) if each not in items[:place]]
        if len(different) < 2:  # noqa: PLR2004 - all are the same
            places: Schema = {"items": different[0] if different else {}}
        else:
            places = {"prefixItems": items, "items": {"anyOf": different}}
        return {"type": "array", **places, "minItems": len(items), "maxItems": len(items)}

    def table(self, node: Table) -> Schema:
        schema: Schema = {"type": "object", "additionalProperties": self._schema(node.item)}
        if node.key is not None:
            schema["propertyNames"] = self._schema(node.key)
        return {**schema, **_bounds(node.bounds, schema, "minProperties", "maxProperties")}

    def one_of(self, node: OneOf) -> Schema:
        return {"anyOf": [self._schema(arm) for arm in node.arms]}

    def record(self, node: Record) -> Schema:
        kind = node.kind
        if kind in self._open and isinstance(self._root, Record) and kind is self._root.kind:
            return {"$ref": "#"}
        if kind in self._open and kind not in self._names:
            self._names[kind] = self._free(node.name)
        if kind not in self._names:
            self._open.append(kind)
            schema = self._object(node)
            self._open.pop()
            if kind not in self._names:
                return schema
            self._definitions[self._names[kind]] = schema
        return {"$ref": f"{_REFERENCE}{self._names[kind]}"}

    def _object(self, node: Record) -> Schema:
        fields = node.fields
        schema = {
            "type": "object",
            "properties": {key: self._field(field) for key, field in fields.items()},
            "required": [key for key, field in fields.items() if field.required or self._all_required],
            "additionalProperties": False,
        }
        return {**schema, "description": node.doc} if node.doc else schema

    def _field(self, field: Field) -> Schema:
        if field.required or not self._all_required or takes_null(field.node):
            return self._schema(field.node, field.description)
        text = field.node.description or field.description
        nullable = OneOf((*arms(attrs.evolve(field.node, description="")), NULL), description=text)
        return self._schema(nullable)

    def foreign(self, node: Foreign) -> Schema:
        """Take over what a class says of itself; its definitions move to the top, where its references look."""
        if node.kind not in self._foreigners:
            schema: Schema = node.kind.model_json_schema()
            definitions: Schema = schema.pop("$defs", {})
            renamed: dict[str, str] = {}
            for name in definitions:
                renamed[name] = self._free(name)
                self._definitions[renamed[name]] = {}
            self._definitions |= {renamed[name]: _referring(each, renamed) for name, each in definitions.items()}
            self._foreigners[node.kind] = _referring(schema, renamed)
        return self._foreigners[node.kind]

    def _free(self, name: str) -> str:
        """Return `name` as a definition may be called, numbered where it is taken."""
        name = re.sub(r"\W+", "_", name).strip("_")
        used = {*self._names.values(), *self._definitions}
        numbered = (f"{name}_{number}" for number in range(2, len(used) + 2))
        return name if name not in used else next(each for each in numbered if each not in used)


_WRITERS: Final[Mapping[type[TypeNode], Callable[[_SchemaWriter, Any], Schema]]] = {
    Anything: _SchemaWriter.anything,
    Scalar: _SchemaWriter.scalar,
    Choice: _SchemaWriter.choice,
    Items: _SchemaWriter.items,
    Row: _SchemaWriter.row,
    Table: _SchemaWriter.table,
    OneOf: _SchemaWriter.one_of,
    Record: _SchemaWriter.record,
    Foreign: _SchemaWriter.foreign,
}


def _bounds(bounds: Bounds, schema: Mapping[str, Any], shortest: str = "", longest: str = "") -> Schema:
    """Return the keywords for `bounds`; those of dates and of base64's bytes have none."""
    said: Iterable[tuple[str, Any]] = ()
    if schema.get("type") in {"integer", "number"}:
        said = (
            ("minimum", bounds.least),
            ("maximum", bounds.most),
            ("exclusiveMinimum", bounds.above),
            ("exclusiveMaximum", bounds.below),
            ("multipleOf", bounds.multiple_of),
        )
    elif shortest:
        said = ((shortest, bounds.shortest), (longest, bounds.longest), ("pattern", bounds.pattern))
    return {name: _plain(value) for name, value in said if value is not None}


def _plain(bound: Any) -> Any:
    """Return a bound as JSON has it: of a Decimal, a float."""
    return bound if isinstance(bound, (int, float, str)) else float(bound)


_TYPES: Final = {str: "string", bool: "boolean", int: "integer", float: "number", type(None): "null"}


def _type_of(written: Any) -> str:
    try:
        return _TYPES[type(written)]
    except KeyError:
        message = f"a choice has the value {quote(str(written))} of type {type(written).__name__}, which is not JSON's"
        raise TypeError(message) from None


def _referring(schema: Any, renamed: Mapping[str, str]) -> Any:
    """Return `schema` with its references to renamed definitions put right."""
    if isinstance(schema, list):
        return [_referring(each, renamed) for each in schema]
    if isinstance(schema, dict):
        return {key: _referring(value, renamed) for key, value in schema.items()}
    # A discriminator refers too, by plain values.
    if (
        isinstance(schema, str)
        and schema.startswith(_REFERENCE)
        and (name := schema.removeprefix(_REFERENCE)) in renamed
    ):
        return f"{_REFERENCE}{renamed[name]}"
    return schema
