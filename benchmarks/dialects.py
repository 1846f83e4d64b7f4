"""The rows of the table about models over HTTP: writing a conversation, and a whole exchange."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx

from beluga import llm
from beluga.llm._http.anthropic_encoding import encode_messages as to_anthropic
from beluga.llm._http.openai_encoding import encode_messages as to_openai
from beluga.schema import AIMessage, HumanMessage, ImagePart, SystemMessage, ToolCall, ToolMessage
from benchmarks.row import Row
from benchmarks.timing import batch, measure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from beluga.schema import Message

__all__ = ["WRITERS", "bare", "conversation", "exchanges", "rows"]

WRITERS = {"openai": to_openai, "anthropic": to_anthropic}

URL = "https://api.openai.com/v1/chat/completions"
ANSWER = {
    "id": "chatcmpl-1",
    "model": "gpt-4o",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "It is paid."}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 300, "completion_tokens": 5},
}


def conversation() -> list[Message]:
    """Return 20 messages of 26 parts: texts, images, and two calls of tools with their answers."""
    messages: list[Message] = [SystemMessage("You are a helpful assistant that answers questions about invoices.")]
    for number in range(1, 10):
        if number % 4 == 0:
            images = [ImagePart(url=f"https://example.com/{name}.png", detail="high") for name in "ab"]
            messages.append(HumanMessage(parts=["Compare these two:", *images]))
        else:
            messages.append(HumanMessage(f"Is invoice {number} paid, and when was that?"))
        if number % 4 == 1 and number < 9:
            call = ToolCall(f"call_{number}", "lookup_invoice", {"number": number, "details": True})
            messages += [AIMessage(parts=["Let me look.", call]), ToolMessage("paid on 3 May", call.id)]
        else:
            messages.append(AIMessage("It is paid."))
    return messages[:20]


def rows(seconds: float) -> Iterator[Row]:
    """Measure both writers against `json.dumps` of what they write, and a call against what httpx itself takes."""
    messages = conversation()
    for name, write in WRITERS.items():
        contenders = {"floor": batch(json.dumps, write(messages)), "ours": batch(write, messages)}
        figures = measure(contenders, seconds / 3)
        # The bar is 10 us, on the reference machine, where json.dumps takes 15.3.
        yield Row(what=f"20 messages for {name}", floor=figures["floor"], ours=figures["ours"], target=0.65)
    figures = measure({name: batch(call) for name, call in exchanges().items()}, seconds / 3)
    yield Row(what="a call of a model over httpx", floor=figures["floor"], ours=figures["ours"], target=1.3)


def exchanges() -> dict[str, Any]:
    """Return the same exchange, answered on the spot, by httpx alone and by a model."""
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json=ANSWER))
    model = llm.new("openai", model="gpt-4o", api_key="unused", transport=transport)
    return {"floor": bare(transport), "ours": lambda: model.generate("Is it paid?")}


def bare(transport: httpx.BaseTransport) -> Any:
    """Return the exchange that somebody writes who needs it once."""
    client = httpx.Client(transport=transport)
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Is it paid?"}]}
    headers = {"authorization": "Bearer unused"}

    def ask() -> Any:
        answer = client.post(URL, json=body, headers=headers)
        answer.raise_for_status()
        return answer.json()["choices"][0]["message"]["content"]

    return ask
