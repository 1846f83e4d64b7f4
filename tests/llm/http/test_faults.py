"""Every way in which a provider fails, and what beluga makes of it; for both dialects, sync and async."""

from __future__ import annotations

import json
import logging
import ssl

import httpx
import pytest
import respx

from beluga import DeadlineExceeded, budget
from beluga.classification import ErrorCode, classify, is_transient, retry_after
from beluga.errors import ProviderError
from beluga.schema import AudioPart, HumanMessage

# name: status, OpenAI's words, Anthropic's words, what it means, whether another attempt may help.
ANSWERS = {
    "throttled": (
        429,
        {"type": "requests", "code": "rate_limit_exceeded"},
        {"type": "rate_limit_error"},
        "rate_limit",
        1,
    ),
    "ramped up too fast": (
        *(429, {"code": "rate_limit_exceeded"}),
        *({"type": "rate_limit_error", "details": {"error_code": "ramp_limit_exceeded"}}, "rate_limit", 1),
    ),
    "quota": (
        *(429, {"type": "insufficient_quota", "code": "insufficient_quota"}),
        *(
            {"type": "rate_limit_error", "details": {"error_code": "enforced_spend_limit_reached"}},
            "quota_exhausted",
            0,
        ),
    ),
    "billing": (402, {"code": "billing_not_active"}, {"type": "billing_error"}, "quota_exhausted", 0),
    "overloaded": (503, {"type": "server_error"}, {"type": "overloaded_error"}, "provider_unavailable", 1),
    "overloaded 529": (529, {"type": "server_error"}, {"type": "overloaded_error"}, "provider_unavailable", 1),
    "server error": (500, {"type": "server_error"}, {"type": "api_error"}, "provider_unavailable", 1),
    "bad gateway": (502, {}, {"type": "api_error"}, "provider_unavailable", 1),
    "gateway timeout": (504, {}, {"type": "timeout_error"}, "timeout", 1),
    "not implemented": (501, {}, {}, "invalid_input", 0),
    "request timeout": (408, {}, {"type": "invalid_request_error"}, "timeout", 1),
    "conflict": (409, {}, {"type": "conflict_error"}, "provider_unavailable", 1),
    "bad key": (401, {"code": "invalid_api_key"}, {"type": "authentication_error"}, "auth_error", 0),
    "no permission": (403, {"type": "invalid_request_error"}, {"type": "permission_error"}, "auth_error", 0),
    "unknown model": (404, {"code": "model_not_found"}, {"type": "not_found_error"}, "not_found", 0),
    "bad request": (
        *(400, {"type": "invalid_request_error", "param": "messages"}),
        *({"type": "invalid_request_error"}, "invalid_input", 0),
    ),
    "too large": (413, {"type": "invalid_request_error"}, {"type": "invalid_request_error"}, "invalid_input", 0),
    "context too long": (
        *(400, {"code": "context_length_exceeded", "type": "invalid_request_error"}),
        *({"details": {"error_code": "context_length_exceeded"}, "type": "invalid_request_error"}, "context_length", 0),
    ),
    "content filter": (
        *(400, {"code": "content_policy_violation"}),
        *({"type": "invalid_request_error", "details": {"error_code": "content_filter"}}, "content_filtered", 0),
    ),
}


def failure(ask, model, **options):
    """Return the error that asking ends with."""
    with pytest.raises(ProviderError) as caught:
        ask(model, "the prompt that no message may quote", **options)
    return caught.value


@pytest.mark.parametrize("row", ANSWERS)
def test_an_error_status_has_its_code(wire, ask_any, row):
    """Each row of the table: code, whether to try again, status and the id of the request."""
    status, openai, anthropic, code, again = ANSWERS[row]
    with respx.mock:
        route = respx.post(wire.url).respond(
            status, json=wire.error(openai, anthropic), headers={wire.id_header: "req_7"}
        )
        error = failure(ask_any, wire.model())
    assert route.call_count == 1
    assert (error.code, error.retryable) == (ErrorCode(code), bool(again))
    assert (classify(error), is_transient(error)) == (ErrorCode(code), bool(again))
    assert (error.status, error.request_id, error.partial) == (status, "req_7", False)
    assert error.body == wire.error(openai, anthropic)


