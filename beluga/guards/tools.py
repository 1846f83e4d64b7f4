"""What a model may do with tools: which ones, with which arguments, towards which domains."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import urlsplit

from beluga.guards._arguments import check_of
from beluga.guards._normalization import normalise
from beluga.guards.base import GuardResult

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from beluga.guards.base import Guard

__all__ = ["ToolGuard"]

_URL = re.compile(r"(?i)\b(?:https?|ftps?|wss?):[\\/]{2,}[^\s\"'<>`]{1,2048}")
_DEEPEST = 32


class ToolGuard:
    """Lets a tool call through when its name, its arguments and the domains in them are allowed.

    Args:
        allow: The names of the tools that may be called; None allows all, an empty collection none.
        schemas: For each tool, by its name, what its arguments have to be: a JSON schema, which the extra
            ``jsonschema`` checks in full, and the word ``forbidden`` for names that must not occur; a `Tool` or a tool
            of MCP; a function; a pydantic model, an attrs or data class. Functions and Tools may also be given in a
            list, as they know their names.
        domains: The hosts that URLs in arguments may name, each with its subdomains; None allows all.
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
        arguments: Iterable[Guard] = (),
    ) -> None:
        for what, value in (("allow", allow), ("domains", domains)):
            if isinstance(value, str):
                message = f"{what} must be several names, not one string; write {what}=[{value!r}]"
                raise TypeError(message)
        self.allow: frozenset[str] | None = None if allow is None else frozenset(allow)
        self.schemas: dict[str, Any] = _by_name(schemas or {})
        self.domains: tuple[str, ...] | None = (
            None if domains is None else tuple(domain.lower().strip(".") for domain in domains)
        )
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
