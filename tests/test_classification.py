"""The kind of every known failure, from its structure alone."""

from __future__ import annotations

import asyncio
import errno
import functools
import inspect
import json
import math
import pickle
import socket
import ssl
import subprocess
import sys
import threading
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from beluga import CircuitBreaker, errors, events
from beluga.classification import TRANSIENT, Classifier, ErrorCode, classify, is_transient, retry_after

C = ErrorCode


def sdk_class(path: str, *bases: type[BaseException]) -> type[Any]:
    """Make an exception class that looks as if the package in `path` had defined it."""
    module, _, name = path.rpartition(".")
    return type(name, bases or (Exception,), {"__module__": module})


def raised(kind: type[Any], /, cause: BaseException | None = None, **attributes: Any) -> BaseException:
    """Return an instance of `kind` with these attributes and this cause."""
    error: BaseException = kind("some words")
    for name, value in attributes.items():
        setattr(error, name, value)
    error.__cause__ = cause
    return error


# The class trees of openai 2.54 and 3.54 and of anthropic 2.12, as far as they matter here.
OpenAIError = sdk_class("openai.OpenAIError")
OpenAIAPI = sdk_class("openai.APIError", OpenAIError)
OpenAIStatus = sdk_class("openai.APIStatusError", OpenAIAPI)
OpenAIRateLimit = sdk_class("openai.RateLimitError", OpenAIStatus)
OpenAIServer = sdk_class("openai.InternalServerError", OpenAIStatus)
OpenAIConnection = sdk_class("openai.APIConnectionError", OpenAIAPI)
OpenAITimeout = sdk_class("openai.APITimeoutError", OpenAIConnection)
AnthropicError = sdk_class("anthropic.AnthropicError")
AnthropicAPI = sdk_class("anthropic.APIError", AnthropicError)
AnthropicStatus = sdk_class("anthropic._exceptions.APIStatusError", AnthropicAPI)
AnthropicConnection = sdk_class("anthropic.APIConnectionError", AnthropicAPI)
AnthropicTimeout = sdk_class("anthropic.APITimeoutError", AnthropicConnection)


def openai(status: int, kind: type[Any] = OpenAIStatus, /, **body: Any) -> BaseException:
    """Return what openai raises: the inner error as body, its type and code as attributes."""
    return raised(kind, status_code=status, body=body, code=body.get("code"), type=body.get("type"))


def anthropic(status: int, type_: str = "", error_code: str | None = None) -> BaseException:
    """Return what anthropic raises: the whole body, and the type and code as attributes."""
    details = SimpleNamespace(error_code=error_code)
    body = {"type": "error", "error": {"type": type_, "details": {"error_code": error_code}}}
    return raised(AnthropicStatus, status_code=status, type=type_, error_code=error_code, details=details, body=body)


def http2(name: str, base: str = "TransportError") -> BaseException:
    """Return an httpx2 exception, whose package this environment does not have."""
    return raised(sdk_class(f"httpx2.{name}", sdk_class(f"httpx2.{base}")))


certificate = ssl.SSLCertVerificationError(1, "self-signed certificate")

