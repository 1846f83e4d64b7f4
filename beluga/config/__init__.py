"""Configuration that is checked whole, read without a lock and reloaded without fear."""

from __future__ import annotations

from beluga.config.durations import Seconds
from beluga.config.loading import load, validate
from beluga.config.problems import Problem
from beluga.config.schema import field

__all__ = ["Problem", "Seconds", "field", "load", "validate"]
