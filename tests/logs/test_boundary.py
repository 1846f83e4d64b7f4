"""No secret reaches a sink."""

from __future__ import annotations

import io
import logging

import pytest
from loguru import logger

from beluga import logs
from beluga.logs.records import masker

KEY = "sk-" + "Abcdefgh12345678ijkl"


class Client:
    def __repr__(self):
        return f"<client {KEY}>"


def fail():
    secret = KEY
    raise ValueError(secret)


def caught(log):
    try:
        try:
            fail()
        except ValueError as error:
            raise RuntimeError(f"outer {KEY}") from error
    except RuntimeError:
        log.exception("it failed")


# The rows of the leak matrix: every way that a secret was seen to reach a sink.
WAYS = {
    "message": lambda log: log.info(f"key {KEY}"),
    "argument": lambda log: log.info("key {}", KEY),
    "named argument": lambda log: log.info("key {key}", key=KEY),
    "extra": lambda log: log.bind(api_key=KEY).info("x"),
    "nested extra": lambda log: log.bind(data={"a": [{"note": KEY}]}).info("x"),
    "object in extra": lambda log: log.bind(client=Client(), more=[Client()]).info("x"),
    "contextualize": lambda log: contextualized(log),
    "exception text, locals and cause": caught,
    "logger.catch": lambda log: log.catch(reraise=False)(fail)(),
    "colour markup": lambda log: log.opt(colors=True).info(f"{KEY[:8]}<red>{KEY[8:]}</red>"),
    "raw": lambda log: log.opt(raw=True).info(f"{KEY}\n"),
    "lazy": lambda log: log.opt(lazy=True).info("{}", lambda: KEY),
    "exception group": lambda log: raised(log, ExceptionGroup(KEY, [ValueError(KEY)])),
    "group of a kind of its own": lambda log: raised(log, Failures([ValueError(KEY)])),
    "late patcher": lambda log: log.patch(lambda record: record["extra"].update(late=KEY)).info("x"),
}


class Failures(ExceptionGroup):
    def __new__(cls, errors):
        return super().__new__(cls, KEY, errors)


def raised(log, error):
    try:
        raise error
    except ExceptionGroup:
        log.exception("it failed")


def contextualized(log):
    with log.contextualize(token=KEY):
        log.info("x")


@pytest.fixture
def boundary():
    """Install the boundary, and take it and every handler away again."""
    logger.remove()
    logs.install()
    yield
    logs.uninstall()
    logger.remove()
    logger.configure(extra={}, patcher=lambda record: None)


@pytest.mark.usefixtures("boundary")
@pytest.mark.parametrize("options", [{}, {"colorize": True}, {"serialize": True}], ids=["plain", "colour", "json"])
@pytest.mark.parametrize("way", WAYS)
def test_no_way_leads_to_a_sink(way, options):
    """Whatever is logged, the text that a sink gets holds no secret, even with `diagnose` on."""
    sink = io.StringIO()
    logger.add(sink, format="{message} {extra} {exception}", diagnose=True, backtrace=True, **options)
    WAYS[way](logger)

    assert sink.getvalue()
    assert KEY[3:] not in sink.getvalue()
    assert KEY[8:] not in sink.getvalue()


@pytest.mark.usefixtures("boundary")
@pytest.mark.parametrize("way", WAYS)
def test_a_callable_sink_gets_a_masked_record(way):
    """The record that comes with a message is masked too."""
    got = []
    logger.add(lambda message: got.append(message.record), diagnose=True)
    WAYS[way](logger)
    printed = "".join(f"{r['message']}{r['extra']}{r['exception']}" for r in got)

    assert got
    assert KEY[3:] not in printed


def test_handlers_that_exist_are_covered():
    """A handler added before the boundary is behind it all the same."""
    sink = io.StringIO()
    logger.remove()
    logger.add(sink)
    logs.install()
    try:
        logger.info(KEY)
    finally:
        logs.uninstall()
        logger.remove()
    assert KEY not in sink.getvalue()


@pytest.mark.usefixtures("boundary")
def test_another_patcher_does_not_open_it():
    """`configure(patcher=)` replaces what patchers there are, not the boundary."""
    sink = io.StringIO()
    logger.add(sink, format="{message} {extra}")
    logger.configure(patcher=lambda record: record["extra"].update(late=KEY))
    logger.info("x")

    assert KEY not in sink.getvalue()