PROVIDER_TABLE = {
    "throttled, openai": (
        openai(429, OpenAIRateLimit, code="rate_limit_exceeded", type="tokens"),
        C.RATE_LIMIT,
    ),
    "throttled, anthropic": (anthropic(429, "rate_limit_error"), C.RATE_LIMIT),
    "ramp limit, anthropic": (anthropic(429, "rate_limit_error", "ramp_limit_exceeded"), C.RATE_LIMIT),
    "quota, openai": (
        openai(429, OpenAIRateLimit, code="insufficient_quota", type="insufficient_quota"),
        C.QUOTA_EXHAUSTED,
    ),
    "quota by type alone": (openai(429, type="insufficient_quota"), C.QUOTA_EXHAUSTED),
    "contract spend limit": (
        anthropic(429, "rate_limit_error", "contract_spend_limit_reached"),
        C.QUOTA_EXHAUSTED,
    ),
    "enforced spend limit": (
        anthropic(429, "rate_limit_error", "enforced_spend_limit_reached"),
        C.QUOTA_EXHAUSTED,
    ),
    "linked spend limit": (
        anthropic(402, "billing_error", "linked_organization_spend_limit_reached"),
        C.QUOTA_EXHAUSTED,
    ),
    "billing, anthropic": (anthropic(402, "billing_error"), C.QUOTA_EXHAUSTED),
    "overloaded, openai": (openai(503, OpenAIServer), C.PROVIDER_UNAVAILABLE),
    "overloaded, anthropic": (anthropic(529, "overloaded_error"), C.PROVIDER_UNAVAILABLE),
    "overloaded inside a 200 stream": (anthropic(200, "overloaded_error"), C.PROVIDER_UNAVAILABLE),
    "rate limit inside a 200 stream": (anthropic(200, "rate_limit_error"), C.RATE_LIMIT),
    "unknown event inside a 200 stream": (anthropic(200, "new_kind_of_error"), C.PROVIDER_UNAVAILABLE),
    "error event without a status": (
        raised(OpenAIAPI, code="server_error", body=None),
        C.PROVIDER_UNAVAILABLE,
    ),
    "rate limit event without a status": (raised(OpenAIAPI, code="rate_limit_exceeded"), C.RATE_LIMIT),
    "unknown event without a status": (raised(OpenAIAPI, code=None, body=None), C.PROVIDER_UNAVAILABLE),
    "500": (openai(500, OpenAIServer, type="server_error"), C.PROVIDER_UNAVAILABLE),
    "502 with a page of HTML": (
        raised(OpenAIServer, status_code=502, body="<html>429</html>"),
        C.PROVIDER_UNAVAILABLE,
    ),
    "504": (openai(504, OpenAIServer), C.TIMEOUT),
    "timeout_error": (anthropic(500, "timeout_error"), C.TIMEOUT),
    "501": (anthropic(501, "api_error"), C.INVALID_INPUT),
    "connection refused": (raised(OpenAIConnection, cause=httpx.ConnectError("")), C.PROVIDER_UNAVAILABLE),
    "connection reset": (raised(AnthropicConnection, cause=httpx.ReadError("")), C.PROVIDER_UNAVAILABLE),
    "untrusted certificate": (raised(OpenAIConnection, cause=certificate), C.PROVIDER_UNAVAILABLE),
    "timeout, openai": (raised(OpenAITimeout), C.TIMEOUT),
    "timeout, anthropic": (raised(AnthropicTimeout), C.TIMEOUT),
    "408": (anthropic(408, "timeout_error"), C.TIMEOUT),
    "408, openai": (openai(408), C.TIMEOUT),
    "409": (openai(409), C.PROVIDER_UNAVAILABLE),
    "request body too slow": (anthropic(400, "invalid_request_error", "request_body_timeout"), C.TIMEOUT),
    "timeout in a stream": (http2("ReadTimeout", "TimeoutException"), C.TIMEOUT),
    "stream cut": (http2("RemoteProtocolError"), C.PROVIDER_UNAVAILABLE),
    "stream reset": (http2("ReadError", "NetworkError"), C.PROVIDER_UNAVAILABLE),
    "malformed JSON": (json.JSONDecodeError("", "{", 1), C.INVALID_RESPONSE),
    "wrong shape": (raised(sdk_class("openai.APIResponseValidationError", OpenAIAPI)), C.INVALID_RESPONSE),
    "bad key, openai": (openai(401, code="invalid_api_key", type="invalid_request_error"), C.AUTH_ERROR),
    "bad key, anthropic": (anthropic(401, "authentication_error"), C.AUTH_ERROR),
    "forbidden": (anthropic(403, "permission_error"), C.AUTH_ERROR),
    "organisation on hold": (
        anthropic(400, "invalid_request_error", "organization_on_hold"),
        C.AUTH_ERROR,
    ),
    "unknown model, openai": (openai(404, code="model_not_found", type="invalid_request_error"), C.NOT_FOUND),
    "unknown model, anthropic": (anthropic(404, "not_found_error"), C.NOT_FOUND),
    "bad request": (openai(400, type="invalid_request_error", code=None), C.INVALID_INPUT),
    "too large": (anthropic(413, "invalid_request_error"), C.INVALID_INPUT),
    "unprocessable": (openai(422), C.INVALID_INPUT),
    "headers too large": (anthropic(431), C.INVALID_INPUT),
    "image too large": (
        anthropic(400, "invalid_request_error", "image_dimensions_too_large"),
        C.INVALID_INPUT,
    ),
    "context too long": (openai(400, code="context_length_exceeded"), C.CONTEXT_LENGTH),
    "content policy": (openai(400, code="content_policy_violation"), C.CONTENT_FILTERED),
    "content filter of Azure": (openai(400, code="content_filter"), C.CONTENT_FILTERED),
    "filtered while parsing": (
        raised(sdk_class("openai.ContentFilterFinishReasonError", OpenAIError)),
        C.CONTENT_FILTERED,
    ),
    "cut while parsing": (
        raised(sdk_class("openai.LengthFinishReasonError", OpenAIError)),
        C.INVALID_RESPONSE,
    ),
    "client closed the request": (anthropic(499), C.CANCELLED),
    "cancelled task": (asyncio.CancelledError(), C.CANCELLED),
    "429 of google": (raised(sdk_class("google.genai.errors.APIError"), code=429, status="X"), C.RATE_LIMIT),
    "a code that is no status": (
        raised(sdk_class("vendor.Error"), code=7, response=SimpleNamespace(status_code=429)),
        C.RATE_LIMIT,
    ),
    "429 of httpx": (
        httpx.HTTPStatusError("", request=None, response=httpx.Response(429)),
        C.RATE_LIMIT,
    ),
    "503 of aiohttp": (raised(sdk_class("aiohttp.ClientResponseError"), status=503), C.PROVIDER_UNAVAILABLE),
    "429 of botocore": (
        raised(
            sdk_class("botocore.ClientError"),
            response={"ResponseMetadata": {"HTTPStatusCode": 429, "HTTPHeaders": {}}},
        ),
        C.RATE_LIMIT,
    ),
    "litellm's rate limit": (
        raised(sdk_class("litellm.RateLimitError", OpenAIRateLimit), status_code=429),
        C.RATE_LIMIT,
    ),
    "litellm's context window": (
        raised(sdk_class("litellm.ContextWindowExceededError", OpenAIStatus), status_code=400),
        C.CONTEXT_LENGTH,
    ),
}

