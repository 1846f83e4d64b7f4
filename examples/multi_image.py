"""Several images in one message: from a URL, from bytes, in the detail that the task needs."""

from __future__ import annotations

from beluga.llm import FakeProvider, Request
from beluga.schema import HumanMessage, ImagePart, TextPart

SCREENSHOT = b"\x89PNG\r\n\x1a\n" + bytes(100)
"""What ``Path("screenshot.png").read_bytes()`` would give."""


def compare(request: Request) -> str:
    """Play a model that sees images."""
    images = [part for part in request.messages[-1].parts if isinstance(part, ImagePart)]
    seen = ", ".join(f"{image.mime_type} in {image.detail} detail" for image in images)
    return f"{len(images)} images ({seen}): the second has a queue."


model = FakeProvider(compare, compare)


def main() -> None:
    """Compare two diagrams, and then look at a screenshot beside them."""
    message = HumanMessage(
        parts=[
            TextPart("Compare these two architecture diagrams and identify differences:"),
            ImagePart(url="https://example.com/diagram-v1.png", mime_type="image/png", detail="high"),
            ImagePart(url="https://example.com/diagram-v2.png", mime_type="image/png", detail="high"),
        ]
    )
    print("analysis:", model.generate([message]).text)

    # Texts and images may alternate; the order is kept. The type of bytes is read from them.
    quick = HumanMessage(
        parts=[
            "Which page is this?",
            ImagePart(data=SCREENSHOT, detail="low"),
            "And is this the same?",
            ImagePart(url="https://example.com/page.png", mime_type="image/png", detail="low"),
        ]
    )
    print("parts:", [type(part).__name__ for part in quick.parts])
    print("shown in logs as:", quick.parts[1])
    print("analysis:", model.generate([quick]).text)

    for wrong in ({}, {"url": "diagram.png"}, {"data": b"no image"}):
        try:
            ImagePart(**wrong)
        except (TypeError, ValueError) as error:
            print("refused:", error)


if __name__ == "__main__":
    main()
