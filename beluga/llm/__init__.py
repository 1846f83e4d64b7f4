"""Chat models as plain objects with ``generate`` and ``stream``, and a fake one that plays a script.

A model comes undecorated: retry, breaker, budget and the rest are composed around the function that calls it.
"""

from __future__ import annotations

from beluga.llm import faults
from beluga.llm.base import Model
from beluga.llm.collecting import Collector, collect
from beluga.llm.fake import FakeProvider
from beluga.llm.hooks import Hooks, ModelCall
from beluga.llm.middleware import Middleware, ModelWrapper, apply_middleware
from beluga.llm.registry import new, providers, register
from beluga.llm.replies import Reply, tool_call
from beluga.llm.request import Request
from beluga.llm.script import Rule, ScriptExhausted

__all__ = [
    "Collector",
    "FakeProvider",
    "Hooks",
    "Middleware",
    "Model",
    "ModelCall",
    "ModelWrapper",
    "Reply",
    "Request",
    "Rule",
    "ScriptExhausted",
    "apply_middleware",
    "collect",
    "faults",
    "new",
    "providers",
    "register",
    "tool_call",
]
