"""Objects and exceptions shown masked without being copied: a stand-in asks the real one, and masks what it says.

A copy would lose facts. `FileNotFoundError` keeps its path beside its arguments, pydantic's errors cannot be made at
all, a request must still have its `method` for a filter that asks. So whatever is not plain data is put behind one that
has its class, passes on what it is asked, and masks each text on the way out::

    record.exc_info = (FileNotFoundError, error, traceback)
                                            |         |
                     stand-in: str() masked-+         +- stand-in: frames whose locals are masked

Frames have stand-ins too because some handlers print the values of local variables.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import decimal
import fractions
import functools
import ipaddress
import pathlib
import re
import types
import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import wrapt

from beluga._values.walk import is_of
from beluga.masking import Masking, is_secret_key, mask, mask_text, told_by

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    Text = Callable[[str], str]

__all__ = ["FAILED", "Shown", "StandIns", "secrets_named_in", "without"]

FAILED = "[log masking failed]"
"""What is shown of what could not be masked."""

_PRINTABLE = (
    dt.date, dt.time, dt.timedelta, dt.tzinfo, decimal.Decimal, fractions.Fraction, uuid.UUID, pathlib.PurePath,
    ipaddress.IPv4Address, ipaddress.IPv6Address, ipaddress.IPv4Network, ipaddress.IPv6Network, re.Pattern, range,
)  # fmt: skip
"""Values that are no more than what they print: without a secret in that, they stay themselves."""

_TELLING = 4
"""Characters from which a secret's value is looked for in what is printed: a shorter one is part of other words."""

_TELLS_INPUTS = frozenset({"pydantic_core", "pydantic", "fastapi"})
_CUT = (25, 24)  # characters of either end of an input that pydantic shows
_NEAR = 2  # objects in an object that are looked at for what it may print
_ITEMS = 100

_CODE = (types.FunctionType, types.BuiltinFunctionType, types.MethodType, types.ModuleType, type)


class StandIns:
    """Makes stand-ins that mask alike.

    Args:
        text: Masks a text.
    """

    def __init__(self, text: Text = mask_text) -> None:
        self.text = text

    def data(self, value: Any) -> Any:
        """Return `value` masked, with stand-ins for the objects and exceptions in it."""
        return self._walk().mask(value)

    def field(self, name: object, value: Any) -> Any:
        """Return `value`, which stands under `name`, in the same way."""
        return self._walk().field(name, value)

    def _walk(self) -> Masking:
        return Masking(self.text, self.shown, self.error)

    def shown(self, value: Any) -> Any:
        """Return what stands for an object; for code, and for what prints no more than it is, itself."""
        if isinstance(value, _CODE) or type(value) is Shown:
            return value
        if isinstance(value, _PRINTABLE) and self.text(printed := str(value)) == printed:
            return value
        return Shown(value, self)

    def printed(self, write: Callable[[Any], Any], value: Any) -> str:
        """Return what `write` makes of `value`, masked by form and by the names of what it holds; never raises."""
        try:
            return self.text(without(str(write(value)), (*secrets_named_in(value, _NEAR), *self._inputs(value))))
        except Exception:
            return FAILED

    def _inputs(self, error: Any) -> Iterator[str]:
        """Yield what is to be hidden of the inputs that an error of pydantic tells of, cut short or not."""
        # By where its class comes from: what `errors` of somebody else's does or returns, nobody knows.
        if not isinstance(error, BaseException) or not is_of(type(error), _TELLS_INPUTS):
            return
        for each in getattr(error, "errors", tuple)():
            if "input" not in each:
                continue
            given = each["input"]
            hidden = self.data(each)["input"]
            if hidden is given or (type(hidden) is Shown and str(hidden) == str(given)):
                continue
            yield from secrets_named_in({told_by(each, "input"): given}, _NEAR)
            if len(printed := repr(given)) > _CUT[0] + _CUT[1]:
                yield from (printed[: _CUT[0]], printed[-_CUT[1] :])

    def error(self, error: BaseException, met: dict[int, BaseException] | None = None) -> BaseException:
        """Return what stands for an exception, its causes and what is in its group."""
        met = {} if met is None else met
        if id(error) in met:
            return met[id(error)]
        kind: Any = type(error)
        if issubclass(kind, _Error):
            return error
        twin: Any = _twin(kind)
        if issubclass(kind, BaseExceptionGroup):
            # The members first: they cannot be put in later. None can be a group that holds this one.
            inside = [self.error(inner, met) for inner in error.exceptions]  # type: ignore[attr-defined]  # a group has them
            made = twin.__new__(twin, self.text(error.message) or FAILED, inside)  # type: ignore[attr-defined]  # and this
        else:
            made = twin.__new__(twin)
        met[id(error)] = made
        _fill(made, error, self)
        for link in ("__cause__", "__context__"):
            cause = getattr(error, link)
            setattr(made, link, None if cause is None else self.error(cause, met))
        made.__suppress_context__ = error.__suppress_context__
        result: BaseException = made
        return result

    def traceback(self, trace: Any) -> Any:
        """Return what stands for a traceback."""
        return trace if trace is None or type(trace) is _Traceback else _Traceback(trace, self)


