"""Ways to a sink beside the straight one, and facts that must arrive there."""

from __future__ import annotations

import collections
import concurrent.futures
import datetime as dt
import enum
import io
import logging
import multiprocessing
import pathlib
import pickle
import sys
import traceback
import types

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from loguru import logger

from beluga import events, logs
from beluga.masking.standins import StandIns

KEY = "sk-" + "Abcdefgh12345678ijkl"
WORD = "swordfish0"


@pytest.fixture
def boundary():
    """Install the boundary, and take it and every handler away again."""
    logger.remove()
    logs.install()
    yield
    logs.uninstall()
    logger.remove()


@pytest.fixture
def stream():
    """What the handler of `log` has written."""
    return io.StringIO()


@pytest.fixture
def log(stream):
    """A logger of the standard library with one handler."""
    log = logging.Logger("t")
    log.addHandler(logging.StreamHandler(stream))
    return log


class FrozenDict(dict):
    """A dict that nobody can change, or make from another."""

    def __init__(self):
        super().__init__(region="eu")

    def __setitem__(self, name, value):
        raise TypeError

    clear = update = None


class Request:
    """A stranger's object, with what a filter looks at."""

    method = "GET"
    password = WORD

    def __repr__(self):
        return f"<request {KEY}>"


@attrs.frozen
class Account:
    """A record with a secret."""

    name: str
    password: str


class Level(enum.StrEnum):
    """An enumeration of texts."""

    HIGH = "high"


HARMLESS = {
    "a structure of the interpreter": sys.version_info,
    "a dict that nobody can change": FrozenDict(),
    "a path": pathlib.Path("/srv/app/settings.toml"),
    "a member": Level.HIGH,
    "a date": dt.date(2026, 11, 28),
    "a counter": collections.Counter(ok=3),
    "a deque": collections.deque(["a"]),
    "a proxy of a dict": types.MappingProxyType({"a": 1}),
    "a range": range(3),
}


@pytest.mark.usefixtures("boundary")
@pytest.mark.parametrize("kind", HARMLESS)
def test_harmless_values_arrive_as_they_are(kind):
    """What holds no secret keeps its type and its value, whatever it is, and costs no line."""
    value, got = HARMLESS[kind], []
    logger.add(lambda message: got.append(message.record))
    logger.bind(value=value).info("x")
    assert [line["message"] for line in got] == ["x"]
    assert got[0]["extra"]["value"] == value
    assert type(got[0]["extra"]["value"]) is type(value)


@pytest.mark.usefixtures("boundary")
def test_filters_and_formats_see_attributes():
    """A filter asks an object in `extra`, a format asks a path: both get the real answers, secrets masked."""
    sink = io.StringIO()
    logger.add(
        sink,
        format="{extra[path].name} {extra[req].method} {extra[req].password} {extra[req]} {extra[account].password}",
        filter=lambda record: record["extra"]["req"].method == "GET" and isinstance(record["extra"]["req"], Request),
    )
    logger.bind(req=Request(), path=pathlib.Path("/srv/app.toml"), account=Account("ada", WORD)).info("x")
    assert sink.getvalue().startswith("app.toml GET ")
    assert "<request sk" in sink.getvalue()
    assert WORD not in sink.getvalue()
    assert KEY not in sink.getvalue()


@pytest.mark.usefixtures("boundary")
@pytest.mark.parametrize(
    "act",
    [
        lambda: logger.info("as {0[password]} with {1}", {"password": WORD}, KEY),
        lambda: logger.info("as {c.password}", c=Request()),
        lambda: logger.info("pin {pin} of {token}", pin=48151623, token=b"swordfish0"),
        lambda: logger.opt(lazy=True).info("as {c[password]}", c=lambda: {"password": WORD}),
        lambda: logger.bind(password=48151623, inner={"token": WORD}).info(f"as 48151623 with {WORD}"),
    ],
)
def test_values_that_a_format_reaches_are_masked(act):
    """Items, attributes, numbers and bytes under a secret's name are masked before a message is made of them."""
    sink = io.StringIO()
    logger.add(sink, format="{message} {extra}")
    act()
    assert "****" in sink.getvalue()
    assert WORD not in sink.getvalue()
    assert "48151623" not in sink.getvalue()
    assert KEY not in sink.getvalue()


@pytest.mark.usefixtures("boundary")
def test_the_place_of_a_line_is_the_callers():
    """What is wrapped around loguru does not count as a caller."""
    got = []
    logger.add(lambda message: got.append(message.record))
    logger.info("x")
    assert got[0]["function"] == "test_the_place_of_a_line_is_the_callers"