@pytest.mark.usefixtures("boundary")
def test_report_of_a_failing_sink(capsys):
    """loguru prints the record when a sink fails; it prints the masked one."""

    def broken(_):
        raise OSError("disk full")

    logger.add(broken)
    logger.bind(password=KEY).info("key {}", KEY)
    report = capsys.readouterr().err

    assert "disk full" in report
    assert KEY not in report


@pytest.mark.usefixtures("boundary")
def test_masking_that_fails_lets_nothing_through(monkeypatch):
    """A fault inside masking neither raises into the application nor opens the door."""
    sink = io.StringIO()
    logger.add(sink, format="{message} {extra}")

    def broken(_):
        raise RuntimeError("fault")

    monkeypatch.setattr(masker(), "_text", broken)
    logger.bind(key=KEY).info("hello")
    logging.getLogger("t").warning(KEY)

    assert sink.getvalue() == f"{logs.FAILED}\n"


@pytest.mark.usefixtures("boundary")
def test_standard_library_handlers():
    """Messages, arguments, extras and exceptions of `logging` are masked in every handler."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("%(message)s %(client)s", defaults={"client": ""}))
    log = logging.Logger("t")
    log.addHandler(handler)
    log.warning("key %s", KEY, extra={"client": Client()})
    caught(log)

    assert "it failed" in stream.getvalue()
    assert "RuntimeError" in stream.getvalue()
    assert KEY not in stream.getvalue()


@pytest.mark.usefixtures("boundary")
def test_a_secret_is_known_by_the_name_it_is_logged_under():
    """What looks like any word is masked in the message, where its name says that it is a secret."""
    sink, stream = io.StringIO(), io.StringIO()
    logger.add(sink, format="{message} {extra}")
    logger.info("log in as {user} with {password}", user="ada", password="swordfish")
    log = logging.Logger("t")
    log.addHandler(logging.StreamHandler(stream))
    log.addHandler(logs.LoguruHandler())
    log.warning("log in as %(user)s with %(password)s", {"user": "ada", "password": "swordfish"})

    assert sink.getvalue().count("log in as ada with ****") == 2
    assert "log in as ada with ****" in stream.getvalue()
    assert "swordfish" not in sink.getvalue() + stream.getvalue()


@pytest.mark.usefixtures("boundary")
def test_plain_lines_are_not_changed():
    """What holds no secret comes out as it went in, and plain values keep their types."""
    got = []
    logger.add(lambda message: got.append(message.record))
    logger.bind(n=3, max_tokens=4096, items=["a"]).info("hello {}", "world")

    assert got[0]["message"] == "hello world"
    assert got[0]["extra"] == {"n": 3, "max_tokens": 4096, "items": ["a"]}


@pytest.mark.usefixtures("boundary")
def test_lines_carry_the_ids_of_their_trace():
    """Inside a span a line has its full ids, in loguru and in the standard library."""
    from opentelemetry.sdk.trace import TracerProvider

    got, records = [], []
    logger.add(lambda message: got.append(message.record["extra"]))
    log = logging.Logger("t")
    handler = logging.Handler()
    handler.emit = records.append
    log.addHandler(handler)
    with TracerProvider().get_tracer("t").start_as_current_span("work") as span:
        logger.info("x")
        log.warning("x")
    context = span.get_span_context()

    ids = {"trace_id": f"{context.trace_id:032x}", "span_id": f"{context.span_id:016x}"}
    assert got == [ids]
    assert (records[0].trace_id, records[0].span_id) == (ids["trace_id"], ids["span_id"])


@pytest.mark.usefixtures("boundary")
def test_standard_records_reach_loguru():
    """The handler hands level, text and place over."""
    got = []
    logger.add(lambda message: got.append(message.record))
    log = logging.Logger("t")
    log.addHandler(logs.LoguruHandler())
    log.warning("key %s", KEY)

    assert got[0]["level"].name == "WARNING"
    assert got[0]["function"] == "test_standard_records_reach_loguru"
    assert KEY not in got[0]["message"]


def test_verify_raises_without_the_boundary():
    """The self-check names the ways that leak."""
    with pytest.raises(RuntimeError, match="loguru, message"):
        logs.verify()


@pytest.mark.usefixtures("boundary")
def test_verify_passes_and_bothers_no_sink():
    """With the boundary nothing leaks, and the application's sinks get no line of the check."""
    sink = io.StringIO()
    logger.add(sink)
    logs.verify()

    assert sink.getvalue() == ""
