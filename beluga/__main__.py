"""The entry point of ``beluga`` and ``python -m beluga``."""

from __future__ import annotations

import sys

__all__ = ["main"]

_OF_THE_EXTRA = {"rich", "typer"}


def main() -> None:
    """Run the command line, or say how to get it."""
    try:
        from beluga._cli.app import app
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in _OF_THE_EXTRA:
            raise
        sys.stderr.write('the command line is an extra: pip install "beluga-ai[cli]"\n')
        sys.exit(2)
    app(prog_name="beluga")


if __name__ == "__main__":
    main()
