"""``beluga demo``: a support desk answers a file of tickets through one decorated function."""

from __future__ import annotations

import contextlib
import json
import math
from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["demo"]

_NOTHING_READ = 2


def demo(
    file: Annotated[
        Path | None, typer.Argument(help='One {"project": ..., "text": ...} a line; beluga\'s own if left out.')
    ] = None,
    faults: Annotated[float, typer.Option(min=0.0, max=1.0, help="How often a call of the model fails.")] = 0.3,
    seed: Annotated[int, typer.Option(help="The same seed gives the same run.")] = 7,
    limit: Annotated[int | None, typer.Option(min=1, help="Stop after so many tickets.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for machines.")] = False,
    real_time: Annotated[bool, typer.Option("--real-time", help="Wait for real, at five times the speed.")] = False,
) -> None:
    """Answer customer tickets through one function under six decorators and a fallback, all offline.

    A line that is not a ticket is reported and skipped. The exit status is 0, or 2 if no line is a ticket.
    """
    from beluga._cli.demo.tickets import read

    if math.isnan(faults):
        message = "nan is not a probability from 0 to 1"
        raise typer.BadParameter(message, param_hint="--faults")
    try:
        tickets, broken = read(file, limit)
    except OSError as error:
        _end("cannot read", file, error.strerror or type(error).__name__)
    from beluga._cli.demo.desk import work_through
    from beluga._cli.demo.tickets import summary

    with _progress(len(tickets)) as step:
        run = work_through(tickets, fault_rate=faults, seed=seed, real_time=real_time, progress=step)
    if as_json:
        typer.echo(json.dumps(summary(run, broken), indent=2))
    elif tickets:
        from beluga._cli.demo.report import show

        show(Console(), run, broken)
    if not tickets:
        reasons = (f"\nline {line.line}: {line.reason}" for line in broken)
        _end("there is no ticket in", file, 'write one {"project": ..., "text": ...} a line', *reasons)


def _end(what: str, file: Path | None, why: str, *more: str) -> NoReturn:
    """Say on stderr why there is nothing to do, and exit."""
    typer.echo(f"beluga demo: {what} {file}: {why}{''.join(more)}", err=True)
    raise typer.Exit(_NOTHING_READ)


@contextlib.contextmanager
def _progress(total: int) -> Iterator[Callable[[Any], None]]:
    """Show how far it is on stderr, if a person is watching; hand out what is to be called with each ticket."""
    console = Console(stderr=True)
    columns = (TextColumn("answering"), BarColumn(), MofNCompleteColumn(), TextColumn("tickets"))
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("answering", total=total)
        yield lambda _: progress.advance(task)
