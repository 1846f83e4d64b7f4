"""The guards of the desk."""

from __future__ import annotations

from beluga.guards import PatternDetector, PatternRedactor

__all__ = ["INPUT", "OUTPUT"]

_ATTACKS = PatternDetector(
    ("instruction_override", r"(?i)\b(ignore|disregard|forget)\b.{0,30}\b(instructions|rules)\b"),
    ("instruction_override_de", r"(?i)\bvergiss\b.{0,30}\banweisungen\b"),
    ("instruction_override_fr", r"(?i)\bignorez\b.{0,30}\binstructions\b"),
    ("role_change", r"(?i)\byou are now\b|\bDAN\b"),
)
_PERSONAL = PatternRedactor(
    ("EMAIL", r"[\w.+-]+@[\w-]+\.[\w.-]*\w"),
    ("IBAN", r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b"),
    ("CREDIT_CARD", r"\b(?:\d{4}[ -]?){3}\d{4}\b"),
    ("SSN", r"\b\d{3}-\d{2}-\d{4}\b"),
    ("IP_ADDRESS", r"\b(?:\d{1,3}\.){3}\d{1,3}\b"),
    ("PHONE", r"(?:\+1 )?\(?\b\d{3}\)?[ -]\d{3}-\d{4}\b"),
)

INPUT = (_ATTACKS, _PERSONAL)
"""What a ticket passes before a model sees it."""
OUTPUT = (_PERSONAL,)
"""What an answer passes before a customer sees it."""
