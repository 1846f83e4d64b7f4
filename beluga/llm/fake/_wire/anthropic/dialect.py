"""The parts of Anthropic's dialect put together, with its errors and headers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from beluga.llm.fake._wire import anthropic_messages as answers
from beluga.llm.fake._wire.anthropic import questions
from beluga.llm.fake._wire.rate_limits import anthropic_limits, retry_after

if TYPE_CHECKING:
    from beluga.llm.fake._wire.dialect import Question
    from beluga.llm.fake._wire.parsing import Invalid
    from beluga.llm.fake.faults import Fault
    from beluga.llm.fake.replies import Turn

__all__ = ["Anthropic"]

_OVERLOADED = 529
_SERVER_FAULT = 500
_ERROR_TYPES = {404: "not_found_error", 413: "request_too_large"}


class Anthropic:
    """How Anthropic's messages speak."""

    name = "anthropic"
    question = staticmethod(questions.question)
    answer = staticmethod(answers.answer)

    def stream(self, turn: Turn, question: Question) -> answers.EventWriter:  # noqa: ARG002 - the usage always comes
        """Return what writes the answer as events."""
        return answers.EventWriter(turn)

    def status(self, fault: Fault) -> int:
        """Return the status of `fault`; an overload outside a stream has one of its own."""
        if fault.phase == "stream":
            return _OVERLOADED
        return fault.anthropic_status or fault.status or _SERVER_FAULT

    def fault(self, fault: Fault, message: str, request_id: str) -> dict[str, Any]:
        """Return the error body of `fault`."""
        return {**answers.error_body(fault, message), "request_id": request_id}

    def refusal(self, status: int, message: str, request_id: str, problem: Invalid | None = None) -> dict[str, Any]:
        """Return the error body for a request that cannot be answered."""
        kind = "api_error" if status >= _SERVER_FAULT else _ERROR_TYPES.get(status, "invalid_request_error")
        if problem is not None:
            message = _worded(problem)
        return {"type": "error", "error": {"type": kind, "message": message}, "request_id": request_id}

    def headers(self, number: int, fault: Fault | None = None) -> tuple[tuple[str, str], ...]:
        """Return id and limits."""
        wait = () if fault is None else retry_after(fault.retry_after)
        return ("request-id", f"fake-{number}"), *anthropic_limits(number, fault), *wait

    def models(self, names: tuple[str, ...]) -> dict[str, Any]:
        """Return the list of models."""
        data = [
            {"type": "model", "id": name, "display_name": name, "created_at": "2026-01-01T00:00:00Z"} for name in names
        ]
        return {"data": data, "has_more": False, "first_id": names[0], "last_id": names[-1]}


def _worded(problem: Invalid) -> str:
    where = ".".join(map(str, problem.path))
    what = "Field required" if problem.kind == "missing" else problem.problem
    return f"{where}: {what}" if where else f"The request body is not valid: {what}"
