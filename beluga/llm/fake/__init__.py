"""A model provider that answers from a script, called directly, through an HTTP client or over a socket."""

from __future__ import annotations

from beluga._lazy import publish
from beluga.llm.fake import faults
from beluga.llm.fake.provider import FakeProvider
from beluga.llm.fake.script import Rule, ScriptExhausted
from beluga.llm.fake.turns import Reply, Request, tool_call

__all__ = ["FakeProvider", "Reply", "Request", "Rule", "ScriptExhausted", "faults", "tool_call"]

publish(__name__)
