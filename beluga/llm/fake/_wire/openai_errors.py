"""OpenAI's errors, headers and models, which all of its APIs share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from beluga.llm.fake._wire.documents import limits, retry_after

if TYPE_CHECKING:
    from beluga.llm._http import Profile
    from beluga.llm.fake._wire.documents import Invalid
    from beluga.llm.fake.faults import Fault

__all__ = ["OpenAIErrors", "error_body"]

_ERROR_TYPES = {"rate_limit_exceeded": "requests"}
_CODES = {"missing": "missing_required_parameter", "type": "invalid_type", "value": "invalid_value"}
_OVERLOADED = 503
_SERVER_FAULT = 500


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


def error_body(fault: Fault, message: str) -> dict[str, Any]:
    """Return the error that stands for `fault`."""
    word = fault.openai_code
    code = None if word == "server_error" else word
    return {"error": {"message": message, "type": _ERROR_TYPES.get(word, word), "param": None, "code": code}}


class OpenAIErrors:
    """What the dialects of OpenAI have in common.

    Args:
        profile: The server that is played.
    """

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self.bad_request: int = profile.bad_request

    def status(self, fault: Fault) -> int:
        """Return the status of `fault`; an overload outside a stream has one of its own."""
        return _OVERLOADED if fault.phase == "stream" else fault.status or _SERVER_FAULT

    def fault(self, fault: Fault, message: str, request_id: str) -> dict[str, Any]:  # noqa: ARG002 - Anthropic's has the id in it
        """Return the error body of `fault`."""
        return error_body(fault, message)

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
            (self._profile.request_id, f"fake-{number}"),
            ("openai-version", "2020-10-01"),
            *limits(self._profile.limits, number, fault),
            *wait,
        )

    def models(self, names: tuple[str, ...]) -> dict[str, Any]:
        """Return the list of models."""
        return {
            "object": "list",
            "data": [self.model(name) for name in names],
        }

    def model(self, name: str) -> dict[str, Any]:
        """Return one model."""
        return {"id": name, "object": "model", "created": 0, "owned_by": "beluga"}
