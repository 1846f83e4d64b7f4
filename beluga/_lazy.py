"""Facades: packages that give names away before the modules behind them are loaded.

A facade imports its names for the type checkers only, and lets `facade` fetch each on its first use. So a name costs
the time of its own module, and a misspelt one is still found by the checkers, because they see no ``__getattr__``.

A class or function says in its ``__module__`` where its reader gets it from: the facade, not the room it is written
in. So it stands in tracebacks, in pickles and in ``repr``, and the rooms can move.

Source: PEP 562; for ``__module__`` trio, anyio and httpx, which do the same.
"""

from __future__ import annotations

import contextlib
import importlib
import sys
import typing
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

__all__ = ["facade", "publish"]

_PUBLIC: set[str] = set()
"""The packages and modules that names are taken from."""

_waiting: list[tuple[str, str, list[str]]] = []
"""What is to be labelled as soon as it is loaded: the facade, the module behind it, the names."""


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
    _PUBLIC.update(f"{package}.{module}" for module in modules)
    publish(package)
    _waiting.extend((package, f"beluga.{room}", names.split()) for room, names in rooms.items())

    def load(name: str) -> Any:
        home = homes.get(name)
        if home is None:
            message = f"module {package!r} has no attribute {name!r}"
            raise AttributeError(message, name=name, obj=owner)
        value = getattr(importlib.import_module(home), name) if home else importlib.import_module(f"{package}.{name}")
        setattr(owner, name, value)
        _label_what_is_loaded()
        return value

    def listed() -> list[str]:
        return sorted({*vars(owner), *owner.__all__})

    return load, listed


def publish(package: str) -> None:
    """Label what `package` has imported itself and gives away."""
    _PUBLIC.add(package)
    module = sys.modules[package]
    for name in module.__all__:
        _label(vars(module).get(name), package)


def _label_what_is_loaded() -> None:
    """Label the names of all facades whose modules are there by now, for instance behind another name."""
    for entry in tuple(_waiting):
        package, home, names = entry
        there = vars(sys.modules.get(home, typing))
        if all(name in there for name in names):
            _waiting.remove(entry)
            for name in names:
                _label(there[name], package)


def _label(value: Any, package: str) -> None:
    """Let `value` say that it is `package`'s, unless the module that it names is public already."""
    home = getattr(value, "__module__", None) or ""
    if not home.startswith("beluga.") or home in _PUBLIC:
        return
    if isinstance(value, type):
        # Annotations that are text are still to be read where they were written: `typing.get_type_hints`.
        notes = vars(value).get("__annotations__", {})
        notes.update({name: _written_in(home, text) for name, text in notes.items() if isinstance(text, str)})
    with contextlib.suppress(AttributeError):  # a constant: its class has the name
        value.__module__ = package


def _written_in(home: str, text: str) -> typing.ForwardRef:
    return typing.ForwardRef(text, module=home, is_class=True)
