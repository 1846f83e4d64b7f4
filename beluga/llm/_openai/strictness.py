"""Which JSON schemas OpenAI can hold a model to.

Source: OpenAI's guide to structured outputs, "Supported schemas", and what the API refuses besides, as of 2026-08.
"""

from __future__ import annotations

from typing import Any, Final

__all__ = ["is_strict"]

_REFUSED: Final = frozenset(
    {"allOf", "oneOf", "not", "if", "then", "else", "dependentRequired", "dependentSchemas", "patternProperties"}
    | {"prefixItems", "uniqueItems"}
)


def is_strict(schema: Any) -> bool:
    """Say whether the API can hold a model to `schema`; with any other it only wishes for it.

    Then every object takes exactly its properties, every value has a type, and no keyword is one that is refused.

    Example:
        >>> is_strict({"type": "array", "items": {"type": "integer"}}), is_strict({"type": "array", "items": {}})
        (True, False)
    """
    if not isinstance(schema, dict) or not schema or not _REFUSED.isdisjoint(schema):
        return False
    if schema.get("type") == "object" or "properties" in schema:
        names = set(schema.get("properties", ()))
        if schema.get("additionalProperties") is not False or names != set(schema.get("required", ())):
            return False
    if schema.get("type") == "array" and "items" not in schema:
        return False
    inner = [*schema.get("anyOf", ()), *([schema["items"]] if "items" in schema else ())]
    inner += [each for table in ("properties", "$defs") for each in schema.get(table, {}).values()]
    return all(map(is_strict, inner))
