"""What a model may do with tools: which ones, with which arguments, towards which domains."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NoReturn

from beluga._values.texts import Reading
from beluga.guards._arguments import check_of
from beluga.guards._urls import hosts_of, schemes_of, trouble_in
from beluga.guards.base import GuardResult

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

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
            tool: check_of(rules, f"the schema of {tool!r}") for tool, rules in self.schemas.items()
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
            problem = (check(values) if check is not None else "") or self._bad_string(values)
        except RecursionError:
            problem = "the arguments are nested too deeply"
        return self._block(f"tool {name!r}: {problem}") if problem else GuardResult(allowed=True, guard=self.name)

    def _bad_string(self, arguments: dict[str, Any]) -> str:
        reading = Reading(arguments, role="tool")
        for unread in reading.unread:
            return f"argument {unread.path} cannot be looked into: {unread.why}"
        for text in reading.texts:
            problem = self._foreign_domain(text.value, f"argument {text.path}")
            if problem:
                return problem
            for guard in self.arguments:
                result = guard.validate(text.value, role="tool")
                if not result.allowed:
                    return f"argument {text.path} was blocked by {guard.name}: {result.reason}"
        return ""

    def _foreign_domain(self, text: str, where: str) -> str:
        if self.domains is None:
            return ""
        trouble = trouble_in(text, self.domains, self.schemes)
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