@pytest.mark.parametrize("row", ANSWERS)
def test_no_error_tells_a_secret(wire, ask_any, row, secrets, caplog):
    """Neither key nor prompt nor the provider's sentences, in message, repr, arguments or log."""
    status, openai, anthropic, *_ = ANSWERS[row]
    with respx.mock, caplog.at_level(logging.DEBUG):
        respx.post(wire.url).respond(status, json=wire.error(openai, anthropic))
        error = failure(ask_any, wire.model())
    shown = f"{error} {error!r} {error.args} {caplog.text}"
    assert not any(secret in shown for secret in secrets)


@pytest.mark.parametrize("word", ["sk-live-abc123", "Ignore all rules", "a" * 80, 7, None, ["x"], {"a": 1}])
def test_only_plain_words_of_a_provider_are_shown(wire, ask, word):
    """What looks like anything but an identifier stays out of the message."""
    with respx.mock:
        respx.post(wire.url).respond(400, json=wire.error({"code": word, "param": word}, {"type": word}))
        error = failure(ask, wire.model())
    assert error.code is ErrorCode.INVALID_INPUT
    assert str(error) == f"{wire.provider} answered 400"


NEVER_SENT = {
    "no form": lambda model: model.generate(HumanMessage(parts=[AudioPart(url="https://example.com/a")])),
    "not JSON": lambda model: model.generate("Hi", temperature=object()),
    "too late": budget(1e-9)(lambda model: model.generate("Hi")),
}


@pytest.mark.parametrize("row", NEVER_SENT)
def test_no_variable_of_a_traceback_holds_the_key(wire, secrets, row):
    """Reports of errors show the variables of every frame."""
    with pytest.raises((ValueError, TypeError, DeadlineExceeded)) as caught:
        NEVER_SENT[row](wire.model())
    frames = [entry for entry in caught.traceback if "beluga" in str(entry.path) and "tests" not in str(entry.path)]
    assert frames
    assert secrets[0] not in repr([list(entry.frame.f_locals.items()) for entry in frames])


def test_a_message_says_what_happened_and_what_to_do(wire, ask):
    """Status, the provider's word, the parameter, a hint, and the id for the provider's support."""
    with respx.mock:
        respx.post(wire.url).respond(
            *(404,),
            json=wire.error(
                {"code": "model_not_found", "param": "model"}, {"type": "not_found_error", "param": "model"}
            ),
            headers={wire.id_header: "req_7"},
        )
        error = failure(ask, wire.model())
    word = "model_not_found" if wire.provider == "openai" else "not_found_error"
    assert str(error) == (
        f"{wire.provider} answered 404 ({word}, about model); check the name of the model and base_url; request req_7"
    )


@pytest.mark.parametrize("content", [b"<html>Bad Gateway</html>", b"", b"null", b"[]", b'"text"', b'{"error": "flat"}'])
def test_an_error_without_a_readable_body_goes_by_its_status(wire, ask_any, content):
    """A proxy in between answers as it likes."""
    with respx.mock:
        respx.post(wire.url).respond(502, content=content)
        error = failure(ask_any, wire.model())
    assert (error.code, error.status, error.retryable) == (ErrorCode.PROVIDER_UNAVAILABLE, 502, True)