@pytest.mark.usefixtures("boundary")
def test_filters_that_add_are_masked_behind(log, stream):
    """Context that a handler's filter, or a sink's, puts into a record is masked as well."""

    def add(record):
        record.late = KEY
        record.region = "eu"
        return True

    def bind(record):
        record["extra"] |= {"late": KEY, "region": "eu"}
        return True

    got, sink = [], io.StringIO()
    (handler,) = log.handlers
    handler.addFilter(add)
    handler.setFormatter(logging.Formatter("%(message)s %(region)s %(late)s"))
    log.warning("x")
    logger.add(sink, format="{message} {extra[region]} {extra[late]}", filter=bind)
    logger.add(lambda message: got.append(message.record["extra"]), filter=bind)
    logger.info("x")
    for printed in (stream.getvalue(), sink.getvalue(), repr(got)):
        assert "eu" in printed
        assert KEY not in printed


@pytest.mark.usefixtures("boundary")
def test_formatters_of_their_own_are_masked_behind(log, stream):
    """A formatter that writes tracebacks itself, from wherever it has them, gets them masked."""

    class OneLine(logging.Formatter):
        def formatException(self, exc_info):  # noqa: N802 - the standard library's name
            return " | ".join(traceback.format_exception(*exc_info)).replace("\n", " ") + traceback.format_exc()

    log.handlers[0].setFormatter(OneLine())
    try:
        raise ValueError(f"key {KEY}")
    except ValueError:
        log.exception("failed")
    assert " | " in stream.getvalue()
    assert "ValueError: key sk*" in stream.getvalue()
    assert KEY not in stream.getvalue()


def _error(make):
    try:
        return make()
    except Exception as error:
        return error


ERRORS = {
    "a file": lambda: open("/nowhere/app.toml"),  # noqa: PTH123, SIM115 - its error is under test
    "bytes": lambda: b"caf\xe9".decode(),
    "syntax": lambda: compile("x = (1,\n", "app.py", "exec"),
    "a key": lambda: {}["region"],
    "an import": lambda: __import__("no_such_module"),
    "a group": lambda: _raise(ExceptionGroup("two", [ValueError("a"), TypeError("b")])),
    "notes": lambda: _raise(_noted(ValueError("x"))),
    "a class of its own": lambda: _raise(Odd(1, b=2)),
}


class Odd(Exception):
    """An exception whose arguments are not those it is made of."""

    def __init__(self, a, *, b):
        super().__init__()
        self.both = (a, b)

    def __str__(self):
        return f"odd {self.both}"


def _noted(error):
    error.add_note("beside it")
    return error


def _raise(error):
    raise error


@pytest.mark.usefixtures("boundary")
@pytest.mark.parametrize("kind", ERRORS)
def test_an_exception_is_told_whole(kind, log, stream):
    """The report of an exception is the one that Python would give: path, place, members and notes."""
    error = _error(ERRORS[kind])
    log.error("failed", exc_info=error)
    sink = io.StringIO()
    logger.add(sink, format="{message}\n{exception}", backtrace=False)
    logger.opt(exception=error).error("failed")
    expected = "".join(traceback.format_exception(error))
    assert stream.getvalue() == f"failed\n{expected}"
    assert "".join(traceback.format_exception_only(error)).strip("\n ") in sink.getvalue()


@pytest.mark.parametrize("kind", ERRORS)
def test_the_stand_in_of_an_exception_answers_like_it(kind):
    """It passes for one of its class, has its attributes, and pickles as what it prints."""
    error = _error(ERRORS[kind])
    stand_in = StandIns().error(error)
    again = pickle.loads(pickle.dumps(stand_in))
    assert isinstance(stand_in, type(error))
    assert type(stand_in).__qualname__ == type(error).__qualname__
    assert str(stand_in) == str(error) == str(again)
    for name in ("errno", "filename", "start", "lineno", "both", "exceptions"):
        assert hasattr(stand_in, name) == hasattr(error, name)


def test_the_stand_in_of_an_object_pickles_without_its_secret():
    """Another process gets what it printed and its plain attributes, and the pickle holds nothing raw."""
    pickled = pickle.dumps(StandIns().shown(Account("ada", WORD)))
    again = pickle.loads(pickled)

    assert WORD.encode() not in pickled
    assert WORD not in repr(again)
    assert again.name == "ada"


def test_an_exception_in_a_circle_of_causes_ends():
    """Causes that lead back to their start are followed once."""
    first, second = ValueError(KEY), TypeError("b")
    first.__cause__, second.__cause__ = second, first
    stand_in = StandIns().error(first)
    assert stand_in.__cause__.__cause__ is stand_in
    assert KEY not in str(stand_in)


@pytest.mark.usefixtures("boundary")
def test_a_line_whose_arguments_do_not_fit_is_reported_without_secrets(log, capsys):
    """The standard library reports a wrong number of arguments; what it prints of them is masked."""
    log.warning("%s and %s", KEY)  # noqa: PLE1206 - that is the case
    report = capsys.readouterr().err
    assert "not enough arguments" in report
    assert KEY not in report.split("Arguments:")[1]