def without(text: str, secrets: Iterable[str]) -> str:
    """Return `text` with `secrets` masked wherever they stand; the longest first, of which another may be a part."""
    for secret in sorted(set(secrets), key=len, reverse=True):
        text = text.replace(secret, mask(secret))
    return text


def secrets_named_in(value: Any, depth: int) -> Iterator[str]:
    """Yield the texts of the values that stand under the name of a secret, as they would be printed."""
    for name, inner in _pairs(value):
        kind = type(inner)
        if inner is None or kind is bool:
            continue
        if isinstance(name, str) and is_secret_key(name):
            text = inner.decode("latin-1") if kind is bytes else inner if kind is str else _printed(inner)
            if len(text) >= _TELLING:
                yield text
        elif depth and kind not in _LEAVES and not issubclass(kind, _CODE):
            yield from secrets_named_in(inner, depth - 1)


def _pairs(value: Any) -> Iterable[tuple[Any, Any]]:
    """Return what `value` holds, each with its name; of a sequence the items have none."""
    try:
        if isinstance(value, list | tuple):
            return [("", inner) for inner in value[:_ITEMS]]
        if isinstance(value, Mapping):
            return value.items()
        return [(name, getattr(value, name, None)) for name in _names_of(value)]
    except Exception:  # a stranger's mapping or object
        return ()


def _printed(value: Any) -> str:
    try:
        return str(value)
    except Exception:  # then no message holds it either
        return ""


_LEAVES = frozenset({str, bytes, int, float})


if TYPE_CHECKING:
    _Proxy = wrapt.ObjectProxy[Any]  # generic in its stubs only
else:
    _Proxy = wrapt.ObjectProxy


class Shown(_Proxy):
    """An object of which only masked texts, items and attributes are seen."""

    def __init__(self, value: Any, stand_ins: StandIns) -> None:
        super().__init__(value)
        self._self_stand_ins = stand_ins

    def __str__(self) -> str:
        return self._self_stand_ins.printed(str, self.__wrapped__)

    def __repr__(self) -> str:
        return self._self_stand_ins.printed(repr, self.__wrapped__)

    def __format__(self, spec: str) -> str:
        return self._self_stand_ins.printed(lambda value: format(value, spec), self.__wrapped__)

    def __bytes__(self) -> bytes:
        masked: bytes = self._self_stand_ins.data(bytes(self.__wrapped__))
        return masked

    def __getattr__(self, name: str) -> Any:
        return self._self_stand_ins.field(name, getattr(self.__wrapped__, name))

    @property
    def __dict__(self) -> dict[str, Any]:  # type: ignore[override]  # what vars() and serialisers read
        return {name: self._self_stand_ins.field(name, value) for name, value in vars(self.__wrapped__).items()}

    def __getitem__(self, key: Any) -> Any:
        return self._self_stand_ins.field(key, self.__wrapped__[key])

    def __iter__(self) -> Iterator[Any]:
        return map(self._self_stand_ins.data, iter(self.__wrapped__))

    def __reduce_ex__(self, protocol: object) -> Any:
        # The real one stays behind: whoever reads the pickle sees masked texts only.
        fields = {}
        for name in _names_of(self.__wrapped__):
            with contextlib.suppress(Exception):  # a slot that is empty, or what somebody made raise
                value = getattr(self, name)
                if type(value) in _DATA:
                    fields[name] = value
        return _remains, (str(self), repr(self), fields)

    def __copy__(self) -> Shown:
        return self

    def __deepcopy__(self, memo: object) -> Shown:
        return self


_DATA = frozenset({str, int, float, bool, type(None)})


def _names_of(value: Any) -> list[str]:
    """Return the names of what an object holds, in its dict or in slots."""
    slots = [slot for base in type(value).__mro__ for slot in vars(base).get("__slots__", ()) if slot[:2] != "__"]
    try:
        return [*vars(value), *slots]
    except TypeError:  # it has no dict
        return slots


class _Remains:
    """What another process gets of an object: its plain attributes, masked, and what it printed."""

    def __str__(self) -> str:
        return self.__printed[0]

    def __repr__(self) -> str:
        return self.__printed[1]

    __printed = ("", "")


