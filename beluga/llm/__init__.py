"""Chat models as plain objects with ``generate`` and ``stream``, and a fake one that plays a script.

A model comes undecorated: retry, breaker, budget and the rest are composed around the function that calls it.
"""

from __future__ import annotations

from beluga.llm.fake import FakeProvider, Reply, Request, Rule, ScriptExhausted, faults, tool_call

__all__ = ["FakeProvider", "Reply", "Request", "Rule", "ScriptExhausted", "faults", "tool_call"]