WAITS = {
    "seconds": ({"retry-after": "7"}, 7.0),
    "fractions": ({"retry-after": "0.5"}, 0.5),
    "milliseconds first": ({"retry-after-ms": "1500", "retry-after": "9"}, 1.5),
    "a date": ({"retry-after": "Thu, 01 Jan 1970 00:01:40 GMT"}, 40.0),
    "a date that has passed": ({"retry-after": "Thu, 01 Jan 1970 00:00:40 GMT"}, None),
    "nothing": ({}, None),
    "nonsense": ({"retry-after": "soon"}, None),
    "openai's reset": ({"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "1m2s"}, 62.0),
    "the empty bucket's reset": (
        {
            "x-ratelimit-remaining-requests": "9",
            "x-ratelimit-reset-requests": "12ms",
            "x-ratelimit-remaining-tokens": "0",
            "x-ratelimit-reset-tokens": "6m0s",
        },
        360.0,
    ),
    "anthropic's reset": (
        {
            "anthropic-ratelimit-output-tokens-remaining": "0",
            "anthropic-ratelimit-output-tokens-reset": "1970-01-01T00:01:30Z",
        },
        30.0,
    ),
    "retry-after before resets": ({"retry-after": "7", "x-ratelimit-reset-requests": "1m"}, 7.0),
}


@pytest.mark.parametrize("row", WAITS)
def test_the_wait_that_a_provider_asks_for_is_read(wire, ask_any, row):
    """Milliseconds, then seconds or a date, then the resets of the buckets."""
    from beluga.testing import fake_clock

    headers, seconds = WAITS[row]
    with respx.mock, fake_clock(wall=60.0):
        respx.post(wire.url).respond(429, json=wire.error({}, {}), headers=headers)
        error = failure(ask_any, wire.model())
    assert error.code is ErrorCode.RATE_LIMIT
    assert error.retry_after == seconds
    assert retry_after(error, now=60.0) == seconds


def test_resets_count_for_throttling_alone(wire, ask):
    """A server that is down does not come back with the bucket."""
    with respx.mock:
        respx.post(wire.url).respond(503, headers={"x-ratelimit-reset-requests": "1m"})
        error = failure(ask, wire.model())
    assert error.retry_after is None


def test_a_server_may_say_that_there_is_no_point(wire, ask):
    """The header that the providers' own SDKs obey."""
    with respx.mock:
        respx.post(wire.url).respond(503, headers={"x-should-retry": "false"})
        error = failure(ask, wire.model())
    assert (error.code, error.retryable) == (ErrorCode.PROVIDER_UNAVAILABLE, False)


TRANSPORT = {
    "refused": (httpx.ConnectError, "provider_unavailable", True),
    "reset": (httpx.ReadError, "provider_unavailable", True),
    "write": (httpx.WriteError, "provider_unavailable", True),
    "protocol": (httpx.RemoteProtocolError, "provider_unavailable", True),
    "proxy": (httpx.ProxyError, "provider_unavailable", True),
    "connect timeout": (httpx.ConnectTimeout, "timeout", True),
    "read timeout": (httpx.ReadTimeout, "timeout", True),
    "pool timeout": (httpx.PoolTimeout, "timeout", True),
    "unreadable encoding": (httpx.DecodingError, "invalid_response", False),
}


@pytest.mark.parametrize("row", TRANSPORT)
def test_a_failing_connection_has_its_code(wire, ask_any, row, secrets):
    """What httpx raised is the cause; its text, which may quote a header, is not in the message."""
    raised, code, again = TRANSPORT[row]
    with respx.mock:
        respx.post(wire.url).mock(side_effect=raised(f"{secrets}"))
        error = failure(ask_any, wire.model())
    assert (error.code, error.retryable) == (ErrorCode(code), again)
    assert (error.status, error.partial) == (None, False)
    assert isinstance(error.__cause__, httpx.HTTPError)
    assert f"{wire.provider} did not answer: {type(error.__cause__).__name__}" == str(error)


def test_a_certificate_that_cannot_be_verified_stays_so(wire, ask_any, answering):
    """Another attempt will not help, although the connection failed."""

    def refuse(request):
        error = httpx.ConnectError("certificate verify failed", request=request)
        raise error from ssl.SSLCertVerificationError(1, "self-signed")

    error = failure(ask_any, wire.model(transport=answering(refuse)))
    assert (error.code, error.retryable) == (ErrorCode.PROVIDER_UNAVAILABLE, False)


def test_what_is_no_failure_of_the_connection_passes(wire, ask_any):
    """An error in the caller's own event hook or transport is the caller's."""
    with respx.mock, pytest.raises(ZeroDivisionError):
        respx.post(wire.url).mock(side_effect=ZeroDivisionError)
        ask_any(wire.model(), "Hi")


NONSENSE = {
    "html": (b"<html>welcome</html>", "text/html", "answer of type text/html"),
    "not json": (b'{"choices": [', "application/json", "is not JSON"),
    "not utf-8": (b'{"a": "\xff"}', "application/json", "is not JSON"),
    "nothing": (b"", "", "is not JSON"),
    "a list": (b"[]", "application/json", "shape"),
    "an empty object": (b"{}", "application/json", "shape"),
    "empty lists": (b'{"choices": [], "content": 7}', "application/json", "shape"),
    "wrong kinds": (b'{"choices": [{"message": 7}], "content": [7]}', "application/json", "shape"),
    "nothing in it": (b'{"choices": null, "content": null}', "application/json", "shape"),
    "deep": (b"[" * 100_000, "application/json", "is not JSON"),
}


@pytest.mark.parametrize("row", NONSENSE)
def test_nonsense_with_a_good_status_is_an_invalid_response(wire, ask, row):
    """An answer that makes no sense is never returned as if it were one."""
    content, kind, said = NONSENSE[row]
    with respx.mock:
        respx.post(wire.url).respond(200, content=content, headers={"content-type": kind, wire.id_header: "req_7"})
        error = failure(ask, wire.model())
    assert (error.code, error.status, error.retryable) == (ErrorCode.INVALID_RESPONSE, 200, False)
    assert said in str(error)
    assert "request req_7" in str(error)
    assert error.__cause__ is None


def test_a_redirect_is_no_answer(wire, ask_any):
    """It is not followed: the key would go along."""
    with respx.mock:
        respx.post(wire.url).respond(302, headers={"location": "https://example.com"})
        error = failure(ask_any, wire.model())
    assert (error.code, error.status) == (ErrorCode.INVALID_RESPONSE, 302)


def test_an_error_inside_a_good_status_is_one(wire, ask_any):
    """Gateways pass on a status as a number in the body."""
    with respx.mock:
        respx.post(wire.url).respond(200, json={"error": {"code": 429, "message": "slow down"}})
        error = failure(ask_any, wire.model())
    assert (error.code, error.status) == (ErrorCode.RATE_LIMIT, 200)


# The row's name: OpenAI's event, Anthropic's event, what it means, whether another attempt may help.
EVENTS = {
    "overloaded": ({"type": "server_error"}, {"type": "overloaded_error"}, "provider_unavailable", True),
    "throttled": ({"code": "rate_limit_exceeded"}, {"type": "rate_limit_error"}, "rate_limit", True),
    "timeout": ({"code": "timeout_error"}, {"type": "timeout_error"}, "timeout", True),
    "bad request": ({"type": "invalid_request_error"}, {"type": "invalid_request_error"}, "invalid_input", False),
    "unheard of": ({"type": "new_thing"}, {"type": "new_thing"}, "provider_unavailable", True),
    "no words": ({}, {}, "provider_unavailable", True),
}


@pytest.mark.parametrize("after", [0, 2])
@pytest.mark.parametrize("row", EVENTS)
def test_an_error_event_in_a_stream_is_one(wire, ask_stream, answering, sse, row, after, secrets):
    """Status 200 and a piece of the answer do not make it a good one."""
    openai, anthropic, code, again = EVENTS[row]
    texts = [wire.text_event("a")] * after
    body = sse(*wire.opening, *texts, wire.error_event(wire.error(openai, anthropic)))
    transport = answering(httpx.Response(200, content=body, headers={"content-type": "text/event-stream"}))
    error = failure(ask_stream, wire.model(transport=transport))
    assert (error.code, error.retryable, error.status) == (ErrorCode(code), again, 200)
    assert error.partial is (after > 0)
    assert f"broke off its stream after {after} chunks" in str(error)
    assert not any(secret in str(error) for secret in secrets)


@pytest.mark.parametrize("after", [0, 1])
@pytest.mark.parametrize(
    ("raised", "code"),
    [
        (httpx.ReadTimeout("secret"), "timeout"),
        (httpx.ReadError("secret"), "provider_unavailable"),
        (httpx.RemoteProtocolError("secret"), "provider_unavailable"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_stream_that_the_connection_ends_is_cut(wire, ask_stream, answering, pieces, raised, code, after):
    """Whether something had come is said, as then nobody may start over by himself."""
    body = pieces([wire.beginning(*["a"] * after)], raised)
    transport = answering(httpx.Response(200, stream=body, headers={"content-type": "text/event-stream"}))
    error = failure(ask_stream, wire.model(transport=transport))
    assert (error.code, error.partial) == (ErrorCode(code), after == 1)
    assert error.__cause__ is raised
    assert "secret" not in str(error)
    assert body.closed


ENDINGS = {
    "nothing at all": (lambda wire: (), 0),
    "no end": (lambda wire: (*wire.opening, wire.text_event("a")), 1),
    "no finish reason": (lambda wire: (*wire.opening, wire.text_event("a"), wire.ending[-1]), 1),
}


@pytest.mark.parametrize("row", ENDINGS)
def test_a_stream_without_its_end_is_an_error(wire, ask_stream, answering, sse, row):
    """A clean end of the bytes is not the end of the answer."""
    events, chunks = ENDINGS[row]
    transport = answering(
        httpx.Response(200, content=sse(*events(wire)), headers={"content-type": "text/event-stream"})
    )
    error = failure(ask_stream, wire.model(transport=transport))
    assert (error.code, error.partial) == (ErrorCode.INVALID_RESPONSE, chunks > 0)
    assert "ended without saying that it was complete" in str(error)


def test_an_event_that_is_cut_is_none(wire, ask_stream, answering):
    """Half a last event before the finish reason is an answer that was cut."""
    body = wire.beginning("a", "b")[:-20]
    transport = answering(httpx.Response(200, content=body, headers={"content-type": "text/event-stream"}))
    error = failure(ask_stream, wire.model(transport=transport))
    assert (error.code, error.partial) == (ErrorCode.INVALID_RESPONSE, True)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ('{"choices": [', "not JSON"),
        ("[]", "wrong shape"),
        ("[" * 100_000, "wrong shape"),
        ("7", "wrong shape"),
        ('{"type": "content_block_delta", "choices": [{"delta": {"tool_calls": [7]}}]}', "wrong shape"),
    ],
)
def test_an_event_that_makes_no_sense_is_an_error(wire, ask_stream, answering, sse, data, said):
    """Neither skipped nor raised as something from inside."""
    body = sse(*wire.opening, wire.text_event("a"), ("x", data))
    transport = answering(httpx.Response(200, content=body, headers={"content-type": "text/event-stream"}))
    error = failure(ask_stream, wire.model(transport=transport))
    assert (error.code, error.partial) == (ErrorCode.INVALID_RESPONSE, True)
    assert said in str(error)


@pytest.mark.parametrize("kind", ["text/html", "application/json"])
def test_a_page_in_place_of_a_stream_is_an_error(wire, ask_stream, answering, kind):
    """It would be read as a stream without events."""
    transport = answering(httpx.Response(200, content=b"<html></html>", headers={"content-type": kind}))
    error = failure(ask_stream, wire.model(transport=transport))
    assert (error.code, error.partial) == (ErrorCode.INVALID_RESPONSE, False)
    assert "is not a stream of events" in str(error)


def test_rate_limits_come_with_answers_and_errors(wire, ask):
    """What is left can be read before it is used up."""
    headers = {"x-ratelimit-remaining-tokens": "5", "anthropic-ratelimit-tokens-limit": "9"}
    with respx.mock:
        respx.post(wire.url).respond(json=wire.answer, headers=headers)
        response = ask(wire.model(), "Hi")
    assert (response.limits.tokens.remaining, response.limits.tokens.limit) == (5, 9)
    with respx.mock:
        respx.post(wire.url).respond(429, headers=headers)
        error = failure(ask, wire.model())
    assert error.limits == response.limits


def test_an_error_survives_pickling(wire, ask):
    """Process pools send errors back so."""
    import pickle

    with respx.mock:
        respx.post(wire.url).respond(429, json=json.loads("{}"), headers={"retry-after": "2"})
        error = failure(ask, wire.model())
    copy = pickle.loads(pickle.dumps(error))
    assert (str(copy), copy.code, copy.retry_after, copy.partial) == (str(error), error.code, 2.0, False)
