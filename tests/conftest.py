"""Make the test kit's own pytest plugin available, installed or not."""

from __future__ import annotations

from importlib.metadata import entry_points

_PLUGIN = "beluga.testing.plugin"

# pytest loads an installed plugin by its entry point, and refuses to register it a second time.
_installed = any(entry.value == _PLUGIN for entry in entry_points(group="pytest11"))
pytest_plugins = [] if _installed else [_PLUGIN]
