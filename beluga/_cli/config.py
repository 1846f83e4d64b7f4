"""``beluga config check`` and ``beluga config watch``: look at a configuration file with an application's schema."""

from __future__ import annotations

import importlib
import os
import pathlib
import sys
from typing import TYPE_CHECKING, Any, Final

from beluga import events
from beluga.clock import environment
from beluga.config.fields import section_in, section_of
from beluga.config.loading import load
from beluga.config.watcher import FileWatcher
from beluga.errors import ConfigError

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterator

    from beluga._types.tree import Record

__all__ = ["BAD_CALL", "INVALID", "VALID", "check", "watch"]

VALID: Final = 0
INVALID: Final = 1
BAD_CALL: Final = 2
"""Exit status where the file or the schema could not be read at all."""

_MASK: Final = "***"


def check(path: str | os.PathLike[str], schema: str, out: Callable[[str], object], *, prefix: str | None = None) -> int:
    """Print every problem of the file, or its settings where there is none; secrets are masked.

    Args:
        path: The file.
        schema: Where the class is: ``module:Class``.
        out: Prints one line.
        prefix: Of the variables that override settings; None leaves them out.

    Returns:
        The exit status: 0 valid, 1 invalid, 2 the file or the schema cannot be read.
    """
    try:
        config = load(path, _imported(schema), prefix=prefix)
    except (ConfigError, TypeError, ValueError) as error:
        return _report(error, out)
    out(f"{os.fspath(path)}: valid")
    for name, shown in _lines(config, section_of(type(config))):
        out(f"  {name} = {shown}")
    return VALID


def watch(
    path: str | os.PathLike[str],
    schema: str,
    out: Callable[[str], object],
    *,
    stop: threading.Event,
    interval: float = 5.0,
    prefix: str | None = None,
) -> int:
    """Print old and new values of what changes in the file, and what is rejected, until `stop` is set.

    Args:
        path: The file.
        schema: Where the class is: ``module:Class``.
        out: Prints one line.
        stop: Ends the watch.
        interval: Seconds between two looks.
        prefix: Of the variables that override settings; None leaves them out.

    Returns:
        The exit status: 0 stopped, 1 invalid at the start, 2 the file or the schema cannot be read.
    """
    try:
        watcher = FileWatcher(path, _imported(schema), interval, prefix=prefix)
    except (ConfigError, TypeError, ValueError) as error:
        return _report(error, out)

    section = section_of(type(watcher.current))

    def changed(old: Any, new: Any, names: tuple[str, ...]) -> None:
        before, after = dict(_lines(old, section)), dict(_lines(new, section))
        for name in dict.fromkeys([*before, *after]):
            if any(name == path or name.startswith(f"{path}.") for path in names):
                out(f"{name}: {before.get(name, 'absent')} -> {after.get(name, 'absent')}")

    def rejected(event: events.ConfigRejected) -> None:
        if event.function == watcher.path:
            out("rejected; the configuration in use stays:")
            for problem in event.problems:
                out(f"  {problem}")

    with events.subscribe(rejected, events.ConfigRejected), watcher.subscribe(changed), watcher:
        out(f"watching {watcher.path}")
        while not stop.is_set():
            environment().clock.wait(stop, interval)
    return VALID


def _report(error: Exception, out: Callable[[str], object]) -> int:
    for line in str(error).splitlines():
        out(line)
    unreadable = not isinstance(error, ConfigError) or isinstance(error.__cause__, OSError)
    return BAD_CALL if unreadable else INVALID


def _imported(schema: str) -> type[Any]:
    """Return the class that ``module:Class`` names, also of a module in the working directory.

    Raises:
        TypeError: There is no such class, or it is not a schema.
    """
    module_name, _, class_name = schema.partition(":")
    if not module_name or not class_name:
        message = f"--schema {schema}: write module:Class, such as app.settings:AppConfig"
        raise TypeError(message)
    here = str(pathlib.Path.cwd())
    sys.path.insert(0, here)
    try:
        found: Any = importlib.import_module(module_name)
        for name in class_name.split("."):
            found = getattr(found, name)
    except (Exception, SystemExit) as error:  # whatever an application does when it is imported
        plain = isinstance(error, (ImportError, AttributeError))
        message = f"--schema {schema}: {error}" if plain else f"--schema {schema}: {type(error).__name__}: {error}"
        raise TypeError(message) from error
    finally:
        sys.path.remove(here)
    return section_of(found).make  # type: ignore[return-value]  # a section makes instances of its class


def _lines(config: Any, section: Record, above: str = "") -> Iterator[tuple[str, str]]:
    """Yield the dotted path and the shown value of every setting."""
    for field in section.fields.values():
        value = getattr(config, field.name)
        inner = section_in(field.node, value)
        if field.secret:
            yield f"{above}{field.key}", _MASK
        elif inner is not None:
            yield from _lines(value, inner, f"{above}{field.key}.")
        else:
            # The reprs of instances inside a list mask their own secrets.
            yield f"{above}{field.key}", repr(value)
