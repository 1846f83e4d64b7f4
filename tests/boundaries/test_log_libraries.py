"""The log boundary around the real libraries that format and ship logs."""

from __future__ import annotations

import io
import json
import logging

import pytest
import rich.console
import rich.logging
import sentry_sdk
import structlog
from pydantic import BaseModel, ValidationError
from pythonjsonlogger.json import JsonFormatter
from sentry_sdk.integrations.logging import LoggingIntegration
from sentry_sdk.transport import Transport

from beluga import logs

KEY = "sk-" + "Abcdefgh12345678ijkl"


@pytest.fixture
def boundary():
    """Install the boundary for one test."""
    logs.install()
    yield
    logs.uninstall()


def logger_to(handler):
    log = logging.Logger("t")
    log.addHandler(handler)
    return log


def fail(note):
    password = "swordfish0"
    raise ValueError(f"{note} {KEY} {len(password)}")


def processor_formatter(*processors):
    return structlog.stdlib.ProcessorFormatter(
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *processors],
        foreign_pre_chain=[structlog.stdlib.add_log_level, structlog.stdlib.ExtraAdder()],
    )


def structlogged(log):
    return structlog.wrap_logger(
        log,
        processors=[structlog.stdlib.add_log_level, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
    )


@pytest.mark.usefixtures("boundary")
def test_structlogs_formatter_gets_its_dict():
    """Lines of structlog and foreign ones are rendered with their fields, masked by name and by form."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(processor_formatter(structlog.processors.JSONRenderer()))
    log = logger_to(handler)
    structlogged(log).info("log in", user="ada", password="swordfish0", note=f"with {KEY}", count=3)
    log.warning("foreign %s", KEY, extra={"api_key": "swordfish0", "region": "eu"})
    ours, foreign = map(json.loads, stream.getvalue().splitlines())
    assert (ours["event"], ours["user"], ours["count"], ours["level"]) == ("log in", "ada", 3, "info")
    assert (foreign["region"], foreign["level"]) == ("eu", "warning")
    assert ours["password"].startswith("*") or "*" in ours["password"]
    assert "swordfish0" not in stream.getvalue()
    assert KEY not in stream.getvalue()


@pytest.mark.usefixtures("boundary")
def test_structlogs_tracebacks_are_masked():
    """An exception is rendered whole, its texts masked, also with the values of local variables."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    tracebacks = structlog.processors.ExceptionRenderer(structlog.tracebacks.ExceptionDictTransformer(show_locals=True))
    handler.setFormatter(processor_formatter(tracebacks, structlog.processors.JSONRenderer()))
    log = structlogged(logger_to(handler))
    try:
        fail("structlog")
    except ValueError:
        log.exception("failed")
    line = json.loads(stream.getvalue())
    assert line["exception"][0]["exc_type"] == "ValueError"
    assert line["exception"][0]["frames"][-1]["name"] == "fail"
    assert KEY not in stream.getvalue()
    assert "swordfish0" not in json.dumps(line["exception"][0]["frames"][-1]["locals"])


def test_the_processor_for_structlog_works_alone():
    """Without the boundary a processor in structlog's chain masks what it passes on."""
    stream = io.StringIO()
    log = structlog.wrap_logger(
        structlog.PrintLogger(stream),
        processors=[
            logs.MaskingProcessor(),
            structlog.processors.format_exc_info,
            logs.MaskingProcessor(),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.BoundLogger,
    )
    log.info(f"key {KEY}", token="swordfish0", size=3)
    try:
        fail("structlog")
    except ValueError:
        log.error("failed", exc_info=True)  # noqa: G201 - one of structlog's forms
    first, second = map(json.loads, stream.getvalue().splitlines())
    assert first["size"] == 3
    assert "ValueError: structlog" in second["exception"]
    assert KEY not in stream.getvalue()
    assert "swordfish0" not in first["token"]


@pytest.mark.usefixtures("boundary")
def test_a_json_formatter_gets_dict_and_fields():
    """python-json-logger sees the dict that was logged, with its types, and the extra fields."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter("%(message)s %(levelname)s"))
    log = logger_to(handler)
    log.info({"event": "call", "tokens": 3, "password": "swordfish0"})
    log.info("took %s s", 1.5, extra={"request": {"id": 7, "authorization": f"Bearer {KEY}"}})
    try:
        fail("json")
    except ValueError:
        log.exception("failed")
    data, text, failed = map(json.loads, stream.getvalue().splitlines())
    assert (data["event"], data["tokens"], data["levelname"]) == ("call", 3, "INFO")
    assert (text["message"], text["request"]["id"]) == ("took 1.5 s", 7)
    assert "ValueError: json" in failed["exc_info"]
    assert "swordfish0" not in stream.getvalue().replace('password = "swordfish0"', "")
    assert KEY not in stream.getvalue()


@pytest.mark.usefixtures("boundary")
def test_rich_shows_masked_local_variables():
    """RichHandler prints the values of local variables through no formatter at all; they are masked before."""
    console = rich.console.Console(file=io.StringIO(), width=200)
    handler = rich.logging.RichHandler(console=console, rich_tracebacks=True, tracebacks_show_locals=True)
    log = logger_to(handler)
    log.warning("key %s", KEY)
    client = {"password": "swordfish1", "region": "eu"}
    try:
        fail("rich")
    except ValueError:
        log.exception("failed")
    printed = console.file.getvalue()
    assert client["region"] in printed
    assert "ValueError: rich" in printed
    assert "password = '" in printed
    assert "swordfish0'" not in printed
    assert "swordfish1'" not in printed.replace('"swordfish1"', "")
    assert KEY not in printed


@pytest.mark.usefixtures("boundary")
def test_verify_names_the_source_that_rich_prints():
    """Lines of source with a secret in them go around every formatter, so the self-check says what to switch off."""
    log = logging.getLogger("beluga.tests.rich")
    handler = rich.logging.RichHandler(rich_tracebacks=True)
    log.addHandler(handler)
    try:
        with pytest.raises(RuntimeError, match="RichHandler, which prints lines of source"):
            logs.verify()
        handler.rich_tracebacks = False
        logs.verify()
    finally:
        log.removeHandler(handler)


class Kept(Transport):
    """A transport that keeps what would be sent."""

    def __init__(self):
        super().__init__()
        self.events = []

    def capture_envelope(self, envelope):
        """Keep the event of an envelope."""
        if (event := envelope.get_event()) is not None:
            self.events.append(event)


@pytest.fixture
def sentry():
    """Sentry's SDK with its own logging, and a function that starts it with options."""
    transport = Kept()

    def start(**options):
        sentry_sdk.init(
            dsn="https://public@sentry.example/1",
            transport=transport,
            default_integrations=False,
            integrations=[LoggingIntegration()],
            **options,
        )
        return transport.events

    yield start
    sentry_sdk.get_client().close()
    sentry_sdk.init(default_integrations=False)  # to look for them all imports every SDK there is


@pytest.mark.usefixtures("boundary")
def test_sentry_groups_by_the_template(sentry):
    """The event has the text before its arguments, its arguments, and the masked exception with its attributes."""
    events = sentry()
    log = logging.getLogger("beluga.tests.sentry")
    log.error("call %s took %d s", "ask", 3)
    try:
        open("/nowhere/config.toml")  # noqa: PTH123, SIM115 - its error is under test
    except FileNotFoundError:
        log.exception("no file")
    template, missing = events
    assert template["logentry"]["message"] == "call %s took %d s"
    assert template["logentry"]["params"] == ["ask", 3]
    value = missing["exception"]["values"][-1]
    assert value["type"] == "FileNotFoundError"
    assert "/nowhere/config.toml" in value["value"]


def test_before_send_masks_alone(sentry):
    """Without the boundary the hook masks messages, variables of frames, breadcrumbs and extra."""
    events = sentry(before_send=logs.before_send)
    sentry_sdk.add_breadcrumb(message=f"used {KEY}")
    sentry_sdk.get_isolation_scope().set_extra("headers", {"authorization": "Bearer swordfish0123"})
    try:
        fail("sentry")
    except ValueError:
        logging.getLogger("beluga.tests.sentry").exception("failed with %s", KEY)
    (event,) = events
    printed = json.dumps(event, default=str)
    frame = event["exception"]["values"][-1]["stacktrace"]["frames"][-1]
    assert frame["function"] == "fail"
    assert "swordfish0" not in frame["vars"]["password"]
    assert "swordfish0123" not in printed
    assert KEY not in printed


@pytest.mark.usefixtures("boundary")
def test_errors_of_pydantic_keep_their_detail():
    """An error that cannot be made again is told with all its lines, the secret in it masked."""

    class Settings(BaseModel):
        """Two fields that a text does not fit."""

        port: int
        key: int

    stream = io.StringIO()
    log = logger_to(logging.StreamHandler(stream))
    try:
        Settings(port="x", key=KEY)
    except ValidationError:
        log.exception("refused")
    assert "2 validation errors for Settings" in stream.getvalue()
    assert "port" in stream.getvalue()
    assert KEY not in stream.getvalue()


@pytest.mark.usefixtures("boundary")
def test_errors_of_pydantic_hide_what_was_given_for_a_secret():
    """The name of the field says so: for a text, a list, a number, and where pydantic shows only the ends of it."""

    class Inner(BaseModel):
        """A field in a field."""

        api_token: int

    class Settings(BaseModel):
        """Fields that nothing of what is given fits."""

        password: int
        pin: str
        inner: Inner
        note: int

    long = "".join(f"{place}Zx81kQpw7" for place in range(9))
    given = {
        "password": ["swordfish0"],
        "pin": 940213,
        "inner": {"api_token": long},
        "note": {"secret": long, "n": "plain"},
    }
    stream = io.StringIO()
    log = logger_to(logging.StreamHandler(stream))
    try:
        Settings.model_validate(given)
    except ValidationError as error:
        log.exception("refused")
        log.error("%s and %r and %s", error, error, error.errors())
    text = stream.getvalue()
    assert "4 validation errors for Settings" in text
    assert "inner.api_token" in text
    assert not [part for part in ("swordfish0", "940213", "Zx81kQpw7") if part in text]
