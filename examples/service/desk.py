"""A support desk: tenants with limits of their own, streamed answers, refusals as statuses, one trace of two.

SEARCH_URL=http://127.0.0.1:8001 OPENAI_API_KEY=... uvicorn --factory desk:create_app
curl -H "X-Tenant: shop" "http://127.0.0.1:8000/ask?question=Where+is+my+parcel"
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated

import httpx
from fastapi import FastAPI, Header, Request
from fastapi.responses import JSONResponse, StreamingResponse
from openai import AsyncOpenAI, OpenAIError

import beluga
from beluga import CircuitBreaker, budget, fallback, guarded, rate_limited, retry, started, telemetry, traced
from beluga.guards import InjectionDetector, PIIRedactor

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

MODEL = "gpt-5-mini"

STATUS = {
    beluga.RateLimited: 429,
    beluga.CircuitOpen: 503,
    beluga.GuardBlocked: 422,
    beluga.DeadlineExceeded: 504,
}
"""What each refusal is in HTTP; every other one is 503."""


def create_app(client: AsyncOpenAI | None = None, search: httpx.AsyncClient | None = None) -> FastAPI:
    """Return the application; its tests bring clients of their own."""
    openai = client or AsyncOpenAI(max_retries=0)  # the retries are ours: theirs know of no budget
    documents = search or httpx.AsyncClient(base_url=os.environ["SEARCH_URL"])
    circuit = CircuitBreaker(name="openai", failure_threshold=5, reset_timeout=30.0)

    async def nothing_found(question: str) -> list[str]:
        return []

    @traced(tool="search")
    @fallback(nothing_found)  # an answer without documents is better than none
    @budget(2.0)
    @retry(max_attempts=2, initial_backoff=0.1)
    async def find(question: str) -> list[str]:
        answer = await documents.get("/search", params={"question": question}, headers=telemetry.inject())
        return answer.raise_for_status().json()

    @traced(operation="chat", model=MODEL)
    @guarded(input=[InjectionDetector(), PIIRedactor()], output=[PIIRedactor()])
    @rate_limited(limit=3, window=60.0, key="tenant")  # the tenant's own, so outside the retry
    @budget(30.0)
    @retry(max_attempts=3)
    @circuit
    async def answer(question: str, *, tenant: str) -> AsyncIterator[str]:
        facts = "\n".join(await find(question))
        stream = await openai.chat.completions.create(
            model=MODEL,
            messages=[
                {"role": "system", "content": f"Answer customers of {tenant} from these facts:\n{facts}"},
                {"role": "user", "content": question},
            ],
            stream=True,
        )
        async for chunk in stream:
            if chunk.choices and (text := chunk.choices[0].delta.content):
                yield text

    app = FastAPI()
    app.add_middleware(telemetry.TraceMiddleware)

    @app.get("/ask")
    async def ask(question: str, tenant: Annotated[str, Header(alias="X-Tenant")]) -> StreamingResponse:
        """Stream an answer; `started` takes its first step, so that a refusal comes before the head of the response."""
        return StreamingResponse(await started(answer(question, tenant=tenant)), media_type="text/plain")

    @app.get("/health")
    async def health() -> dict[str, str]:
        """Say how the provider's circuit is."""
        return {"openai": circuit.state}

    @app.exception_handler(beluga.BelugaError)
    async def refuse(_: Request, error: beluga.BelugaError) -> JSONResponse:
        """Tell the client what is refused, and when to come again."""
        status = next((status for kind, status in STATUS.items() if isinstance(error, kind)), 503)
        again = getattr(error, "retry_after_header", None)
        return JSONResponse({"error": str(error.code)}, status, headers={"Retry-After": again} if again else {})

    @app.exception_handler(OpenAIError)
    async def fail(_: Request, error: OpenAIError) -> JSONResponse:
        """Tell the client only of what kind the provider's failure is; the trace has the rest."""
        return JSONResponse({"error": str(beluga.classify(error))}, 502)

    return app
