"""Read files and variables into an instance of a schema, or say everything that is wrong with them at once."""

from __future__ import annotations

import hashlib
import os
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import attrs

from beluga._types.fit import fit
from beluga._types.scalars import BY_HAND
from beluga._types.tree import Items, Record, Table
from beluga.config.fields import section_of
from beluga.config.files import Document, decoded, parse, read_steady, refuse
from beluga.config.problems import Findings, Problem, failure
from beluga.config.variables import Variable, check_names, is_env_file, merge, overrides, read_env
from beluga.errors import ConfigError, ErrorCode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

__all__ = ["Snapshot", "Source", "layered", "load", "validate"]

T = TypeVar("T")


@attrs.frozen
class Snapshot:
    """What one look at the files gave: their contents, or why there is none.

    Args:
        digest: Tells this state of the files from any other; a missing file has one too.
        contents: The bytes of each.
        error: Why they could not be read.
    """

    digest: bytes
    contents: tuple[bytes, ...] = attrs.field(default=(), repr=False)
    error: ConfigError | None = None


class Source(Generic[T]):
    """Files, the schema of what they hold together, and the variables that override it.

    Args:
        path: A file, or several, each over those before it; None for variables alone. The ending says the format.
        schema: An attrs or data class.
        prefix: Begins the names of the variables that override settings; None for none.
        variables: Where they are looked up; None for the process's own, looked up at each load.
        env_empty: Whether a variable that is set to nothing counts.

    Raises:
        TypeError: The schema cannot be understood, or two settings have the same variable.
        ValueError: The prefix is not a name.
    """

    def __init__(
        self,
        path: str | os.PathLike[str] | Sequence[str | os.PathLike[str]] | None,
        schema: type[T],
        prefix: str | None = None,
        variables: Mapping[str, str] | None = None,
        *,
        env_empty: bool = True,
    ) -> None:
        self.names: tuple[str, ...] = _names(path)
        # Where they are now; the program may change its directory later.
        self.files: tuple[str, ...] = tuple(map(os.path.abspath, self.names))
        self.name: str = ", ".join(self.names) or "the environment"
        self.section: Record = section_of(schema)
        self._prefix = prefix
        self._variables = variables
        self._env_empty = env_empty
        self._is_new = True
        check_names(self.section, prefix)

    def read(self) -> Snapshot:
        """Look at the files once; nothing is raised."""
        digest = hashlib.sha256()
        contents = []
        for name, file in zip(self.names, self.files, strict=True):
            try:
                contents.append(read_steady(file))
            except (FileNotFoundError, NotADirectoryError) as error:
                return self._unread(name, "does not exist", error, ErrorCode.NOT_FOUND)
            except (OSError, ValueError) as error:
                return self._unread(name, f"cannot be read: {getattr(error, 'strerror', None) or error}", error)
            digest.update(hashlib.sha256(contents[-1]).digest())
        return Snapshot(digest.digest(), tuple(contents))

    def build(self, reading: Snapshot, also: Callable[[T, Findings], object] | None = None) -> T:
        """Turn a reading into an instance.

        Args:
            reading: What `read` gave.
            also: Looks at an instance that is valid by the schema, and may note more problems.

        Raises:
            ConfigError: With every problem there is.
        """
        if reading.error is not None:
            raise reading.error
        variables = self._of_process()
        documents = []
        for name, content in zip(self.names, reading.contents, strict=True):
            if is_env_file(name):
                variables = _env_file(content, name) | variables
            else:
                documents.append(_without_empty(parse(content, name), self.section))
        sources: dict[Any, str] = {}
        found = Findings(lambda path: _source_of(path, sources, documents, self.name))
        set_by, unused = overrides(self.section, self._prefix, self._kept(variables), found)
        sources |= {override.path: override.variable.source for override in set_by}
        data = merge(layered(documents), found, set_by)
        instance, problems = fit(self.section, data, BY_HAND)
        found.add(problems)
        self._warn(unused)
        if also is not None and not found.problems:
            also(instance, found)
        if found.problems:
            raise failure(self.name, found.problems)
        return instance  # type: ignore[no-any-return]  # the section makes a T

    def _of_process(self) -> dict[str, Variable]:
        found = os.environ if self._variables is None else self._variables
        return {name: Variable(text, f"environment variable {name}") for name, text in found.items()}

    def _kept(self, variables: Mapping[str, Variable]) -> Mapping[str, Variable]:
        if self._env_empty:
            return variables
        return {name: variable for name, variable in variables.items() if variable.text.strip()}

    def _warn(self, unused: list[str]) -> None:
        """Say once which variables of the prefix set nothing; their texts are not shown."""
        if unused and self._is_new:
            many = "variables set" if len(unused) > 1 else "variable sets"
            warnings.warn(f"config: the {many} nothing: {', '.join(unused)}", stacklevel=4)
        self._is_new = False

    def _unread(self, name: str, rule: str, cause: Exception, code: ErrorCode | None = None) -> Snapshot:
        error = failure(name, [Problem("", rule, name)], code)
        error.__cause__ = cause.with_traceback(None)  # a watcher keeps it, and would keep the frames
        return Snapshot(f"{name}: {rule}".encode(), error=error)


