"""What commands write: findings for a person, a program, a code host or a pull request; a file whole or not at all."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final, Literal

import attrs

from beluga._version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TextIO

__all__ = ["WRITERS", "Format", "Hit", "replacing"]

Format = Literal["text", "json", "sarif", "github"]

INJECTION: Final = "INJECTION"
_SARIF: Final = "https://json.schemastore.org/sarif-2.1.0.json"


@attrs.frozen
class Hit:
    """One finding in a file; lines and columns count from 1, and the text itself is not kept."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int
    kind: str
    rule: str
    score: float

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.what}"

    @property
    def what(self) -> str:
        """The kind, the rule where it says more, and the score of an injection."""
        rule = "" if self.rule in {"", self.kind} else f" ({self.rule})"
        score = f" {self.score:.2f}" if self.kind == INJECTION else ""
        return f"{self.kind}{rule}{score}"


class _FindingLines:
    """One line for each finding, as soon as it is known."""

    def __init__(self, out: TextIO) -> None:
        self.out = out

    def hit(self, hit: Hit) -> None:
        self.out.write(f"{hit}\n")

    def unreadable(self, file: str, why: str) -> None:
        sys.stderr.write(f"{file}: cannot be read: {why}\n")

    def end(self) -> None:
        pass


class _Commands(_FindingLines):
    """Workflow commands, which GitHub shows beside the line in a pull request.

    Source: GitHub's documentation, "Workflow commands for GitHub Actions", and the escapes of its ``command.ts``.
    """

    def hit(self, hit: Hit) -> None:
        place = f"line={hit.line},endLine={hit.end_line},col={hit.column},endColumn={hit.end_column}"
        self._command("warning", f"file={_property(hit.file)},{place},title={_property(hit.kind)}", hit.what)

    def unreadable(self, file: str, why: str) -> None:
        self._command("error", f"file={_property(file)}", f"cannot be read: {why}")

    def _command(self, level: str, properties: str, text: str) -> None:
        self.out.write(f"::{level} {properties}::{_data(text)}\n")


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


class _FindingsDocument(_FindingLines):
    """One JSON document of all findings, at the end."""

    def __init__(self, out: TextIO) -> None:
        super().__init__(out)
        self.hits: list[Hit] = []
        self.errors: list[tuple[str, str]] = []

    def hit(self, hit: Hit) -> None:
        self.hits.append(hit)

    def unreadable(self, file: str, why: str) -> None:
        self.errors.append((file, why))

    def end(self) -> None:
        json.dump(self.document(), self.out)  # in ASCII: a file may have a name that no encoding holds
        self.out.write("\n")

    def document(self) -> dict[str, Any]:
        errors = [{"file": file, "error": why} for file, why in self.errors]
        return {"findings": [attrs.asdict(hit) for hit in self.hits], "errors": errors}


class _Sarif(_FindingsDocument):
    """A log that code hosts and editors read.

    Source: OASIS, Static Analysis Results Interchange Format (SARIF) 2.1.0, sections 3.14, 3.20, 3.27 and 3.58.
    """

    def document(self) -> dict[str, Any]:
        driver = {
            "name": "beluga",
            "version": __version__,
            "rules": [{"id": rule} for rule in dict.fromkeys(hit.kind for hit in self.hits)],
        }
        told = [{"level": "error", "message": {"text": f"{file}: cannot be read: {why}"}} for file, why in self.errors]
        run = {
            "tool": {"driver": driver},
            "columnKind": "unicodeCodePoints",
            "invocations": [{"executionSuccessful": not self.errors, "toolExecutionNotifications": told}],
            "results": [self._result(hit) for hit in self.hits],
        }
        return {"$schema": _SARIF, "version": "2.1.0", "runs": [run]}

    def _result(self, hit: Hit) -> dict[str, Any]:
        region = {
            "startLine": hit.line,
            "startColumn": hit.column,
            "endLine": hit.end_line,
            "endColumn": hit.end_column,
        }
        place = {"artifactLocation": {"uri": _uri(hit.file)}, "region": region}
        return {
            "ruleId": hit.kind,
            "level": "warning",
            "message": {"text": hit.what},
            "locations": [{"physicalLocation": place}],
        }


def _uri(file: str) -> str:
    from pathlib import Path
    from urllib.parse import quote

    path = Path(file)
    return path.as_uri() if path.is_absolute() else quote(os.fsencode(path.as_posix()))


WRITERS: Final[dict[Format, Callable[[TextIO], _FindingLines]]] = {
    "text": _FindingLines,
    "json": _FindingsDocument,
    "sarif": _Sarif,
    "github": _Commands,
}


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Open a file beside `path` and move it there at the end, so that a half one is never seen.

    A link stays, and what it names is replaced. What is there and is not a file, such as a pipe or ``/dev/null``, is
    written to: moving a file there would put an end to it.

    Raises:
        OSError: It cannot be written; what was at `path` is still there.
    """
    if path.exists() and not path.is_file():
        with path.open("wb") as file:
            yield file
        return
    path = Path(os.path.realpath(path))
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    half = Path(name)
    try:
        with open(handle, "wb") as file:  # noqa: PTH123 - the handle is open already
            yield file
        half.chmod(path.stat().st_mode if path.exists() else 0o666 & ~_umask())
        half.replace(path)
    except BaseException:
        half.unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