def _remains(printed: str, shown: str, fields: dict[str, Any]) -> _Remains:
    made = _Remains()
    vars(made).update(fields, _Remains__printed=(printed, shown))
    return made


class _Error(BaseException):
    """What all stand-ins for exceptions have; the rest is their twin's class."""

    _of: BaseException
    _stand_ins: StandIns

    def __str__(self) -> str:
        return self._stand_ins.printed(str, self._of)

    def __repr__(self) -> str:
        return self._stand_ins.printed(repr, self._of)

    def __getattr__(self, name: str) -> Any:
        if name in {"_of", "_stand_ins"}:
            raise AttributeError(name)
        return self._stand_ins.field(name, getattr(self._of, name))

    def __reduce__(self) -> Any:
        return _revived, (type(self._of), str(self), repr(self))


def _class_of(stand_in: _Error) -> type[BaseException]:
    return type(stand_in._of)  # noqa: SLF001 - ours


def _traceback_of(stand_in: _Error) -> Any:
    return stand_in._stand_ins.traceback(stand_in._of.__traceback__)  # noqa: SLF001 - ours


@functools.lru_cache(256)
def _twin(kind: Any) -> Any:
    """Return a class that prints as `kind` does.

    It is not a subclass of `kind`, which may be final, or keep a list of its subclasses; ``isinstance`` takes it for
    one by its ``__class__``. The families that `traceback` knows by their class have their own.
    """
    families = (SyntaxError, ExceptionGroup, BaseExceptionGroup, Exception)
    base = next((family for family in families if issubclass(kind, family)), BaseException)
    body = {
        "__module__": kind.__module__,
        "__qualname__": kind.__qualname__,
        "__doc__": kind.__doc__,
        "__init__": lambda self, *args: None,  # noqa: ARG005 - it is filled from outside
        "__class__": property(_class_of),
        "__traceback__": property(_traceback_of, lambda self, trace: None),  # noqa: ARG005 - it keeps its own
    }
    return type(kind.__name__, (_Error, base), body)


_SYNTAX = ("msg", "filename", "lineno", "offset", "text", "end_lineno", "end_offset", "print_file_and_line")


def _fill(made: Any, error: BaseException, stand_ins: StandIns) -> None:
    made._of, made._stand_ins = error, stand_ins  # noqa: SLF001 - ours
    made.args = tuple(map(stand_ins.data, error.args))
    if isinstance(error, SyntaxError):
        for name in _SYNTAX:
            setattr(made, name, stand_ins.data(getattr(error, name, None)))
    for name, value in vars(error).items():
        vars(made)[name] = stand_ins.field(name, value)


def _revived(kind: Any, printed: str, shown: str) -> BaseException:
    """Return in another process what prints the same there; the exception itself stayed behind."""
    twin = _twin(kind)
    made: Any = twin.__new__(twin, *((printed, [Exception()]) if issubclass(twin, BaseExceptionGroup) else ()))
    made._of, made._stand_ins = _Printed(printed, shown), StandIns()  # noqa: SLF001 - ours
    return made  # type: ignore[no-any-return]  # of a class made here no checker can know


class _Printed(Exception):
    """A text in the place of an exception that is somewhere else."""

    def __str__(self) -> str:
        return str(self.args[0])

    def __repr__(self) -> str:
        return str(self.args[1])


class _Traceback:
    """A traceback whose frames show masked values."""

    __slots__ = ("_of", "_stand_ins")
    __class__ = types.TracebackType  # type: ignore[assignment]  # for isinstance

    def __init__(self, trace: types.TracebackType, stand_ins: StandIns) -> None:
        self._of, self._stand_ins = trace, stand_ins

    @property
    def tb_frame(self) -> Any:
        return _Frame(self._of.tb_frame, self._stand_ins)

    @property
    def tb_next(self) -> Any:
        return self._stand_ins.traceback(self._of.tb_next)

    @property
    def tb_lineno(self) -> int:
        return self._of.tb_lineno

    @property
    def tb_lasti(self) -> int:
        return self._of.tb_lasti


class _Frame:
    """A frame that shows masked values of its local variables."""

    __slots__ = ("_of", "_stand_ins")
    __class__ = types.FrameType  # type: ignore[assignment]  # for isinstance

    def __init__(self, frame: types.FrameType, stand_ins: StandIns) -> None:
        self._of, self._stand_ins = frame, stand_ins

    @property
    def f_locals(self) -> dict[str, Any]:
        return {name: self._stand_ins.field(name, value) for name, value in self._of.f_locals.items()}

    @property
    def f_back(self) -> Any:
        return None if self._of.f_back is None else _Frame(self._of.f_back, self._stand_ins)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._of, name)