def _in_a_child(text):
    """Log through a handler of the child's own, and return what it wrote."""
    stream = io.StringIO()
    log = logging.Logger("child")
    log.addHandler(logging.StreamHandler(stream))
    log.warning(text)
    return stream.getvalue()


@pytest.mark.usefixtures("boundary")
def test_a_spawned_process_is_behind_the_boundary():
    """A process that starts from nothing puts the boundary up before it runs anything."""
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(1, mp_context=context) as pool:
        line = pool.submit(_in_a_child, f"key {KEY} in the child").result(timeout=60)
    assert line.startswith("key sk*")
    assert line.endswith("in the child\n")


@pytest.mark.usefixtures("boundary")
def test_verify_names_a_handler_that_goes_around():
    """A handler with a `handle` of its own cannot be covered, and is named with its remedy."""

    class Around(logging.Handler):
        def handle(self, record):
            return True

    handler = Around()
    logging.getLogger("beluga.tests").addHandler(handler)
    try:
        with pytest.raises(RuntimeError, match=r"by: logging, Around\.handle; give it a beluga\.logs\.MaskingFilter"):
            logs.verify()
    finally:
        logging.getLogger("beluga.tests").removeHandler(handler)


def test_install_takes_personal_data_out_where_asked(log, stream):
    """`pii=True` masks what the redactor of personal data finds, and may be asked for later."""
    logs.install()
    try:
        logs.install(pii=True)
        logs.install()  # takes nothing back
        log.warning("mail to ada@example.com with %s", KEY)
    finally:
        logs.uninstall()
    assert "mail to [EMAIL]" in stream.getvalue()
    assert KEY not in stream.getvalue()


def test_the_filter_masks_alone(log, stream):
    """A handler with the filter writes masked lines without the boundary."""
    log.handlers[0].addFilter(logs.MaskingFilter())
    log.handlers[0].setFormatter(logging.Formatter("%(message)s %(client)s"))
    log.warning("key %s", KEY, extra={"client": Request()})
    assert stream.getvalue().startswith("key sk*")
    assert KEY not in stream.getvalue()


def test_the_formatter_masks_alone(log, stream):
    """The formatter masks what another one writes, lines of source included, and leaves the record alone."""
    seen = []
    log.handlers[0].addFilter(seen.append)
    log.handlers[0].setFormatter(logs.MaskingFormatter(logging.Formatter("%(levelname)s %(message)s")))
    log.handlers[0].addFilter(lambda record: True)
    log.handlers[0].filters[0] = lambda record: seen.append(record) or True
    try:
        raise ValueError("sk-Abcdefgh12345678ijkl")
    except ValueError:
        log.exception("key %s", KEY)
    assert stream.getvalue().startswith("ERROR key sk*")
    assert "ValueError: sk*" in stream.getvalue()
    assert KEY not in stream.getvalue()
    assert seen[0].args == (KEY,)


def test_events_go_to_a_logger_of_the_standard_library(stream):
    """`log_events(logger=)` writes the same lines there, with the fields as extra."""
    log, seen = logging.Logger("t"), []
    log.addHandler(logging.StreamHandler(stream))
    log.addFilter(lambda record: seen.append(record) or True)
    with logs.log_events(events.CircuitChanged, logger=log):
        events.emit(events.CircuitChanged("ask", name="model", old="closed", new="open"))
    assert stream.getvalue() == "CircuitChanged function=ask name=model old=closed new=open\n"
    assert (seen[0].levelname, seen[0].event) == ("WARNING", "CircuitChanged")
    assert seen[0].event_fields["new"] == "open"


class Broken:
    """An object on which everything fails."""

    def __repr__(self):
        raise RuntimeError(KEY)

    def __eq__(self, other):
        raise RuntimeError(KEY)

    def __hash__(self):
        raise RuntimeError(KEY)

    def __getattr__(self, name):
        raise RuntimeError(KEY)


LEAVES = st.one_of(
    st.none(), st.integers(), st.floats(), st.text(max_size=20), st.binary(max_size=8), st.just(KEY),
    st.just(KEY.encode()), st.builds(Request), st.builds(Broken), st.just(Account("ada", WORD)),
    st.just(pathlib.Path(KEY)), st.builds(ValueError, st.just(KEY)), st.just(sys.version_info), st.just(range(3)),
    st.builds(lambda: 10**5000),
)  # fmt: skip
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.tuples(inner, inner),
        st.dictionaries(st.sampled_from(["a", "note", "region", "password"]), inner, max_size=3),
        st.builds(types.SimpleNamespace, value=inner),
        st.builds(lambda x: types.MappingProxyType({"x": x}), inner),
        st.builds(lambda x: collections.deque([x]), inner),
    ),
    max_leaves=8,
)


