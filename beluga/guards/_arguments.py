"""Check a tool's arguments: by a JSON schema in full, with the library jsonschema, or by a Python type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from beluga._types.annotations import read_function, read_type
from beluga._types.classes import is_record
from beluga._types.fit import fit
from beluga._types.problems import for_people, nearest
from beluga._types.scalars import format_checks, is_finite
from beluga.guards._redos import check_linear
from beluga.schema import Tool

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from beluga._types.tree import TypeNode

__all__ = ["check_of"]


def check_of(rules: Any, where: str) -> Callable[[dict[str, Any]], str]:
    """Return a function that says which rule arguments break, or nothing; never with a word of them.

    Args:
        rules: A JSON schema, a `Tool` or an MCP tool, a function, a pydantic model, or a class with declared fields.
        where: What messages call it.

    Raises:
        ImportError: A JSON schema needs jsonschema, which is not installed.
        TypeError: `rules` are nothing of that, or a parameter's type has no form in JSON.
        ValueError: The schema is not a valid one.
    """
    schema = _schema_in(rules)
    if schema is not None:
        return _by_schema(schema, where)
    if is_record(rules) or hasattr(rules, "model_json_schema"):
        return _by_type(read_type(rules))
    if callable(rules) and not isinstance(rules, type):
        return _by_type(read_function(rules))
    message = (
        f"{where} is a JSON schema, a Tool, a function, a pydantic model, or an attrs or data class, not "
        f"{type(rules).__name__}"
    )
    raise TypeError(message)


def _schema_in(rules: Any) -> Mapping[str, Any] | None:
    """Return the JSON schema that `rules` are, or that a tool of ours, MCP's, Anthropic's or OpenAI's has."""
    if isinstance(rules, Tool):
        return rules.parameters
    if not isinstance(rules, Mapping):
        schema = getattr(rules, "inputSchema", None)
        return schema if isinstance(schema, Mapping) else None
    function = rules.get("function")
    inner = function.get("parameters") if isinstance(function, Mapping) else None
    for schema in (inner, rules.get("inputSchema"), rules.get("input_schema")):
        if isinstance(schema, Mapping):
            return schema
    return rules


def _by_type(node: TypeNode) -> Callable[[dict[str, Any]], str]:
    def check(arguments: dict[str, Any]) -> str:
        _, problems = fit(node, arguments)
        return (
            f"argument {for_people(problems[0])}".replace("argument the answer:", "the arguments:") if problems else ""
        )

    return check


def _by_schema(schema: Mapping[str, Any], where: str) -> Callable[[dict[str, Any]], str]:
    try:
        from jsonschema.exceptions import best_match
    except ImportError:
        message = f'{where} needs jsonschema to be checked: pip install "beluga-ai[jsonschema]"'
        raise ImportError(message) from None

    validator = _validator(schema, where)

    def check(arguments: dict[str, Any]) -> str:
        error = best_match(validator.iter_errors(arguments))
        return "" if error is None else _violation(error)

    try:
        check({})
    except RecursionError:
        message = f"{where} refers to itself without end"
        raise ValueError(message) from None
    return check


def _validator(schema: Mapping[str, Any], where: str) -> Any:
    """Return what checks by `schema`, once everything that it says is understood.

    Raises:
        ValueError: It is not a schema, has a misspelt keyword, a reference that leads nowhere, or a pattern that could
            take exponential time.
    """
    import jsonschema
    from jsonschema import validators
    from referencing import Registry

    kind: Any = validators.validator_for(schema, default=jsonschema.Draft202012Validator)
    try:
        kind.check_schema(schema)
    except jsonschema.SchemaError as error:
        place = f", {error.json_path}" if error.path else ""
        message = f"{where}{place} is not valid: {error.message}"
        raise ValueError(message) from None
    _check_words(schema, where, frozenset(kind.VALIDATORS) | _ANNOTATIONS)
    checker = jsonschema.FormatChecker(formats=())
    checker.checkers = {
        **kind.FORMAT_CHECKER.checkers,
        **{name: (is_of, ()) for name, is_of in format_checks().items()},
    }
    types = kind.TYPE_CHECKER.redefine_many(
        {
            "array": lambda _, value: isinstance(value, (list, tuple)),
            "object": lambda _, value: isinstance(value, Mapping),
            "number": lambda _, value: is_finite(value),
        }
    )
    extend: Any = validators.extend  # it has no annotations
    extended = extend(kind, {"forbidden": _forbidden}, type_checker=types)
    # Its own registry, since the default one would fetch a foreign reference from the network.
    validator = extended(schema, registry=Registry(), format_checker=checker)
    _check_references(schema, where)
    return validator


def _forbidden(validator: Any, names: Any, instance: Any, schema: Any) -> Iterator[Any]:  # noqa: ARG001 - jsonschema's contract
    from jsonschema import ValidationError

    found = [name for name in names if isinstance(instance, Mapping) and name in instance]
    if found:
        yield ValidationError(f"contain forbidden fields: [{', '.join(found)}]")


