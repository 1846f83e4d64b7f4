"""What a model may do with tools: which ones, with which arguments, towards which domains."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from beluga.guards._text.normalization import normalise
from beluga.guards.base import GuardResult

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from beluga.guards.base import Guard

__all__ = ["ToolGuard"]

_URL = re.compile(r"(?i)\b(?:https?|ftps?|wss?):[\\/]{2,}[^\s\"'<>`]{1,2048}")
_DEEPEST = 32
_TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "array": (list, tuple),
    "object": dict,
    "null": type(None),
}


class ToolGuard:
    """Lets a tool call through when its name, its arguments and the domains in them are allowed.

    Args:
        allow: The names of the tools that may be called; None allows all, an empty collection none.
        schemas: For each tool the JSON schema of its arguments. Understood are ``type``, ``properties``,
            ``required``, ``additionalProperties``, ``items``, ``enum``, ``const``, ``pattern``, ``minimum``,
            ``maximum``, ``minLength``, ``maxLength``, ``maxItems``, ``maxProperties`` and, for names that
            must not occur, ``forbidden``.
        domains: The hosts that URLs in arguments may name, each with its subdomains; None allows all.
        arguments: Guards that every string in the arguments goes through, however deeply nested, keys too.

    Raises:
        TypeError: `allow` or `domains` is one string instead of several.
        ValueError: A schema uses a keyword that is not understood: it would silently not be checked.

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
        schemas: Mapping[str, Mapping[str, Any]] | None = None,
        domains: Iterable[str] | None = None,
        arguments: Iterable[Guard] = (),
    ) -> None:
        for what, value in (("allow", allow), ("domains", domains)):
            if isinstance(value, str):
                msg = f"{what} must be several names, not one string; write {what}=[{value!r}]"
                raise TypeError(msg)
        self.allow: frozenset[str] | None = None if allow is None else frozenset(allow)
        self.schemas: dict[str, Mapping[str, Any]] = dict(schemas or {})
        self.domains: tuple[str, ...] | None = (
            None if domains is None else tuple(domain.lower().strip(".") for domain in domains)
        )
        self.arguments: tuple[Guard, ...] = tuple(arguments)
        for tool, schema in self.schemas.items():
            _understood(schema, f"the schema of {tool!r}")

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
                arguments = json.loads(arguments)
            except (ValueError, RecursionError):
                return self._block(f"tool {name!r}: the arguments are not valid JSON")
        given: Any = arguments
        if not hasattr(given, "items"):
            return self._block(f"tool {name!r}: the arguments are no object")
        values = dict(given.items())
        try:
            problem = _violation(values, self.schemas.get(name, {}), "") or self._bad_string(values)
        except RecursionError:
            problem = "the arguments are nested too deeply"
        return self._block(f"tool {name!r}: {problem}") if problem else GuardResult(allowed=True, guard=self.name)

    def _bad_string(self, arguments: dict[str, Any]) -> str:
        for path, text in _strings(arguments, "", 0):
            problem = self._foreign_domain(text, f"argument {path}")
            if problem:
                return problem
            for guard in self.arguments:
                result = guard.validate(text, role="tool")
                if not result.allowed:
                    return f"argument {path} was blocked by {guard.name}: {result.reason}"
        return ""

    def _foreign_domain(self, text: str, where: str) -> str:
        if self.domains is None:
            return ""
        for match in _URL.finditer(normalise(text).text):
            host = _host(match[0])
            if not any(host == domain or host.endswith("." + domain) for domain in self.domains):
                return f"{where} names the domain {host!r}, which is not allowed"
        return ""

    def _block(self, reason: str) -> GuardResult:
        return GuardResult(allowed=False, reason=reason, guard=self.name)


def _host(url: str) -> str:
    """Return the host that a browser would go to, which takes a backslash for a slash."""
    scheme, _, rest = url.replace("\\", "/").partition(":")
    try:
        return (urlsplit(f"{scheme}://{rest.lstrip('/')}").hostname or "").rstrip(".")
    except ValueError:
        return ""


