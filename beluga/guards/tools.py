"""What a model may do with tools: which ones, with which arguments, towards which domains.

Arguments are checked by a JSON schema in full, with the library jsonschema, or by a Python type.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, NoReturn

from beluga._types.annotations import read_function, read_type
from beluga._types.classes import is_record
from beluga._types.fit import fit
from beluga._types.problems import for_people, nearest
from beluga._types.scalars import format_checks, is_finite
from beluga._values.texts import Reading
from beluga.guards._redos import check_linear
from beluga.guards._urls import called, hosts_of, schemes_of, trouble_in, trouble_without_scheme
from beluga.guards.base import GuardResult
from beluga.schema import Tool

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from beluga._types.tree import TypeNode
    from beluga.guards.base import Guard

__all__ = ["ToolGuard"]


class ToolGuard:
    """Lets a tool call through when its name, its arguments and the domains in them are allowed.

    Args:
        allow: The names of the tools that may be called; None allows all, an empty collection none.
        schemas: For each tool, by its name, what its arguments have to be: a JSON schema, which the extra
            ``jsonschema`` checks in full, and the word ``forbidden`` for names that must not occur; a `Tool` or a tool
            of MCP; a function; a pydantic model, an attrs or data class. Functions and Tools may also be given in a
            list, as they know their names.
        domains: The hosts that URLs in arguments may name, each with its subdomains; None allows all. A URL that two
            parsers could read in different ways is refused, also one inside of another or percent-encoded, and so is
            an address by number that is not listed.
        schemes: The schemes that such URLs may have, if `domains` are given.
        arguments: Guards that every string in the arguments goes through, however deeply nested, keys too.

    Raises:
        ImportError: A JSON schema is given without the extra ``jsonschema``.
        TypeError: `allow` or `domains` is one string instead of several, or a schema is nothing of the above.
        ValueError: A schema is not valid, misspells a keyword, refers to what is not in it, or has a pattern that can
            take exponential time.

    Example:
        >>> guard = ToolGuard(["search"], domains=["example.com"])
        >>> guard.validate_tool("delete_all", {}).reason
        "tool 'delete_all' is not allowed"
        >>> guard.validate_tool("search", {"url": "https://evil.test/x"}).reason
        "tool 'search': argument url names the domain 'evil.test', which is not allowed"
    """

    name = "tool_guard"

    def __init__(
        self,
        allow: Iterable[str] | None = None,
        *,
        schemas: Mapping[str, Any] | Iterable[Any] | None = None,
        domains: Iterable[str] | None = None,
        schemes: Iterable[str] = ("https",),
        arguments: Iterable[Guard] = (),
    ) -> None:
        if isinstance(allow, str):
            message = f"allow must be several names, not one string; write allow=[{allow!r}]"
            raise TypeError(message)
        self.allow: frozenset[str] | None = None if allow is None else frozenset(allow)
        self.schemas: dict[str, Any] = _by_name(schemas or {})
        self.domains: tuple[str, ...] | None = None if domains is None else hosts_of(domains, "domains")
        self.schemes: frozenset[str] = schemes_of(schemes)
        self.arguments: tuple[Guard, ...] = tuple(arguments)
        self._checks: dict[str, Callable[[dict[str, Any]], str]] = {
            tool: _check_of(rules, f"the schema of {tool!r}") for tool, rules in self.schemas.items()
        }

    def validate(self, content: str, *, role: str = "tool") -> GuardResult:
        """Judge one string argument of a tool whose name is not known: domains and argument guards only."""
        problem = self._foreign_domain(content, "content")
        if problem:
            return GuardResult(allowed=False, reason=problem, guard=self.name)
        for guard in self.arguments:
            result = guard.validate(content, role=role)
            if not result.allowed:
                return result
        return GuardResult(allowed=True, guard=self.name)

    def validate_tool(self, name: str, arguments: Mapping[str, Any] | str) -> GuardResult:
        """Judge a call of the tool `name`; arguments as a mapping, or as the JSON of one.

        The reason names the argument and the rule, never the value.
        """
        if self.allow is not None and name not in self.allow:
            return self._block(f"tool {name!r} is not allowed")
        if isinstance(arguments, str):
            try:
                arguments = json.loads(arguments, parse_constant=_no_number)
            except (ValueError, RecursionError):
                return self._block(f"tool {name!r}: the arguments are not valid JSON")
        given: Any = arguments
        if not hasattr(given, "items"):
            return self._block(f"tool {name!r}: the arguments are no object")
        values = dict(given.items())
        try:
            check = self._checks.get(name)
            problem = (check(values) if check is not None else "") or self._bad_string(name, values)
        except RecursionError:
            problem = "the arguments are nested too deeply"
        return self._block(f"tool {name!r}: {problem}") if problem else GuardResult(allowed=True, guard=self.name)

    def _bad_string(self, tool: str, arguments: dict[str, Any]) -> str:
        reading = Reading(arguments, role="tool")
        for unread in reading.unread:
            return f"argument {unread.path} cannot be looked into: {unread.why}"
        for text in reading.texts:
            name = "" if text.kind == "key" else called(text.path)
            problem = self._foreign_domain(text.value, f"argument {text.path}", name, declared=tool in self.schemas)
            if problem:
                return problem
            for guard in self.arguments:
                result = guard.validate(text.value, role="tool")
                if not result.allowed:
                    return f"argument {text.path} was blocked by {guard.name}: {result.reason}"
        return ""

    def _foreign_domain(self, text: str, where: str, name: str = "", *, declared: bool = False) -> str:
        if self.domains is None:
            return ""
        rules = self.domains, self.schemes
        trouble = trouble_in(text, *rules) or trouble_without_scheme(text, *rules, name, declared=declared)
        return f"{where} {trouble}, which is not allowed" if trouble else ""

    def _block(self, reason: str) -> GuardResult:
        return GuardResult(allowed=False, reason=reason, guard=self.name)


def _by_name(schemas: Mapping[str, Any] | Iterable[Any]) -> dict[str, Any]:
    """Return the rules of each tool by its name, which functions and Tools know themselves."""
    if isinstance(schemas, Mapping):
        return dict(schemas)
    if callable(schemas) or isinstance(schemas, str) or hasattr(schemas, "parameters"):
        schemas = [schemas]
    found = {}
    for each in schemas:
        name = getattr(each, "name", None) or getattr(each, "__name__", None)
        if not isinstance(name, str):
            message = f"schemas: {type(each).__name__} has no name; write schemas={{name: ...}}"
            raise TypeError(message)
        found[name] = each
    return found


def _no_number(_: str) -> NoReturn:
    message = "NaN and Infinity are not JSON"
    raise ValueError(message)


# Arguments.


def _check_of(rules: Any, where: str) -> Callable[[dict[str, Any]], str]:
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
