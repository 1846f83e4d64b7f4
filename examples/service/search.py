"""The search service: a second process, whose spans are part of the request's trace.

uvicorn search:app --port 8001
"""

from __future__ import annotations

from fastapi import FastAPI

from beluga import telemetry, traced

DOCUMENTS = (
    "Parcels are sent on the day of the order and take two days.",
    "A lamp can be returned within thirty days.",
    "Invoices are sent by mail on the first of the month.",
)

app = FastAPI()
app.add_middleware(telemetry.TraceMiddleware)


@traced(tool="find_documents")
def find(question: str) -> list[str]:
    """Return the documents that share a long word with the question."""
    words = {word.strip("?,.").rstrip("s") for word in question.lower().split() if len(word) > 4}
    return [each for each in DOCUMENTS if words & {word.strip(".,").rstrip("s") for word in each.lower().split()}]


@app.get("/search")
def search(question: str) -> list[str]:
    """Answer the desk."""
    return find(question)
