"""Chat models as plain objects with ``generate`` and ``stream``, and a fake one that plays a script.

A model comes undecorated: retry, breaker, budget and the rest are composed around the function that calls it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from beluga._lazy import facade

if TYPE_CHECKING:
    from beluga.llm.base import Collector, Model, collect
    from beluga.llm.fake import FakeProvider, Reply, Request, Rule, ScriptExhausted, faults, tool_call
    from beluga.llm.middleware import Hooks, Middleware, ModelCall, ModelWrapper, apply_middleware
    from beluga.llm.registry import new, providers, register

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

_ROOMS = {
    "llm.base": "Collector Model collect",
    "llm.fake": "FakeProvider Reply Request Rule ScriptExhausted faults tool_call",
    "llm.middleware": "Hooks Middleware ModelCall ModelWrapper apply_middleware",
    "llm.registry": "new providers register",
}

if not TYPE_CHECKING:
    __getattr__, __dir__ = facade(__name__, _ROOMS)
