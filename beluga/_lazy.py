"""Facades: packages that give names away before the modules behind them are loaded.

A facade imports its names for the type checkers only, and lets `facade` fetch each on its first use. So a name costs
the time of its own module, and a misspelt one is still found by the checkers, because they see no ``__getattr__``.

Source: PEP 562.
"""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

__all__ = ["facade"]


def facade(
    package: str, rooms: Mapping[str, str], modules: Iterable[str] = ()
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Return the ``__getattr__`` and the ``__dir__`` of a package.

    Args:
        package: Its name.
        rooms: The names that it gives away, with spaces between, by the module they live in, named from beluga on.
        modules: Modules of the package that are given away themselves.
    """
    homes = {name: f"beluga.{room}" for room, names in rooms.items() for name in names.split()}
    homes |= dict.fromkeys(modules, "")
    owner = sys.modules[package]

    def load(name: str) -> Any:
        home = homes.get(name)
        if home is None:
            message = f"module {package!r} has no attribute {name!r}"
            raise AttributeError(message, name=name, obj=owner)
        value = getattr(importlib.import_module(home), name) if home else importlib.import_module(f"{package}.{name}")
        setattr(owner, name, value)
        return value

    def listed() -> list[str]:
        return sorted({*vars(owner), *owner.__all__})

    return load, listed
