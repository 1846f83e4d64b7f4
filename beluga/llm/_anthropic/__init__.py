"""Anthropic's messages API."""

from __future__ import annotations

from typing import Any

from beluga.llm._anthropic.decoding import BlockReader, response
from beluga.llm._anthropic.encoding import request, streamed
from beluga.llm._http.dialect import Dialect
from beluga.llm._http.model import HttpModel

__all__ = ["ANTHROPIC", "anthropic"]

_VERSION = "2023-06-01"

ANTHROPIC = Dialect(
    provider="anthropic",
    base_url="https://api.anthropic.com",
    path="/v1/messages",
    key_variable="ANTHROPIC_API_KEY",
    headers=lambda key: {"x-api-key": key},
    fixed_headers={"anthropic-version": _VERSION},
    request=request,
    streamed=streamed,
    response=response,
    reader=BlockReader,
    request_id="request-id",
)


def anthropic(**settings: Any) -> HttpModel:
    """Return a model of Anthropic's; see `HttpModel` for the settings."""
    return HttpModel(ANTHROPIC, **settings)