NOT_TRANSIENT_ALTHOUGH = {"untrusted certificate"}


@pytest.mark.parametrize("situation", PROVIDER_TABLE)
def test_a_provider_failure_has_its_code(situation: str) -> None:
    """Every row of the table of provider failures maps to its code."""
    error, code = PROVIDER_TABLE[situation]
    assert classify(error) is code


@pytest.mark.parametrize("situation", PROVIDER_TABLE)
def test_only_transient_codes_are_worth_another_attempt(situation: str) -> None:
    """A provider failure is transient when its code is, save for a certificate."""
    error, code = PROVIDER_TABLE[situation]
    expected = code in TRANSIENT and situation not in NOT_TRANSIENT_ALTHOUGH
    assert is_transient(error) is expected


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (TimeoutError(), C.TIMEOUT),
        (ConnectionRefusedError(), C.PROVIDER_UNAVAILABLE),
        (BrokenPipeError(), C.PROVIDER_UNAVAILABLE),
        (socket.gaierror(socket.EAI_NONAME, ""), C.PROVIDER_UNAVAILABLE),
        (ssl.SSLError(1, ""), C.PROVIDER_UNAVAILABLE),
        (OSError(errno.EHOSTUNREACH, ""), C.PROVIDER_UNAVAILABLE),
        (asyncio.IncompleteReadError(b"", 1), C.PROVIDER_UNAVAILABLE),
        (GeneratorExit(), C.CANCELLED),
        (KeyboardInterrupt(), C.CANCELLED),
        (OSError(errno.ENOENT, ""), None),
        (ValueError("429 rate limit exceeded, timeout"), None),
        (SystemExit(1), None),
        (Exception(), None),
    ],
    ids=repr,
)
def test_a_builtin_failure_has_its_code(error: BaseException, code: ErrorCode | None) -> None:
    """Python's own exceptions are known by their classes; the rest is unknown, not guessed."""
    assert classify(error) is code


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (httpx.ConnectTimeout(""), C.TIMEOUT),
        (httpx.PoolTimeout(""), C.TIMEOUT),
        (httpx.ConnectError(""), C.PROVIDER_UNAVAILABLE),
        (httpx.RemoteProtocolError(""), C.PROVIDER_UNAVAILABLE),
        (httpx.ProxyError(""), C.PROVIDER_UNAVAILABLE),
        (httpx.LocalProtocolError(""), C.INVALID_INPUT),
        (httpx.UnsupportedProtocol(""), C.INVALID_INPUT),
        (httpx.InvalidURL(""), C.INVALID_INPUT),
        (httpx.DecodingError(""), C.INVALID_RESPONSE),
        (raised(sdk_class("httpcore2.ReadTimeout", sdk_class("httpcore2.TimeoutException"))), C.TIMEOUT),
        (raised(sdk_class("httpx_like.TimeoutException")), None),
    ],
    ids=repr,
)
def test_an_http_client_failure_has_its_code(error: BaseException, code: ErrorCode | None) -> None:
    """The exceptions of httpx, httpx2 and httpcore are known by name and package."""
    assert classify(error) is code


