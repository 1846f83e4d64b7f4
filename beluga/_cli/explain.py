"""``beluga explain``: the layers of a decorated function, their options and what is misplaced."""

from __future__ import annotations

import importlib
import operator
import sys
from typing import Annotated, Any

import typer

__all__ = ["explain"]


def explain(
    target: Annotated[str, typer.Argument(metavar="MODULE:FUNCTION", help="Such as app.llm:ask.")],
) -> None:
    """Show the decorators of a function, outermost first; its module is imported from here."""
    from beluga import explain as describe

    try:
        plan = describe(_find(target))
    except (ImportError, AttributeError, TypeError, ValueError) as error:
        typer.echo(f"beluga explain: {error}", err=True)
        raise typer.Exit(2) from error
    typer.echo(plan)


def _find(target: str) -> Any:
    """Return what `target` names.

    Raises:
        ImportError: There is no such module, or it cannot be imported.
        AttributeError: There is no such function in it.
        ValueError: `target` has another form.
    """
    module, _, function = target.partition(":")
    if not module or not function:
        message = f"{target!r} names no function: write MODULE:FUNCTION, such as app.llm:ask"
        raise ValueError(message)
    if "" not in sys.path:
        sys.path.insert(0, "")
    return operator.attrgetter(function)(importlib.import_module(module))
