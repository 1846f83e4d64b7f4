"""The parts of OpenAI's dialect put together, with its errors and headers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from beluga.llm.fake._wire import openai_chat as answers
from beluga.llm.fake._wire.openai import questions
from beluga.llm.fake._wire.rate_limits import openai_limits, retry_after

if TYPE_CHECKING:
    from beluga.llm.fake._wire.dialect import Question
    from beluga.llm.fake._wire.parsing import Invalid
    from beluga.llm.fake.faults import Fault
    from beluga.llm.fake.replies import Turn

__all__ = ["OpenAI"]

_CODES = {"missing": "missing_required_parameter", "type": "invalid_type", "value": "invalid_value"}
_OVERLOADED = 503
_SERVER_FAULT = 500


class OpenAI:
    """How OpenAI's chat completions speak."""

    name = "openai"
    question = staticmethod(questions.question)
    answer = staticmethod(answers.answer)

    def stream(self, turn: Turn, question: Question) -> answers.ChunkWriter:
        """Return what writes the answer as chunks."""
        return answers.ChunkWriter(turn, question)

    def status(self, fault: Fault) -> int:
        """Return the status of `fault`; an overload outside a stream has one of its own."""
        return _OVERLOADED if fault.phase == "stream" else fault.status or _SERVER_FAULT

    def fault(self, fault: Fault, message: str, request_id: str) -> dict[str, Any]:  # noqa: ARG002 - Anthropic's has the id in it
        """Return the error body of `fault`."""
        return answers.error_body(fault, message)

    def refusal(
        self,
        status: int,
        message: str,
        request_id: str,  # noqa: ARG002 - the same
        problem: Invalid | None = None,
    ) -> dict[str, Any]:
        """Return the error body for a request that cannot be answered."""
        kind = "server_error" if status >= _SERVER_FAULT else "invalid_request_error"
        param, code = None, None
        if problem is not None:
            param, code = _dotted(problem.path), _CODES[problem.kind]
            message = _worded(problem, param)
        return {"error": {"message": message, "type": kind, "param": param or None, "code": code}}

    def headers(self, number: int, fault: Fault | None = None) -> tuple[tuple[str, str], ...]:
        """Return id, version and limits."""
        wait = () if fault is None else retry_after(fault.retry_after)
        return (
            ("x-request-id", f"fake-{number}"),
            ("openai-version", "2020-10-01"),
            *openai_limits(number, fault),
            *wait,
        )

    def models(self, names: tuple[str, ...]) -> dict[str, Any]:
        """Return the list of models."""
        return {
            "object": "list",
            "data": [{"id": name, "object": "model", "created": 0, "owned_by": "beluga"} for name in names],
        }


def _dotted(path: tuple[str | int, ...]) -> str:
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return text.removeprefix(".")


def _worded(problem: Invalid, param: str) -> str:
    if not param:
        return f"We could not parse the JSON body of your request: {problem.problem}."
    if problem.kind == "missing":
        return f"Missing required parameter: '{param}'."
    if problem.kind == "type":
        return f"Invalid type for '{param}': {problem.problem} instead."
    return f"Invalid '{param}': {problem.problem}."