def test_every_error_of_ours_keeps_its_code() -> None:
    """An error of beluga says its own code, whatever else it inherits from."""
    assert classify(errors.DeadlineExceeded()) is C.TIMEOUT
    assert classify(errors.CircuitOpen()) is C.CIRCUIT_OPEN
    assert classify(errors.ConfigError(code="not_found")) is C.NOT_FOUND
    assert classify(errors.ProviderError(code=C.CONTEXT_LENGTH, status=429)) is C.CONTEXT_LENGTH


def test_a_cause_decides_where_the_outer_error_is_unknown() -> None:
    """The first known exception along the explicit causes gives the code."""
    assert classify(raised(RuntimeError, cause=raised(ValueError, cause=TimeoutError()))) is C.TIMEOUT
    assert classify(raised(RuntimeError, cause=errors.CircuitOpen())) is C.CIRCUIT_OPEN
    assert classify(raised(ConnectionError, cause=TimeoutError())) is C.PROVIDER_UNAVAILABLE


def test_an_error_that_was_only_being_handled_decides_nothing() -> None:
    """The implicit context is another failure, so it is not looked at."""
    error = ValueError()
    error.__context__ = TimeoutError()
    assert classify(error) is None


def test_causes_in_a_circle_end() -> None:
    """A circle of causes is walked once."""
    first, second = ValueError(), RuntimeError()
    first.__cause__, second.__cause__ = second, first
    assert classify(first) is None
    assert is_transient(first) is False
    assert retry_after(first, now=0.0) is None


def test_a_property_that_fails_is_passed_over() -> None:
    """An exception whose attributes raise is classified by what is left."""

    class AwkwardError(ConnectionError):
        @property
        def response(self) -> object:
            raise RuntimeError

    assert classify(AwkwardError()) is C.PROVIDER_UNAVAILABLE
    assert retry_after(AwkwardError(), now=0.0) is None


@pytest.fixture
def classifier() -> Classifier:
    """Return a classifier of its own, so that no rule outlives its test."""
    return Classifier()


def test_the_newest_rule_is_asked_first(classifier: Classifier) -> None:
    """A rule goes before the built-in knowledge and before older rules."""
    classifier.register(lambda _: C.TOOL_FAILED)
    newest = classifier.register(lambda error: "timeout" if isinstance(error, OSError) else None)
    assert classifier(OSError()) is C.TIMEOUT
    assert classifier(errors.CircuitOpen()) is C.TOOL_FAILED
    classifier.unregister(newest)
    assert classifier(OSError()) is C.TOOL_FAILED


def test_register_decorates(classifier: Classifier) -> None:
    """`register` gives the rule back, so that it works as a decorator."""

    @classifier.register
    def rule(_: BaseException) -> ErrorCode:
        return C.NOT_FOUND

    assert callable(rule)
    assert classifier(KeyError()) is C.NOT_FOUND