def _strings(value: Any, path: str, depth: int) -> Iterator[tuple[str, str]]:
    if depth > _DEEPEST:
        raise RecursionError
    if isinstance(value, str):
        yield path or "content", value
    elif isinstance(value, dict):
        for key, inner in value.items():
            if isinstance(key, str):
                yield f"{path}.(key)" if path else "(key)", key
            yield from _strings(inner, f"{path}.{key}" if path else str(key), depth + 1)
    elif isinstance(value, list | tuple | set | frozenset):
        for index, inner in enumerate(value):
            yield from _strings(inner, f"{path}[{index}]", depth + 1)


_KEYWORDS = frozenset(
    "type properties required additionalProperties items enum const pattern minimum maximum minLength"
    " maxLength"
    " maxItems maxProperties forbidden title description default examples $schema $id format".split()
)


def _understood(schema: Mapping[str, Any], where: str) -> None:
    unknown = sorted(set(schema) - _KEYWORDS)
    if unknown:
        msg = f"{where} uses {', '.join(unknown)}, which would not be checked; leave it out"
        raise ValueError(msg)
    if "pattern" in schema:
        re.compile(schema["pattern"])
    for name, inner in schema.get("properties", {}).items():
        _understood(inner, f"{where}, property {name!r}")
    for name in ("items", "additionalProperties"):
        if isinstance(schema.get(name), dict):
            _understood(schema[name], f"{where}, {name}")


def _violation(value: Any, schema: Mapping[str, Any], path: str) -> str:  # noqa: PLR0911 - one line a keyword
    """Say which rule `value` breaks, or nothing."""
    where = f"argument {path}" if path else "the arguments"
    wanted = schema.get("type")
    if wanted is not None and not _is_type(value, wanted):
        names = wanted if isinstance(wanted, str) else " or ".join(wanted)
        return f"{where} must be {names}, not {type(value).__name__}"
    if "enum" in schema and value not in schema["enum"]:
        return f"{where} is none of the allowed values"
    if "const" in schema and value != schema["const"]:
        return f"{where} is not the one allowed value"
    if isinstance(value, str):
        return _string_violation(value, schema, where)
    if isinstance(value, int | float) and not isinstance(value, bool):
        if not schema.get("minimum", value) <= value <= schema.get("maximum", value):
            return f"{where} is out of range"
        return ""
    if isinstance(value, dict):
        return _object_violation(value, schema, path, where)
    if isinstance(value, list | tuple):
        if len(value) > schema.get("maxItems", len(value)):
            return f"{where} has {len(value)} items, the most is {schema['maxItems']}"
        problems = (_violation(item, schema.get("items", {}), f"{path}[{i}]") for i, item in enumerate(value))
        return next(filter(None, problems), "")
    return ""


def _is_type(value: Any, wanted: str | list[str]) -> bool:
    names = [wanted] if isinstance(wanted, str) else wanted
    if isinstance(value, bool):  # in Python a bool is an int, in JSON it is not
        return "boolean" in names
    return any(isinstance(value, _TYPES[name]) for name in names)


def _string_violation(value: str, schema: Mapping[str, Any], where: str) -> str:
    if not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value)):
        return f"{where} has {len(value)} characters, which is out of range"
    if "pattern" in schema and not re.search(schema["pattern"], value):
        return f"{where} does not match its pattern"
    return ""


def _object_violation(value: dict[str, Any], schema: Mapping[str, Any], path: str, where: str) -> str:
    properties = schema.get("properties", {})
    missing = [name for name in schema.get("required", ()) if name not in value]
    if missing:
        return f"{where} lack required fields: {missing}".replace("'", "")
    forbidden = [name for name in schema.get("forbidden", ()) if name in value]
    if forbidden:
        return f"{where} contain forbidden fields: {forbidden}".replace("'", "")
    if len(value) > schema.get("maxProperties", len(value)):
        return f"{where} have {len(value)} fields, maximum is {schema['maxProperties']}"
    others = schema.get("additionalProperties", True)
    for name, inner in value.items():
        below = f"{path}.{name}" if path else str(name)
        if name not in properties and others is False:
            return f"argument {below} is unknown"
        rule = properties.get(name, others if isinstance(others, dict) else {})
        problem = _violation(inner, rule, below)
        if problem:
            return problem
    return ""
