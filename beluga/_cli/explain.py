"""``beluga explain``: the layers of decorated functions, their options and what is misplaced."""

from __future__ import annotations

import importlib
import inspect
import operator
import pkgutil
import sys
from typing import TYPE_CHECKING, Any, Final

from beluga import explain as describe
from beluga import layers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

__all__ = ["explain", "explain_all"]

FINE: Final = 0
WARNED: Final = 1
NOT_FOUND: Final = 2


def explain(target: str, out: Callable[[str], object], err: Callable[[str], object]) -> int:
    """Print the layers of one function.

    Args:
        target: Which one: ``module:function``.
        out: Prints what is known.
        err: Prints why nothing is.

    Returns:
        The exit status: 0, or 2 where there is no such function or it is not decorated.
    """
    module, _, function = target.partition(":")
    if not module or not function:
        err(f"beluga explain: {target!r} names no function: write MODULE:FUNCTION, such as app.llm:ask")
        return NOT_FOUND
    try:
        found = _imported(module)
    except (Exception, SystemExit) as error:  # whatever an application does when it is imported
        why = str(error) if isinstance(error, ImportError) else _not_imported(module, error)
        err(f"beluga explain: {why}")
        return NOT_FOUND
    try:
        out(describe(operator.attrgetter(function)(found)))
    except (AttributeError, TypeError) as error:
        err(f"beluga explain: {error}")
        return NOT_FOUND
    return FINE


def explain_all(package: str, out: Callable[[str], object], err: Callable[[str], object]) -> int:
    """Print the layers of every decorated function of a package, as one report for a reviewer or for CI.

    Args:
        package: Its name, or a module's; what is under it is imported.
        out: Prints what is known.
        err: Prints which modules cannot be imported, and why.

    Returns:
        The exit status: 0 nothing is misplaced, 1 there is a warning, 2 a module cannot be imported, or nothing in the
        package is decorated.
    """
    functions = warnings = broken = 0
    for name, found in _modules(package):
        if isinstance(found, BaseException):
            err(_not_imported(name, found))
            broken += 1
            continue
        for place, function in _decorated(found):
            plan = describe(function)
            functions += 1
            warnings += plan.count("\n  warning: ")
            out(f"{name}:{place}\n{plan}\n")
    if not functions and not broken:
        err(f"beluga explain: nothing in {package} is decorated by beluga")
        return NOT_FOUND
    out(f"decorated functions: {functions}, warnings: {warnings}")
    return NOT_FOUND if broken else WARNED if warnings else FINE


def _not_imported(module: str, error: BaseException) -> str:
    return f"{module}: cannot be imported: {type(error).__name__}: {error}"


def _imported(module: str) -> ModuleType:
    if "" not in sys.path:
        sys.path.insert(0, "")
    return importlib.import_module(module)


def _modules(package: str) -> Iterator[tuple[str, ModuleType | BaseException]]:
    """Yield the name and the module of all that is in `package`, or why it cannot be imported.

    A ``__main__`` is left out: to import it is to run it.
    """
    try:
        module = _imported(package)
    except (Exception, SystemExit) as error:  # whatever an application does when it is imported
        yield package, error
        return
    yield package, module
    for inner in pkgutil.iter_modules(getattr(module, "__path__", ()), f"{package}."):
        if not inner.name.endswith(".__main__"):
            yield from _modules(inner.name)


def _decorated(module: ModuleType) -> Iterator[tuple[str, Any]]:
    """Yield the place and the function of all that is decorated in `module`, once each, in the order of its source."""
    seen: set[int] = set()
    homes = [("", module), *((f"{cls.__qualname__}.", cls) for cls in _classes(module, module.__name__))]
    for above, home in homes:
        for name, value in vars(home).items():
            function = value.__func__ if isinstance(value, (classmethod, staticmethod)) else value
            is_of_here = getattr(function, "__module__", None) == module.__name__
            if is_of_here and callable(function) and layers(function) and id(function) not in seen:
                seen.add(id(function))
                yield f"{above}{name}", function


def _classes(home: ModuleType | type, module: str) -> Iterator[type]:
    for value in vars(home).values():
        if inspect.isclass(value) and value.__module__ == module and value is not home:
            yield value
            yield from _classes(value, module)