def test_unregistering_a_stranger_is_an_error(classifier: Classifier) -> None:
    """Taking out a rule that is not there is no silent no-op."""
    with pytest.raises(ValueError, match="not a registered"):
        classifier.unregister(lambda _: None)
    with pytest.raises(TypeError, match="must be a plain function"):
        classifier.register("timeout")


def test_a_failing_rule_is_passed_over(classifier: Classifier, caplog: pytest.LogCaptureFixture) -> None:
    """A rule that raises, or answers nonsense, is logged by its type and changes nothing."""

    def broken(_: BaseException) -> ErrorCode:
        raise KeyError

    classifier.register(lambda _: "no such code")
    classifier.register(broken)
    assert classifier(TimeoutError()) is C.TIMEOUT
    assert "KeyError" in caplog.text
    assert "ValueError" in caplog.text


def test_rules_registered_by_many_threads_all_count(classifier: Classifier) -> None:
    """No registration is lost when threads register at once."""
    kinds = [type(f"Kind{n}", (Exception,), {}) for n in range(32)]

    def add(kind: type[Exception]) -> None:
        classifier.register(lambda error: C.NOT_FOUND if type(error) is kind else None)

    threads = [threading.Thread(target=add, args=(kind,)) for kind in kinds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {classifier(kind()) for kind in kinds} == {C.NOT_FOUND}


def test_our_retryable_attribute_decides() -> None:
    """An error of ours says itself whether another attempt makes sense, also as a cause."""
    final = errors.ProviderError(code="provider_unavailable", retryable=False)
    assert is_transient(final) is False
    assert is_transient(raised(RuntimeError, cause=final)) is False
    assert is_transient(errors.ProviderError(code="invalid_response", retryable=True)) is True


def test_a_rule_outranks_our_retryable_attribute() -> None:
    """Where a rule gives another code, that code decides."""
    rule = classify.register(lambda error: C.TIMEOUT if isinstance(error, errors.ToolFailed) else None)
    try:
        assert is_transient(errors.ToolFailed()) is True
    finally:
        classify.unregister(rule)


@pytest.mark.parametrize(("wish", "expected"), [("true", True), ("false", False)])
def test_the_server_may_decide(wish: str, *, expected: bool) -> None:
    """A provider's `x-should-retry` header goes before the code."""
    response = SimpleNamespace(headers=httpx.Headers({"X-Should-Retry": wish}))
    assert is_transient(raised(OpenAIStatus, status_code=400, response=response)) is expected
    assert is_transient(raised(OpenAIRateLimit, status_code=429, response=response)) is expected


def test_a_certificate_error_anywhere_in_the_chain_is_final() -> None:
    """Another attempt meets the same certificate."""
    wrapped = raised(httpx.ConnectError, cause=raised(sdk_class("httpcore.ConnectError"), cause=certificate))
    assert classify(wrapped) is C.PROVIDER_UNAVAILABLE
    assert is_transient(wrapped) is False


def with_headers(headers: Any) -> BaseException:
    """Return an error with a response of these headers."""
    return raised(OpenAIRateLimit, status_code=429, response=SimpleNamespace(headers=headers))


@pytest.mark.parametrize(
    ("error", "seconds"),
    [
        (errors.RateLimited(retry_after=2.5), 2.5),
        (raised(Exception, retry_after=timedelta(minutes=1)), 60.0),
        (raised(Exception, retry_after="3"), 3.0),
        (raised(Exception, headers={"Retry-After": "7"}), 7.0),
        (with_headers(httpx.Headers({"Retry-After": "7.5"})), 7.5),
        (with_headers({"RETRY-AFTER-MS": "250", "Retry-After": "7"}), 0.25),
        (with_headers({"retry-after-ms": "soon", "Retry-After": "7"}), 7.0),
        (with_headers([(b"retry-after", b"9")]), 9.0),
        (with_headers({"retry-after": "Thu, 01 Jan 1970 00:02:00 GMT"}), 20.0),
        (with_headers({"retry-after": "Thursday, 01-Jan-70 00:02:00 GMT"}), 20.0),
        (with_headers({"retry-after": "Thu Jan  1 00:02:00 1970"}), 20.0),
        (raised(RuntimeError, cause=with_headers({"retry-after": "4"})), 4.0),
        (raised(Exception, retry_after="?", headers={"retry-after": "4"}), 4.0),
        (
            raised(Exception, response={"ResponseMetadata": {"HTTPHeaders": {"retry-after": "6"}}}),
            6.0,
        ),
    ],
)
def test_the_wait_that_is_asked_for_is_found(error: BaseException, seconds: float) -> None:
    """Attribute, milliseconds, seconds and HTTP date are understood, and causes are searched."""
    assert retry_after(error, now=100.0) == pytest.approx(seconds)


@pytest.mark.parametrize(
    "value",
    [
        *(
            "",
            "0",
            "0.0",
            "-1",
            "nan",
            "inf",
            "1_0",
            "1e3",
            "soon",
            "٣",
            "Thu, 99 Foo 1970",
            "9" * 400,
            "Thu, 01 Jan 1970 00:00:00 GMT",
        ),
        *(0, 0.0, math.nan, math.inf, -1.0, 10**400, True, timedelta(seconds=-1), object(), None),
    ],
    ids=lambda value: repr(value)[:12],
)
def test_a_wait_that_makes_no_sense_is_none(value: object) -> None:
    """Garbage, NaN, infinite and negative waits are ignored, in attribute and header; 0 and the past are no opinion."""
    assert retry_after(raised(Exception, retry_after=value), now=0.0) is None
    assert retry_after(with_headers({"retry-after": str(value)}), now=0.0) is None


@pytest.mark.parametrize(
    "headers", [None, 5, "text", ["x"], [1], {"a": 1}, object()], ids=lambda given: type(given).__name__
)
def test_headers_of_any_shape_do_no_harm(headers: object) -> None:
    """What is neither a mapping nor pairs has no headers."""
    assert retry_after(with_headers(headers), now=0.0) is None


def test_the_headers_that_litellm_keeps_aside_are_found() -> None:
    """Its errors have a response of their own without headers, and the provider's headers beside it."""
    error = Exception()
    vars(error).update(headers={}, litellm_response_headers={"Retry-After-Ms": "1500"})
    assert retry_after(error, now=0.0) == 1.5


@pytest.mark.parametrize(
    "error",
    [
        raised(
            Exception, body={"code": 429, "details": [{"@type": "x"}, {"@type": "RetryInfo", "retryDelay": "13.5s"}]}
        ),
        raised(Exception, body={"error": {"details": [{"retryDelay": "13.5s"}]}}),
        raised(Exception, details={"error": {"details": [{"retryDelay": "13.5s"}]}}),
        ExceptionGroup("both", [raised(Exception, retry_after=2), raised(Exception, retry_after=13.5)]),
    ],
)
def test_the_wait_may_stand_in_the_body_or_in_a_group(error: Exception) -> None:
    """Gemini tells it in a RetryInfo; of a group the longest counts."""
    assert retry_after(error, now=0.0) == 13.5


@pytest.mark.parametrize("delay", ["13.5", "s", "-1s", "0s", 13, None])
def test_a_delay_in_the_body_that_makes_no_sense_is_none(delay: object) -> None:
    """Only a duration of protobuf's JSON form counts."""
    assert retry_after(raised(Exception, body={"details": [{"retryDelay": delay}]}), now=0.0) is None


def _foreign(module: str, name: str, **attributes: object) -> Exception:
    kind = type(name, (Exception,), {"__module__": module})
    return raised(kind, **attributes)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (_foreign("botocore.exceptions", "EndpointConnectionError"), "provider_unavailable"),
        (_foreign("botocore.exceptions", "ReadTimeoutError"), "timeout"),
        (_foreign("botocore.exceptions", "ConnectTimeoutError"), "timeout"),
        (_foreign("botocore.exceptions", "NoCredentialsError"), "auth_error"),
        (_foreign("urllib3.exceptions", "NewConnectionError"), "provider_unavailable"),
        (_foreign("urllib3.exceptions", "ProtocolError"), "provider_unavailable"),
        (_foreign("urllib3.exceptions", "TimeoutError"), "timeout"),
        (_foreign("google.auth.exceptions", "TransportError"), "provider_unavailable"),
        (_foreign("google.auth.exceptions", "RefreshError"), "auth_error"),
        (_foreign("anyio", "BrokenResourceError"), "provider_unavailable"),
        (_foreign("anyio", "EndOfStream"), "provider_unavailable"),
        *(
            (
                raised(Exception, response={"Error": {"Code": word}, "ResponseMetadata": {"HTTPStatusCode": 400}}),
                code,
            )
            for word, code in [
                ("ThrottlingException", "rate_limit"), ("SlowDown", "rate_limit"), ("Throttling", "rate_limit"),
                ("ModelTimeoutException", "timeout"), ("ModelNotReadyException", "provider_unavailable"),
                ("ServiceQuotaExceededException", "quota_exhausted"), ("ValidationException", "invalid_input"),
            ]
        ),
    ],
    ids=str,
)  # fmt: skip
def test_the_errors_of_other_clients_are_known(error: Exception, code: str) -> None:
    """Those of botocore, urllib3, google.auth and anyio; a throttling word outranks the status 400 beside it."""
    assert classify(error) == code


