"""Answers from documents: embedded once, found by likeness, and read as data that cannot give orders.

OPENAI_API_KEY=... python rag.py "How long does a parcel take?" manual.md faq.md
"""

from __future__ import annotations

import asyncio
import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import attrs
from openai import AsyncOpenAI

from beluga import CircuitBreaker, RateLimiter, budget, cached, guarded, retry, scatter, structured, traced
from beluga.guards import InjectionDetector, PIIRedactor, Spotlight

if TYPE_CHECKING:
    from collections.abc import Iterable

    from openai.types.chat import ChatCompletion, ChatCompletionMessageParam

CHAT, EMBEDDINGS = "gpt-5-mini", "text-embedding-3-small"
NEAREST = 3


@attrs.frozen
class Answer:
    """What the model says, and the numbers of the passages it says so from."""

    text: str
    sources: list[int]


@attrs.frozen
class Passage:
    """A piece of a document, and its direction among all others."""

    text: str
    vector: tuple[float, ...] = attrs.field(repr=False)


class Library:
    """Documents that questions are answered from."""

    def __init__(self, client: AsyncOpenAI) -> None:
        self.passages: list[Passage] = []
        spotlight = Spotlight()  # tells the model what is data
        # What both kinds of calls share: one limit, one circuit.
        limit = RateLimiter(limit=500, window=60.0, wait=True)
        circuit = CircuitBreaker(failure_threshold=5, reset_timeout=30.0)

        @traced(operation="embeddings", model=EMBEDDINGS)
        @cached(ttl=3600.0, maxsize=10_000)  # the same passage or question is embedded once
        @retry(max_attempts=3)
        @circuit
        @limit
        async def embed(text: str) -> tuple[float, ...]:
            answer = await client.embeddings.create(model=EMBEDDINGS, input=text)
            return tuple(answer.data[0].embedding)

        @guarded(input=[InjectionDetector(), PIIRedactor(), spotlight])
        async def admit(passage: str) -> str:
            return passage

        @traced(operation="chat", model=CHAT)
        @structured(Answer)
        @retry(max_attempts=3)
        @circuit
        @limit
        async def complete(messages: list[ChatCompletionMessageParam]) -> ChatCompletion:
            return await client.chat.completions.create(model=CHAT, messages=messages)

        self._embed, self._admit, self._complete = embed, admit, complete
        self._rule = f"Answer from the numbered passages only. {spotlight.instructions}"

    async def add(self, documents: Iterable[str]) -> None:
        """Take documents in, paragraph by paragraph, eight at once; an attack in one refuses them all."""
        texts = [text for document in documents for text in document.split("\n\n") if text.strip()]
        admitted = await scatter.map(self._admit, texts, limit=8)
        vectors = await scatter.map(self._embed, texts, limit=8)
        self.passages += map(Passage, admitted, vectors)

    @budget(30.0)
    async def ask(self, question: str) -> Answer:
        """Answer a question from the passages that are nearest to it."""
        vector = await self._embed(question)
        nearest = sorted(self.passages, key=lambda passage: -math.fsum(map(float.__mul__, passage.vector, vector)))
        numbered = "\n".join(f"[{number}] {passage.text}" for number, passage in enumerate(nearest[:NEAREST]))
        return await self._complete(
            [
                {"role": "system", "content": self._rule},
                {"role": "user", "content": f"{numbered}\n\n{question}"},
            ]
        )


async def main(question: str, documents: list[str]) -> None:
    """Take the documents in and answer the question."""
    library = Library(AsyncOpenAI(max_retries=0))
    await library.add(documents)
    print((await library.ask(question)).text)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], [Path(file).read_text(encoding="utf-8") for file in sys.argv[2:]]))