# What a schema says

_ANNOTATIONS: Final = frozenset(
    "$schema $id $anchor $dynamicAnchor $defs $comment $vocabulary $recursiveAnchor id definitions title description "
    "default example examples deprecated readOnly writeOnly contentEncoding contentMediaType contentSchema then else "
    "minContains maxContains nullable discriminator forbidden enumNames".split()
)
"""Keywords that say something to somebody else, or to the keyword beside them."""

_NAMED: Final = frozenset("properties patternProperties $defs definitions dependentSchemas dependencies".split())
_LISTED: Final = frozenset("allOf anyOf oneOf prefixItems items".split())
_SINGLE: Final = frozenset(
    "items additionalProperties additionalItems not if then else contains propertyNames unevaluatedProperties "
    "unevaluatedItems".split()
)


def _schemas(schema: Any) -> Iterator[Mapping[str, Any]]:
    """Yield a schema and all that it contains."""
    pending = [schema]
    while pending:
        schema = pending.pop()
        if not isinstance(schema, Mapping):
            continue
        yield schema
        for word, inner in schema.items():
            if word in _NAMED and isinstance(inner, Mapping):
                pending += inner.values()
            elif word in _LISTED and isinstance(inner, (list, tuple)):
                pending += inner
            elif word in _SINGLE:
                pending.append(inner)


def _check_words(schema: Mapping[str, Any], where: str, known: frozenset[str]) -> None:
    """Refuse a keyword that is nearly one, as it would silently not be checked, and patterns that may hang."""
    if schema and known.isdisjoint(schema):
        message = f"{where} has no keyword of JSON Schema, so nothing would be checked; its fields belong in properties"
        raise ValueError(message)
    for each in _schemas(schema):
        for word in each:
            meant = "" if word in known or word.startswith("x-") else nearest(word, known)
            if meant:
                message = f"{where} has the keyword {word!r}, which would not be checked; did you mean {meant}?"
                raise ValueError(message)
        for pattern in (each.get("pattern"), *each.get("patternProperties", ())):
            if isinstance(pattern, str):
                check_linear(pattern, name=f"a pattern of {where}")


def _check_references(schema: Mapping[str, Any], where: str) -> None:
    from referencing import Registry
    from referencing.exceptions import Unresolvable
    from referencing.jsonschema import DRAFT202012

    root = DRAFT202012.create_resource(schema)
    resolver = Registry().with_resource(root.id() or "", root).resolver(root.id() or "")
    for each in _schemas(schema):
        reference = each.get("$ref", each.get("$dynamicRef"))
        if isinstance(reference, str):
            try:
                resolver.lookup(reference)
            except Unresolvable:
                message = f"{where} refers to {reference!r}, which is not in it; nothing is fetched"
                raise ValueError(message) from None


# What arguments break

_WORDS: Final[Mapping[str, str]] = {
    "enum": "is none of the allowed values",
    "const": "is not the one allowed value",
    "pattern": "does not match its pattern",
    "minimum": "is out of range",
    "maximum": "is out of range",
    "exclusiveMinimum": "is out of range",
    "exclusiveMaximum": "is out of range",
    "uniqueItems": "has an item twice",
    "anyOf": "must fit one of its alternatives",
    "oneOf": "must fit exactly one of its alternatives",
    "format": "is not of the format {rule}",
    "multipleOf": "is not a multiple of {rule}",
    "minLength": "has {size} characters, which is out of range",
    "maxLength": "has {size} characters, which is out of range",
    "minItems": "has {size} items, the least is {rule}",
    "maxItems": "has {size} items, the most is {rule}",
    "minProperties": "have {size} fields, minimum is {rule}",
    "maxProperties": "have {size} fields, maximum is {rule}",
}


def _violation(error: Any) -> str:
    """Return what is wrong in words of the schema; jsonschema's own would quote the arguments."""
    steps = list(error.absolute_path)
    path = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps).lstrip(".")
    where = f"argument {path}" if path else "the arguments"
    value, rule, word = error.instance, error.validator_value, error.validator
    match word:
        case "type":
            names = rule if isinstance(rule, str) else " or ".join(rule)
            return f"{where} must be {names}, not {type(value).__name__}"
        case "required":
            missing = ", ".join(name for name in rule if name not in value)
            return f"{where} lack required fields: [{missing}]"
        case "forbidden":
            return f"{where} {error.message}"
        case "additionalProperties" | "unevaluatedProperties":
            known = error.schema.get("properties", {})
            unknown = next((name for name in value if name not in known), "")
            return f"argument {path}.{unknown} is unknown" if path else f"argument {unknown} is unknown"
        case _:
            size = len(value) if hasattr(value, "__len__") else 0
            return f"{where} {_WORDS.get(word, f'must keep to the rule {word}').format(rule=rule, size=size)}"