@pytest.mark.parametrize(
    ("leaves", "code", "transient"),
    [
        ([TimeoutError(), TimeoutError()], "timeout", True),
        ([TimeoutError(), ConnectionError()], None, True),
        ([TimeoutError(), ValueError()], None, False),
        ([ValueError(), KeyError()], None, False),
        ([ExceptionGroup("inner", [TimeoutError()]), TimeoutError()], "timeout", True),
    ],
)
def test_a_group_is_what_all_its_exceptions_are(leaves: list[Exception], code: str | None, transient: object) -> None:
    """It has the code on which all agree, and is transient when each of them is."""
    group = ExceptionGroup("several", leaves)
    assert (classify(group), is_transient(group)) == (code, transient)


OUR_ERRORS = [
    errors.BelugaError("a", code="timeout", retryable=False, retry_after=1.0),
    errors.CircuitOpen("a", name="openai", retry_after=2.0),
    errors.RateLimited("a", key="p", limit=3, retry_after=2.0),
    errors.BulkheadFull("a"),
    errors.BudgetExceeded("a", spent=1.0, limit=2.0, unit="cost"),
    errors.DeadlineExceeded("a", total=3.0),
    errors.GuardBlocked("a", findings=[1], guard="pii", stage="input"),
    errors.ProviderError("a", code="not_found", status=404, request_id="r"),
    errors.ToolFailed("a"),
    errors.GraphError("a"),
    errors.ConfigError("a", errors=["x"]),
]


