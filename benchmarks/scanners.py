"""Those who look for personal data and secrets in texts, set up to do so without a model."""

from __future__ import annotations

import importlib
import random
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from beluga.guards import PIIRedactor, SecretRedactor

    Scan = Callable[[str], Iterable[tuple[str, int, int]]]

__all__ = ["PII", "SECRETS", "conversation", "ours"]

# The recipe that the guards replace: five loose patterns, no check digits.
_RECIPE = re.compile(
    r"(?P<EMAIL>[a-zA-Z0-9._%+-]+@[a-zA-Z0-9.-]+\.[a-zA-Z]{2,})|(?P<SSN>\b\d{3}-\d{2}-\d{4}\b)"
    r"|(?P<CREDIT_CARD>\b\d{4}[\s-]?\d{4}[\s-]?\d{4}[\s-]?\d{4}\b)|(?P<PHONE>(?:\+?1[-.\s]?)?\(?\d{3}\)?[-.\s]?\d{3}[-.\s]?\d{4})"
    r"|(?P<IP_ADDRESS>\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\b)"
)

_PRESIDIO = {
    "EmailRecognizer": "EMAIL",
    "PhoneRecognizer": "PHONE",
    "UsSsnRecognizer": "SSN",
    "CreditCardRecognizer": "CREDIT_CARD",
    "IbanRecognizer": "IBAN",
    "IpRecognizer": "IP_ADDRESS",
    "MacAddressRecognizer": "MAC_ADDRESS",
    "UsPassportRecognizer": "PASSPORT",
}
_KINDS = {
    "email": "EMAIL",
    "phone": "PHONE",
    "ssn": "SSN",
    "social_security_number": "SSN",
    "credit_card": "CREDIT_CARD",
    "ip_address": "IP_ADDRESS",
    "dob": "DATE_OF_BIRTH",
}


def conversation(lines: int = 200) -> str:
    """Return lines of a support chat, a third of them with personal data; always the same."""
    rng = random.Random(0)
    words = "the user asked for help with an order that came late and got an answer from the team within a day".split()
    data = (
        lambda: f"write to ana.{rng.randint(1, 99)}@example.com",
        lambda: f"call 555-{rng.randint(100, 999)}-{rng.randint(1000, 9999)}",
        lambda: "card 4111 1111 1111 1111",
        lambda: f"from 203.0.113.{rng.randint(1, 254)}",
        lambda: "to GB82 WEST 1234 5698 7654 32",
        lambda: f"order {rng.randint(10**7, 10**8)} of 2026-03-{rng.randint(10, 28)}",
    )
    return "\n".join(
        " ".join(
            [*rng.choices(words, k=rng.randint(20, 60)), *([rng.choice(data)()] if number % 3 == 0 else []), "thanks."]
        )
        for number in range(lines)
    )


def ours(kind: type[PIIRedactor | SecretRedactor]) -> Scan:
    """Return beluga's scan in the form of the others."""
    scan = kind().scan
    return lambda text: [(found.kind, found.start, found.end) for found in scan(text)]


def _recipe() -> Scan:
    return lambda text: [(str(found.lastgroup), *found.span()) for found in _RECIPE.finditer(text)]


def _presidio() -> Scan:
    module = importlib.import_module("presidio_analyzer.predefined_recognizers")
    suffixes: Any = importlib.import_module("tldextract")
    suffixes.extract = suffixes.TLDExtract(suffix_list_urls=())  # or it downloads a list
    recognisers = [(getattr(module, name)(), kind) for name, kind in _PRESIDIO.items() if hasattr(module, name)]
    return lambda text: [
        (kind, found.start, found.end)
        for recogniser, kind in recognisers
        for found in recogniser.analyze(text, recogniser.supported_entities, None) or ()
    ]


def _scrubadub() -> Scan:
    scrubber = importlib.import_module("scrubadub").Scrubber()

    def scan(text: str) -> list[tuple[str, int, int]]:
        return [(_KINDS.get(found.type, found.type), found.beg, found.end) for found in scrubber.iter_filth(text)]

    return scan


def _datafog() -> Scan:
    annotator: Any = importlib.import_module("datafog.processing.text_processing.regex_annotator").RegexAnnotator()
    return lambda text: [
        (_KINDS.get(span.label.lower(), span.label), span.start, span.end)
        for span in annotator.annotate_with_spans(text)[1].spans
    ]


def _detect_secrets() -> Scan:
    plugins = importlib.import_module("detect_secrets.core.plugins.util").get_mapping_from_secret_type_to_class()
    finders = [plugin() for plugin in plugins.values()]

    def scan(text: str) -> list[tuple[str, int, int]]:
        found, at = [], 0
        for number, line in enumerate(text.splitlines(keepends=True), 1):
            for finder in finders:
                for secret in finder.analyze_line(filename="text", line=line, line_number=number):
                    start = at + max(line.find(secret.secret_value or ""), 0)
                    found.append((secret.type, start, start + len(secret.secret_value or "")))
            at += len(line)
        return found

    return scan


PII: dict[str, tuple[str, Callable[[], Scan]]] = {
    "recipe": ("re", _recipe),
    "presidio": ("presidio_analyzer", _presidio),
    "scrubadub": ("scrubadub", _scrubadub),
    "datafog": ("datafog", _datafog),
}
"""Peers of the PII redactor by name, each with the module it needs."""

SECRETS: dict[str, tuple[str, Callable[[], Scan]]] = {"detect-secrets": ("detect_secrets", _detect_secrets)}
"""Peers of the secret redactor."""