@given(VALUES)
def test_no_value_leaks_and_no_line_is_lost(value):
    """Whatever is logged, one line arrives at each sink, and no secret in any of its forms."""
    stream, sink = io.StringIO(), io.StringIO()
    log = logging.Logger("t")
    log.addHandler(logging.StreamHandler(stream))
    log.handlers[0].setFormatter(logging.Formatter("%(message)s %(value)r"))
    logger.remove()
    logs.install()
    try:
        logger.add(sink, format="{message} {extra[value]!r}", catch=False)
        log.warning("line %s", value, extra={"value": value})
        logger.bind(value=value).info("line {}", value)
    finally:
        logs.uninstall()
        logger.remove()
    for printed in (stream.getvalue(), sink.getvalue()):
        assert printed.startswith("line ")
        assert KEY[8:] not in printed
        assert WORD not in printed


def test_the_inside_of_loguru_is_as_known():
    """The three private places that are wrapped are where they are expected, in each version that is tested."""
    from loguru._handler import Handler, Message
    from loguru._logger import Core, Logger

    log = Logger(Core(), None, 0, False, False, False, False, True, [], {})
    log.add(lambda _: None)
    (handler,) = log._core.handlers.values()
    assert isinstance(handler, Handler)
    assert callable(handler._sink.write)
    assert callable(handler._exception_formatter.format_exception)
    assert len(log._options) == 9
    assert issubclass(Message, str)


class Slotted:
    __slots__ = ("password",)

    def __init__(self):
        self.password = WORD

    def __repr__(self):
        return f"<slotted {self.password}>"


class Login(Exception):
    def __init__(self, message, password):
        super().__init__(message)
        self.password = password

    def __str__(self):
        return f"{self.args[0]} with {self.password}"


@pytest.mark.usefixtures("boundary")
def test_what_an_object_prints_of_its_own_secret_is_masked(log, stream):
    """Nothing in the text tells that it is one, but the name that the object holds it under does."""
    log.info("object %s in %r", Slotted(), [Slotted()], extra={"held": Slotted()})
    try:
        raise Login("refused", WORD)
    except Login:
        log.exception("login")

    assert WORD not in stream.getvalue()
    assert "object <slotted ****> in [<slotted ****>]" in stream.getvalue()
    assert "refused with ****" in stream.getvalue()


@pytest.mark.usefixtures("boundary")
def test_a_number_that_is_a_secret_costs_no_line(log, stream):
    """It is a text when it is masked, which no longer fits its place in the format."""
    log.info("pin %(pin)d of %(user)s", {"pin": 12345678, "user": "ana"})

    assert stream.getvalue() == "pin **** of ana\n"


def test_sentry_sends_no_secret_that_only_its_name_tells_of():
    """A local variable's name, or an attribute of the exception, tells what must not be in its text either."""
    frame = {"vars": {"password": f"'{WORD}'", "tries": "3"}}
    values = [{"type": "Login", "value": f"refused with {WORD}", "stacktrace": {"frames": [frame]}}]
    error = Login("refused", WORD)
    crumb = logs.before_send({"message": f"refused with {WORD}"}, {"exc_info": (Login, error, None)})

    event = logs.before_send({"exception": {"values": values}, "request": {"method": "GET"}})
    assert event["exception"]["values"][0]["value"] == "refused with ****"
    assert event["request"] == {"method": "GET"}
    assert crumb == {"message": "refused with ****"}


@pytest.mark.usefixtures("boundary")
def test_a_secret_that_is_a_part_of_another_leaves_nothing_of_it(log, stream):
    """The longer one is masked first, or its rest would stay."""
    log.info("swordfish01xyz and swordfish0", extra={"password": "swordfish0", "api_token": "swordfish01xyz"})

    assert "1xyz" not in stream.getvalue()


@pytest.mark.usefixtures("boundary")
def test_a_module_or_a_class_in_a_line_costs_nothing_of_it(log, stream):
    """Code says its name, and nobody looks for secrets in all that it holds."""
    log.warning("from %s by %s", sys, Request, extra={"module_used": sys})
    assert stream.getvalue().startswith("from <module 'sys' (built-in)> by <class ")


@pytest.mark.usefixtures("boundary")
@pytest.mark.parametrize("told", [["missing"], [{"msg": "missing"}], {"id": ["missing"]}, None], ids=str)
def test_an_exception_with_errors_of_its_own_keeps_its_text(log, stream, told):
    """What is not pydantic's is not asked: its `errors` may return, raise or do anything."""

    class NoColumnError(Exception):
        def errors(self):
            return told

    log.warning("failed: %s", NoColumnError("orders.csv has no column id"))
    assert stream.getvalue() == "failed: orders.csv has no column id\n"
