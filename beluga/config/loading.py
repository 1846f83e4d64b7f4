"""Read a file into an instance of a schema, or say everything that is wrong with it at once."""

from __future__ import annotations

import hashlib
import os
import pathlib
import stat
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

import attrs

from beluga._types.fit import fit
from beluga._types.scalars import BY_HAND
from beluga.config.env_overrides import check_names, merge, overrides
from beluga.config.parsers import parse
from beluga.config.problems import Findings, Problem, failure
from beluga.config.sections import section_of
from beluga.errors import ErrorCode

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from beluga._types.tree import Record
    from beluga.errors import ConfigError

__all__ = ["Reading", "Source", "load", "validate"]

T = TypeVar("T")

LARGEST: Final = 16 * 1024 * 1024
"""Bytes of a file that is still taken for a configuration."""

_STEADY_TRIES: Final = 3


@attrs.frozen
class Reading:
    """What one look at a file gave: its content, or why there is none.

    Args:
        digest: Tells this state of the file from any other; a missing file has one too.
        content: The bytes.
        error: Why they could not be read.
    """

    digest: bytes
    content: bytes = attrs.field(default=b"", repr=False)
    error: ConfigError | None = None


class Source(Generic[T]):
    """A file, the schema of its content, and the variables that override it.

    Args:
        path: The file; its ending says the format.
        schema: An attrs class.
        prefix: Begins the names of the variables that override settings; None for none.
        variables: Where they are looked up; None for the process's own, looked up at each load.

    Raises:
        TypeError: The schema cannot be understood, or two settings have the same variable.
        ValueError: The prefix is no name.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        schema: type[T],
        prefix: str | None = None,
        variables: Mapping[str, str] | None = None,
    ) -> None:
        self.name: str = os.fspath(path)
        self.section: Record = section_of(schema)
        self._prefix = prefix
        self._variables = variables
        check_names(self.section, prefix)

    def read(self) -> Reading:
        """Look at the file once; nothing is raised."""
        try:
            content = _steady(self.name)
        except (FileNotFoundError, NotADirectoryError):
            return self._unread("does not exist", ErrorCode.NOT_FOUND)
        except (OSError, ValueError) as error:
            return self._unread(f"cannot be read: {getattr(error, 'strerror', None) or error}")
        if len(content) > LARGEST:
            return self._unread(f"is larger than {LARGEST} bytes, so it is no configuration")
        return Reading(hashlib.sha256(content).digest(), content)

    def build(self, reading: Reading, also: Callable[[T, Findings], object] | None = None) -> T:
        """Turn a reading into an instance.

        Args:
            reading: What `read` gave.
            also: Looks at an instance that is valid by the schema, and may note more problems.

        Raises:
            ConfigError: With every problem there is.
        """
        if reading.error is not None:
            raise reading.error
        document = parse(reading.content, self.name)
        variables = os.environ if self._variables is None else self._variables
        set_by = overrides(self.section, self._prefix, variables)
        sources: dict[Any, str] = {override.path: override.source for override in set_by}
        found = Findings(lambda path: sources.get(path) or document.source_of(path))
        instance, problems = fit(self.section, merge(document.data, found, set_by), BY_HAND)
        found.add(problems)
        if also is not None and not found.problems:
            also(instance, found)
        if found.problems:
            raise failure(self.name, found.problems)
        return instance  # type: ignore[no-any-return]  # the section makes a T

    def _unread(self, rule: str, code: ErrorCode | None = None) -> Reading:
        return Reading(rule.encode(), error=failure(self.name, [Problem("", rule, self.name)], code))


def _steady(name: str) -> bytes:
    """Return the bytes of a file that did not change while they were read, unless it never stops changing."""
    content = b""
    kind = pathlib.Path(name).stat().st_mode
    # Opening a pipe waits for its writer. A directory says better itself what it is.
    if not (stat.S_ISREG(kind) or stat.S_ISDIR(kind)):
        message = "it is no regular file"
        raise OSError(message)
    for _ in range(_STEADY_TRIES):
        with pathlib.Path(name).open("rb") as file:
            before = _signature(file.fileno())
            content = file.read(LARGEST + 1)
            if _signature(file.fileno()) == before:
                break
    return content


def _signature(descriptor: int) -> tuple[int, int]:
    status = os.fstat(descriptor)
    return status.st_mtime_ns, status.st_size


def load(
    path: str | os.PathLike[str],
    schema: type[T],
    *,
    prefix: str | None = None,
    variables: Mapping[str, str] | None = None,
) -> T:
    """Read the file at `path` into an instance of `schema`.

    The ending says the format: ``.json``, ``.toml``, or ``.yaml`` with the extra ``yaml``. Nothing is converted
    silently: a bool is no int, 4096.5 and ``"4096"`` are none either, NaN is no number, a key that the schema does
    not know is an error. The text of a variable is read by the setting's type and then checked like the file.

    Args:
        path: The file.
        schema: An attrs class; its annotations, its defaults and `field` say what is allowed.
        prefix: With ``"APP"`` the variable ``APP_PORT`` overrides ``port`` and ``APP_OPENAI_MAX_TOKENS`` overrides
            ``openai.max_tokens``; None leaves only the names given by ``field(env=...)``.
        variables: Where these are looked up; None for the variables of the process.

    Returns:
        An instance that the schema allows.

    Raises:
        ConfigError: With every problem in `errors`. Its code is ``not_found`` for a missing file, else
            ``invalid_input``.
        TypeError: The schema cannot be understood.
        ValueError: `prefix` is no name, or ends with the underscore that is put behind it.

    Example:
        >>> import pathlib, tempfile
        >>> @attrs.frozen
        ... class AppConfig:
        ...     model: str = "gpt-4o"
        ...     max_tokens: int = attrs.field(default=4096)
        >>> file = pathlib.Path(tempfile.mkdtemp()) / "app.toml"
        >>> _ = file.write_text("max_tokens = 512")
        >>> load(file, AppConfig, prefix="APP", variables={"APP_MODEL": "gpt-4o-mini"})
        AppConfig(model='gpt-4o-mini', max_tokens=512)
    """
    source = Source(path, schema, prefix, variables)
    return source.build(source.read())


def validate(instance: T) -> T:
    """Check an instance that was made by hand against its schema.

    Returns:
        The instance itself.

    Raises:
        ConfigError: With every problem in `errors`.
        TypeError: Its class is no schema.

    Example:
        >>> from beluga.config import field
        >>> @attrs.frozen
        ... class Limits:
        ...     rate_limit: int = field(100, min=1)
        >>> validate(Limits(rate_limit=0))
        Traceback (most recent call last):
        beluga.errors.ConfigError: rate_limit must be an int of at least 1, not 0
    """
    found = Findings()
    found.add(fit(section_of(type(instance)), instance, BY_HAND)[1])
    if found.problems:
        raise failure(type(instance).__name__, found.problems)
    return instance
