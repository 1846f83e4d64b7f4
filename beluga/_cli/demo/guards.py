"""The guards of the desk."""

from __future__ import annotations

from beluga.guards import InjectionDetector, PIIRedactor

__all__ = ["INPUT", "OUTPUT"]

INPUT = (InjectionDetector(), PIIRedactor())
"""What a ticket passes before a model sees it."""
OUTPUT = (PIIRedactor(),)
"""What an answer passes before a customer sees it."""
