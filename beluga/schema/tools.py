"""What a model is told about a tool that it may call."""

from __future__ import annotations

import re
from typing import Any

import attrs

from beluga.schema.parts import as_dict, is_str

__all__ = ["Tool"]

_TOOL_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


@attrs.frozen
class Tool:
    """A tool that a model may call.

    Args:
        name: Up to 64 letters, digits, ``_`` and ``-``, as the providers ask.
        description: What it does and when to use it, for the model.
        parameters: The JSON schema of its arguments; by default it takes none.

    Raises:
        ValueError: When the name would be refused by the providers.
    """

    name: str = attrs.field(validator=is_str)
    description: str = attrs.field(default="", validator=is_str)
    parameters: dict[str, Any] = attrs.field(
        factory=lambda: {"type": "object", "properties": {}}, converter=as_dict, hash=False
    )

    def __attrs_post_init__(self) -> None:
        if not _TOOL_NAME.fullmatch(self.name):
            msg = f"a tool's name is 1 to 64 letters, digits, '_' or '-', not {self.name!r}"
            raise ValueError(msg)
