"""Every production concern of an LLM application as one decorator on a plain function.

Names are loaded when they are first used, so that importing beluga costs next to nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from beluga._lazy import facade

if TYPE_CHECKING:
    from beluga import (
        config,
        errors,
        events,
        guards,
        llm,
        orchestration,
        prices,
        prompt,
        schema,
        stores,
        telemetry,
        testing,
    )
    from beluga._engine.call import Call, Outcome
    from beluga._engine.policy import Again, Ask, Hints, Policy, Tell, Use, Wait
    from beluga._engine.streams import started
    from beluga._engine.target import Kind
    from beluga._engine.timeouts import remaining
    from beluga._engine.wrapping import explain, layers
    from beluga._policies.breaker import CircuitBreaker, breaker
    from beluga._policies.budget import TimeoutBudget, budget, detached
    from beluga._policies.bulkhead import Bulkhead, bulkhead
    from beluga._policies.cached import Cache, cached
    from beluga._policies.fallback import fallback
    from beluga._policies.guarded import guarded
    from beluga._policies.hedge import Hedge, hedge
    from beluga._policies.rate_algorithms import Rate
    from beluga._policies.rate_limit import RateLimiter, rate_limited
    from beluga._policies.retry import RetryPolicy, retry
    from beluga._policies.retry_state import RetryThrottle
    from beluga._policies.structured import structured
    from beluga._policies.traced import traced
    from beluga._version import __version__ as __version__
    from beluga.classification import TRANSIENT, ErrorCode, classify
    from beluga.clock import Clock, Environment
    from beluga.errors import (
        BelugaError,
        BudgetExceeded,
        BulkheadFull,
        CircuitOpen,
        ConfigError,
        DeadlineExceeded,
        GraphError,
        GuardBlocked,
        InvalidResponse,
        ProviderError,
        RateLimited,
        Refused,
        StoreUnavailable,
        ToolFailed,
    )
    from beluga.guards.pipeline import GuardPipeline
    from beluga.orchestration import scatter
    from beluga.orchestration.edges import Edge
    from beluga.orchestration.graph import Graph, chain
    from beluga.orchestration.results import quorum
    from beluga.orchestration.scatter import Scatter
    from beluga.prompt.builder import PromptBuilder
    from beluga.prompt.template import Template
    from beluga.spending import Amount, spend

__all__ = [
    "TRANSIENT",
    "Again",
    "Amount",
    "Ask",
    "BelugaError",
    "BudgetExceeded",
    "Bulkhead",
    "BulkheadFull",
    "Cache",
    "Call",
    "CircuitBreaker",
    "CircuitOpen",
    "Clock",
    "ConfigError",
    "DeadlineExceeded",
    "Edge",
    "Environment",
    "ErrorCode",
    "Graph",
    "GraphError",
    "GuardBlocked",
    "GuardPipeline",
    "Hedge",
    "Hints",
    "InvalidResponse",
    "Kind",
    "Outcome",
    "Policy",
    "PromptBuilder",
    "ProviderError",
    "Rate",
    "RateLimited",
    "RateLimiter",
    "Refused",
    "RetryPolicy",
    "RetryThrottle",
    "Scatter",
    "StoreUnavailable",
    "Tell",
    "Template",
    "TimeoutBudget",
    "ToolFailed",
    "Use",
    "Wait",
    "breaker",
    "budget",
    "bulkhead",
    "cached",
    "chain",
    "classify",
    "config",
    "detached",
    "errors",
    "events",
    "explain",
    "fallback",
    "guarded",
    "guards",
    "hedge",
    "layers",
    "llm",
    "orchestration",
    "prices",
    "prompt",
    "quorum",
    "rate_limited",
    "remaining",
    "retry",
    "scatter",
    "schema",
    "spend",
    "started",
    "stores",
    "structured",
    "telemetry",
    "testing",
    "traced",
]

_ROOMS = {
    "_engine.call": "Call Outcome",
    "_engine.streams": "started",
    "_engine.timeouts": "remaining",
    "_engine.target": "Kind",
    "_engine.policy": "Again Ask Hints Policy Tell Use Wait",
    "_engine.wrapping": "explain layers",
    "_policies.breaker": "CircuitBreaker breaker",
    "_policies.budget": "TimeoutBudget budget detached",
    "_policies.bulkhead": "Bulkhead bulkhead",
    "_policies.cached": "Cache cached",
    "_policies.fallback": "fallback",
    "_policies.guarded": "guarded",
    "_policies.hedge": "Hedge hedge",
    "_policies.rate_limit": "RateLimiter rate_limited",
    "_policies.rate_algorithms": "Rate",
    "_policies.retry": "RetryPolicy retry",
    "_policies.retry_state": "RetryThrottle",
    "_policies.structured": "structured",
    "_policies.traced": "traced",
    "_version": "__version__",
    "classification": "TRANSIENT ErrorCode classify",
    "clock": "Clock Environment",
    "errors": "BelugaError BudgetExceeded BulkheadFull CircuitOpen ConfigError DeadlineExceeded GraphError "
    "GuardBlocked InvalidResponse ProviderError RateLimited Refused StoreUnavailable ToolFailed",
    "guards.pipeline": "GuardPipeline",
    "spending": "Amount spend",
    "orchestration": "scatter",
    "orchestration.edges": "Edge",
    "orchestration.graph": "Graph chain",
    "orchestration.results": "quorum",
    "orchestration.scatter": "Scatter",
    "prompt.builder": "PromptBuilder",
    "prompt.template": "Template",
}
_MODULES = frozenset(
    {
        "config",
        "errors",
        "events",
        "guards",
        "llm",
        "orchestration",
        "prices",
        "prompt",
        "schema",
        "stores",
        "telemetry",
        "testing",
    }
)

if not TYPE_CHECKING:
    __getattr__, __dir__ = facade(__name__, _ROOMS, _MODULES)
