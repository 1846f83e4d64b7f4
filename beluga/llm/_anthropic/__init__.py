"""Anthropic's messages API."""

from __future__ import annotations

from beluga.llm._anthropic.decoding import BlockReader
from beluga.llm._anthropic.encoding import request, streamed
from beluga.llm._http.dialect import Dialect

__all__ = ["MESSAGES"]

MESSAGES = Dialect(
    path=lambda _model, _streamed: "/v1/messages",
    request=request,
    streamed=streamed,
    reader=BlockReader,
    fixed_headers={"anthropic-version": "2023-06-01"},
)
