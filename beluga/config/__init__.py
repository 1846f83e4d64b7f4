"""Configuration that is checked whole, read without a lock and reloaded without fear.

A schema is an attrs class. `load` reads a file into an instance of it and names every problem at once. A
`FileWatcher` keeps the instance up to date, and policies can follow single values of it by `FileWatcher.live`.
"""

from __future__ import annotations

from beluga._engine.options import Live
from beluga._lazy import publish
from beluga.config.fields import Seconds, field
from beluga.config.loading import load, validate
from beluga.config.problems import Problem
from beluga.config.reload import Change
from beluga.config.watcher import FileWatcher

__all__ = ["Change", "FileWatcher", "Live", "Problem", "Seconds", "field", "load", "validate"]

publish(__name__)