@pytest.mark.parametrize("error", OUR_ERRORS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_our_errors_survive_pickling(error: errors.BelugaError, protocol: int) -> None:
    """An error comes out of a process pool with everything it held."""
    copy = pickle.loads(pickle.dumps(error, protocol))
    assert type(copy) is type(error)
    assert (copy.args, vars(copy)) == (error.args, vars(error))
    assert classify(copy) is classify(error)


class _OfTenant(errors.RateLimited):
    """An error of a user's own, with more to know."""

    def __init__(self, message: str = "", *, tenant: str = "", **options: object) -> None:
        super().__init__(message, **options)
        self.tenant = tenant


def _refused_by_a_breaker() -> errors.CircuitOpen:
    policy = CircuitBreaker(name="openai")
    policy.trip()
    with pytest.raises(errors.CircuitOpen) as caught:
        policy(len)("")
    return caught.value


@pytest.mark.parametrize(
    "error", [*OUR_ERRORS, _OfTenant("a", tenant="b", retry_after=3.0), _refused_by_a_breaker()], ids=repr
)
def test_our_errors_survive_being_made_anew_from_their_args(error: errors.BelugaError) -> None:
    """Some libraries rebuild an error as ``type(e)(*e.args)``: it keeps all that it was told, twice in a row."""
    rebuilt = error
    for _ in range(2):
        rebuilt = type(rebuilt)(*rebuilt.args)
        assert str(rebuilt) == str(error)
        assert vars(rebuilt).items() >= vars(error).items()
        assert (rebuilt.code, rebuilt.retryable) == (error.code, error.retryable)
        assert rebuilt.retry_after == error.retry_after
        assert getattr(rebuilt, "name", None) == getattr(error, "name", None)
    assert pickle.loads(pickle.dumps(rebuilt)).retry_after == error.retry_after


def test_an_error_of_ours_shows_what_it_is_made_of() -> None:
    """The signature that help() and editors show is that of its ``__init__``, also of one that a user derives."""
    assert list(inspect.signature(errors.RateLimited).parameters) == ["message", "key", "limit", "retry_after"]

    class TooLong(errors.InvalidResponse):
        def __init__(self, length: int) -> None:
            super().__init__(f"{length} letters")

    assert list(inspect.signature(TooLong).parameters) == ["length"]


def test_notes_on_a_shared_error_do_not_pile_up() -> None:
    """A constant of a module that is raised again and again keeps the newest few of ours, and all of others."""
    shared = TimeoutError("shared")
    shared.add_note("of somebody else")
    for number in range(20):
        errors.add_note(shared, f"beluga: gave up after {number} attempts")
        errors.add_note(shared, f"beluga: gave up after {number} attempts")
    assert shared.__notes__ == [
        "of somebody else", *(f"beluga: gave up after {number} attempts" for number in range(16, 20))
    ]  # fmt: skip


def test_a_shared_error_has_each_note_once() -> None:
    """Whatever a note begins with, such as the name of a scatter, it does not tell anything more the second time."""
    shared = TimeoutError("shared")
    for name in ("scatter", "graph", "scatter", "graph"):
        errors.add_note(shared, f"{name}: branch 'ask' failed")
    assert shared.__notes__ == ["scatter: branch 'ask' failed", "graph: branch 'ask' failed"]


async def answers_later(_: object) -> None:
    """Take an error or an event, too late."""


class LaterRule:
    """The same as an object."""

    __call__ = staticmethod(answers_later)

    async def method(self, _: object) -> None:
        """Take an error or an event, too late."""


LATER: dict[str, Any] = {
    "a function": answers_later,
    "an object": LaterRule(),
    "a method": LaterRule().method,
    "a partial of one": functools.partial(LaterRule()),
    "a cached one": functools.cache(answers_later),
}


@pytest.mark.parametrize("callback", LATER.values(), ids=LATER)
def test_a_rule_or_subscriber_that_nobody_awaits_is_refused(callback: Any) -> None:
    """It would answer with a coroutine, which is neither a code nor run."""
    with pytest.raises(TypeError, match="must be a plain function, which nobody awaits"):
        classify.register(callback)
    with pytest.raises(TypeError, match="takes a plain function of the event first, which nobody awaits"):
        events.subscribe(callback)


def test_a_subscription_to_what_is_no_event_is_refused() -> None:
    """A name, or the two arguments the wrong way round, would be found by the first event, in the midst of a call."""
    wrong: Any = "CircuitChanged"
    with pytest.raises(TypeError, match=r"takes classes of events, .*, and got 'CircuitChanged'"):
        events.subscribe(print, wrong)
    with pytest.raises(TypeError, match=r"a plain function of the event first, .*, and got CircuitChanged"):
        events.subscribe(events.CircuitChanged, wrong)
    assert not events.listening()


def test_importing_it_is_light() -> None:
    """Neither an event loop nor an HTTP client is loaded to name a failure."""
    heavy = {"asyncio", "email", "httpx", "json", "logging", "ssl"}
    code = f"import sys; before = {{*sys.modules}}; import beluga.errors; print({heavy} & {{*sys.modules}} - before)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_codes_are_strings() -> None:
    """A code can be compared with, and written as, its plain name."""
    assert f"{C.RATE_LIMIT}" == "rate_limit"
    assert ErrorCode("rate_limit") is C.RATE_LIMIT
