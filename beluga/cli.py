"""The command line: nothing but the list of commands, each of which has its own module."""

from __future__ import annotations

import typer

from beluga._commands.demo import demo
from beluga._commands.explain import explain

__all__ = ["app"]

app = typer.Typer(
    help="Every production concern of an LLM application as one decorator on a plain function.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,  # they may hold customers' texts
)
app.command()(demo)
app.command()(explain)
