"""OpenAI's chat completions, and the many servers that speak as it does."""

from __future__ import annotations

from typing import Any

from beluga.llm._http.dialect import Dialect
from beluga.llm._http.model import HttpModel
from beluga.llm._openai.decoding import ChunkReader, response
from beluga.llm._openai.encoding import request, streamed

__all__ = ["OPENAI", "openai"]

OPENAI = Dialect(
    provider="openai",
    base_url="https://api.openai.com/v1",
    path="/chat/completions",
    key_variable="OPENAI_API_KEY",
    headers=lambda key: {"authorization": f"Bearer {key}"},
    request=request,
    streamed=streamed,
    response=response,
    reader=ChunkReader,
    request_id="x-request-id",
)


def openai(**settings: Any) -> HttpModel:
    """Return a model of OpenAI's; see `HttpModel` for the settings."""
    return HttpModel(OPENAI, **settings)
