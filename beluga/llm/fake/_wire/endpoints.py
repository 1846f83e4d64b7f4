"""What a provider serves beside answers: its models, embeddings, moderations, and the count of a prompt's tokens.

None of it is in a script. Embeddings are made from the words and the pieces of words of a text, so equal texts have
equal vectors and texts about the same thing near ones: a search by them finds what a test expects.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import math
import struct
from typing import TYPE_CHECKING, Any

from beluga.llm.fake._wire.documents import Invalid, encode, member, read_object
from beluga.llm.fake.replies import count_tokens, tokens_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from beluga.llm.fake._wire import HTTPRequest
    from beluga.llm.fake._wire.dialect import ServedDialect

__all__ = ["answer_aside", "embedding"]

_MODELS = ("fake",)
_DIMENSIONS = 1536
"""Those of text-embedding-3-small."""

_MOST_DIMENSIONS = 8192
_PIECE = 3
"""Characters of the pieces of words: "order" and "orders" share three of four."""

_HARMS = (
    *("harassment", "harassment/threatening", "hate", "hate/threatening", "illicit", "illicit/violent"),
    *("self-harm", "self-harm/instructions", "self-harm/intent", "sexual", "sexual/minors"),
    *("violence", "violence/graphic"),
)


def answer_aside(request: HTTPRequest, path: str, dialect: ServedDialect) -> bytes | None:
    """Return the body of the answer to what asks for no completion; None where nothing is served there.

    Raises:
        Invalid: The provider would refuse the request.
    """
    if request.method == "GET":
        if path.endswith("/models"):
            return encode(dialect.models(_MODELS))
        above, _, name = path.rpartition("/")
        return encode(dialect.model(name)) if above.endswith("/models") and name else None
    above, _, name = path.rpartition("/")
    if request.method == "DELETE" and above.endswith("/models"):
        return encode({"id": name, "object": "model", "deleted": True})
    if request.method != "POST":
        return None
    if path.endswith("/embeddings"):
        return _embeddings(read_object(request.body))
    if path.endswith("/moderations"):
        return _moderations(read_object(request.body))
    if path.endswith("/messages/count_tokens"):
        question = dialect.question({"max_tokens": 1, **read_object(request.body)}, path)
        tokens = sum(tokens_of(part) for message in question.messages for part in message.parts)
        tools = sum(count_tokens(repr(tool)) for tool in question.options.get("tools", ()))
        return encode({"input_tokens": tokens + tools})
    return None


@functools.lru_cache(maxsize=4096)
def embedding(text: str, dimensions: int = _DIMENSIONS) -> tuple[float, ...]:
    """Return a vector of length 1: the same for the same text, and a near one for a similar text.

    Example:
        >>> def likeness(one, other):
        ...     return sum(a * b for a, b in zip(embedding(one), embedding(other)))
        >>> asked = "Where is my order?"
        >>> likeness(asked, "The order is on its way.") > likeness(asked, "Whales sing at night.")
        True
    """
    vector = [0.0] * dimensions
    words = "".join(each if each.isalnum() else " " for each in text.casefold()).split()
    for word in words or [text]:
        _add(vector, word, 1.0)
        for start in range(len(word) - _PIECE + 1):
            _add(vector, f"#{word[start : start + _PIECE]}", 0.5)
    length = math.sqrt(sum(value * value for value in vector)) or 1.0
    return tuple(value / length for value in vector)


def _add(vector: list[float], feature: str, weight: float) -> None:
    digest = hashlib.blake2b(feature.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    number = int.from_bytes(digest, "big")
    vector[(number >> 1) % len(vector)] += weight if number & 1 else -weight


def _embeddings(body: dict[str, Any]) -> bytes:
    model = member(body, "model", str)
    dimensions: int = member(body, "dimensions", int, _DIMENSIONS)
    if not 1 <= dimensions <= _MOST_DIMENSIONS:
        raise Invalid(("dimensions",), "value", f"from 1 to {_MOST_DIMENSIONS}")
    form: str = member(body, "encoding_format", str, "float")
    if form not in {"float", "base64"}:
        raise Invalid(("encoding_format",), "value", "known are 'float' and 'base64'")
    texts = list(_inputs(body.get("input")))
    data = [
        {"object": "embedding", "index": index, "embedding": _formed(embedding(text, dimensions), form)}
        for index, text in enumerate(texts)
    ]
    tokens = sum(map(count_tokens, texts))
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    return encode({"object": "list", "data": data, "model": model, "usage": usage})


def _inputs(given: Any) -> Iterator[str]:
    """Yield the texts that are to be embedded; one may be given as its tokens."""
    if given is None:
        raise Invalid(("input",), "missing")
    if isinstance(given, str) or (isinstance(given, list) and given and all(type(each) is int for each in given)):
        given = [given]
    if not isinstance(given, list) or not given:
        raise Invalid(("input",), "type", "expected a string, or an array of strings or tokens, but got something else")
    for index, each in enumerate(given):
        if not isinstance(each, str | list) or not each:
            raise Invalid(("input", index), "value", "an empty text, or none at all")
        yield each if isinstance(each, str) else " ".join(map(str, each))


def _formed(vector: tuple[float, ...], form: str) -> list[float] | str:
    if form == "float":
        return list(vector)
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()


def _moderations(body: dict[str, Any]) -> bytes:
    """Find fault with nothing: what a guard has to stop belongs into a test of the guard."""
    given = body.get("input")
    if given is None:
        raise Invalid(("input",), "missing")
    result = {
        "flagged": False,
        "categories": dict.fromkeys(_HARMS, False),
        "category_scores": dict.fromkeys(_HARMS, 0.0),
        "category_applied_input_types": {harm: ["text"] for harm in _HARMS},
    }
    many = len(given) if isinstance(given, list) else 1
    model: str = member(body, "model", str, "omni-moderation-latest")
    return encode({"id": "modr-fake", "model": model, "results": [result] * many})
