"""OpenAI's chat completions, and the many servers that speak as it does."""

from __future__ import annotations

from beluga.llm._http.dialect import Dialect
from beluga.llm._openai.decoding import ChunkReader
from beluga.llm._openai.encoding import request, streamed

__all__ = ["CHAT_COMPLETIONS"]

CHAT_COMPLETIONS = Dialect(
    path=lambda _model, _streamed: "/chat/completions", request=request, streamed=streamed, reader=ChunkReader
)
