"""``beluga doctor``: what is installed, which extras are whole, and what does not go together."""

from __future__ import annotations

import platform
import sys
from importlib import metadata
from typing import TYPE_CHECKING, Final

from packaging.requirements import Requirement

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__ = ["examine"]

DISTRIBUTION: Final = "beluga-ai"
WELL: Final = 0
WRONG: Final = 1

RETRIES_BY_ITSELF: Final = {"openai": "max_retries=0", "anthropic": "max_retries=0", "litellm": "num_retries=0"}
"""Clients that make a failed call again by themselves, and the option that ends it."""


def examine(out: Callable[[str], object]) -> int:
    """Print the versions, the extras, and what is wrong with them.

    Args:
        out: Prints one line.

    Returns:
        The exit status: 0 well, 1 something is wrong.
    """
    out(f"beluga {metadata.version(DISTRIBUTION)}, {platform.python_implementation()} {platform.python_version()}")
    problems = list(_dependencies(out))
    problems += _environment()
    for client, option in RETRIES_BY_ITSELF.items():
        if version := _version(client):
            out(f"  note: {client} {version} makes a failed call again by itself; under @retry give it {option}")
    for problem in problems:
        out(f"  wrong: {problem}")
    out("  nothing is wrong" if not problems else f"  {len(problems)} to mend")
    return WRONG if problems else WELL


def _dependencies(out: Callable[[str], object]) -> Iterator[str]:
    """Tell of each extra what is there; yield what is missing for good, too old or too new."""
    asked = [Requirement(text) for text in metadata.requires(DISTRIBUTION) or ()]
    yield from _line(out, "always", [each for each in asked if each.marker is None or each.marker.evaluate()])
    for extra in metadata.metadata(DISTRIBUTION).get_all("Provides-Extra") or ():
        if extra == "all":
            continue
        marked = [each for each in asked if each.marker is not None and not each.marker.evaluate()]
        mine = [each for each in marked if each.marker is not None and each.marker.evaluate({"extra": extra})]
        if any(_version(each.name) is None for each in mine):
            missing = ", ".join(each.name for each in mine if _version(each.name) is None)
            out(f'  {extra}: without {missing}; pip install "{DISTRIBUTION}[{extra}]"')
        else:
            yield from _line(out, extra, mine)


def _line(out: Callable[[str], object], what: str, asked: Iterable[Requirement]) -> Iterator[str]:
    shown = {each: _version(each.name) or "is missing" for each in asked}
    out(f"  {what}: {', '.join(f'{each.name} {version}' for each, version in shown.items())}")
    for each, version in shown.items():
        if version == "is missing" or not each.specifier.contains(version, prereleases=True):
            plain = f"{each.name}{each.specifier}"
            yield f'{each.name} {version}, and {what} asks for {plain}: pip install "{plain}"'


def _environment() -> Iterator[str]:
    """Yield what is wrong around the packages."""
    owners = metadata.packages_distributions().get("beluga", [])
    for other in sorted({owner for owner in owners if owner != DISTRIBUTION}):
        yield f"{other} installs a module beluga too: pip uninstall {other}, then install {DISTRIBUTION} again"
    told = _version("opentelemetry-sdk")
    if told and (api := _version("opentelemetry-api")) and api != told:
        yield f"opentelemetry-api is {api} and opentelemetry-sdk {told}: install the same version of both"
    if not getattr(sys, "_is_gil_enabled", lambda: True)():
        yield "this Python runs without the global lock, which no test of beluga's covers: use the usual build"


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
