"""Prompts: built in the order that providers' caches reward, and filled from strict templates."""

from __future__ import annotations

from beluga._lazy import publish
from beluga.prompt.budget import PromptTooLong, estimate_tokens
from beluga.prompt.builder import PromptBuilder
from beluga.prompt.inspection import PromptFinding
from beluga.prompt.sections import Section, Situation, flag, role
from beluga.prompt.template import Template, Templates, Version

__all__ = [
    "PromptBuilder",
    "PromptFinding",
    "PromptTooLong",
    "Section",
    "Situation",
    "Template",
    "Templates",
    "Version",
    "estimate_tokens",
    "flag",
    "role",
]

publish(__name__)