def _names(path: Any) -> tuple[str, ...]:
    is_one = isinstance(path, (str, os.PathLike))
    if isinstance(path, bytes) or not (path is None or is_one or isinstance(path, Sequence)):
        message = f"config: path={path!r} is neither a path, nor a list of paths, nor None"
        raise TypeError(message)
    paths = () if path is None else (path,) if is_one else tuple(path)
    if path is not None and not paths:
        message = "config: there is no file in the list; None loads from variables alone"
        raise ValueError(message)
    names = tuple(os.fspath(each) for each in paths)
    if "" in names:
        message = "config: an empty path names no file; None loads from variables alone"
        raise ValueError(message)
    return names


def _env_file(content: bytes, name: str) -> dict[str, Variable]:
    def complain(rule: str, line: int | None) -> Any:
        refuse(name, rule, line)

    found = read_env(decoded(content, name), complain)
    return {key: Variable(text, f"{name}:{line}") for key, (text, line) in found.items()}


def layered(documents: Iterable[Document]) -> dict[str, Any]:
    """Return one table: of two files the later one wins, and tables are put together."""
    whole: dict[str, Any] = {}
    for document in documents:
        whole = _over(whole, document.data)
    return whole


def _over(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    both = dict(below)
    for key, value in above.items():
        under = below.get(key)
        both[key] = _over(under, value) if isinstance(under, dict) and isinstance(value, dict) else value
    return both


def _source_of(path: Any, sources: Mapping[Any, str], documents: Sequence[Document], name: str) -> str:
    """Return where the value at `path` comes from: a variable, or the last file that has it or what is around it."""
    for end in range(len(path), 0, -1):
        if path[:end] in sources:
            return sources[path[:end]]
        for document in reversed(documents):
            if document.has(path[:end]):
                return document.source_of(path)
    return documents[0].source_of(path) if len(documents) == 1 else name


def _without_empty(document: Document, section: Record) -> Document:
    """Take out the sections, lists and tables that have nothing in them, not even null: they have their default."""
    for path in document.empty:
        node: Any = section
        holder: Any = document.data
        for step in path[:-1]:
            holder = holder[step]
            node = _below(node, step)
        field = node.fields.get(path[-1]) if isinstance(node, Record) else None
        if field is not None and isinstance(field.node, (Record, Items, Table)) and path[-1] in holder:
            if field.required:
                holder[path[-1]] = [] if isinstance(field.node, Items) else {}
            else:
                del holder[path[-1]]
    return document


def _below(node: Any, step: Any) -> Any:
    match node:
        case Record(fields=fields) if step in fields:
            return fields[step].node
        case Items(item=item) | Table(item=item):
            return item
        case _:
            return None


def load(
    path: str | os.PathLike[str] | Sequence[str | os.PathLike[str]] | None,
    schema: type[T],
    *,
    prefix: str | None = None,
    variables: Mapping[str, str] | None = None,
    env_empty: bool = True,
) -> T:
    """Read the file at `path` into an instance of `schema`.

    The ending says the format: ``.json``, ``.toml``, or ``.yaml`` with the extra ``yaml``. Nothing is converted
    silently: a bool is not an int, 4096.5 and ``"4096"`` are not either, NaN is not a number, a key that the schema
    does not know is an error unless it begins with ``x-``. The text of a variable is read by the setting's type and
    then checked like the file.

    Args:
        path: The file, or several of which each goes over those before it; a ``.env`` file among them holds variables.
            None loads from variables alone.
        schema: An attrs or data class; its annotations, its defaults and `field` say what is allowed.
        prefix: With ``"APP"`` the variable ``APP_PORT`` overrides ``port``, and ``APP_OPENAI_MAX_TOKENS`` or
            ``APP_OPENAI__MAX_TOKENS`` overrides ``openai.max_tokens``; ``APP_PORT_FILE`` names a file that holds the
            text. None leaves only the names given by ``field(env=...)``.
        variables: Where these are looked up; None for the variables of the process, which go over those of files.
        env_empty: Whether a variable that is set to nothing counts; False takes it as not set.

    Returns:
        An instance that the schema allows.

    Raises:
        ConfigError: With every problem in `errors`. Its code is ``not_found`` for a missing file, else
            ``invalid_input``.
        TypeError: The schema cannot be understood.
        ValueError: `prefix` is not a name, or ends with the underscore that is put behind it.

    Warns:
        UserWarning: A variable of the prefix sets nothing; the message has the name that was probably meant.

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
    source = Source(path, schema, prefix, variables, env_empty=env_empty)
    return source.build(source.read())


def validate(instance: T) -> T:
    """Check an instance that was made by hand against its schema.

    Returns:
        The instance itself.

    Raises:
        ConfigError: With every problem in `errors`.
        TypeError: Its class is not a schema.

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
