"""What kind of failure an exception is, read from its structure and never from its text.

A message may be translated, reworded, or hold any number: the "403" inside "retry in 18.403 s" is no 403.
So only codes, statuses, class names and causes are looked at. No SDK is imported for it; its classes are
known by name. `classify` says what kind of failure it is, `is_transient` whether another attempt makes
sense, and `retry_after` when.

Source: the exceptions of openai 2.54 and 3.54, anthropic 2.12, httpx 0.28 and httpx2 2.16, urllib3 2, anyio 4,
botocore 1 (``exceptions.py``, and the error codes of ``retries/standard.py``) and google-auth 2; google.rpc's
``error_details.proto`` (RetryInfo); RFC 9110 sections 10.2.3 (Retry-After) and 15 (status codes).
"""

from __future__ import annotations

import enum
import errno
import sys
import threading
from collections.abc import Callable, Mapping
from typing import Final, TypeVar

from beluga._foreign import answers_later, get
from beluga._foreign import errors as anatomy

__all__ = [
    "TRANSIENT",
    "Classifier",
    "ErrorCode",
    "Rule",
    "classify",
    "code_of_status",
    "is_transient",
    "retry_after",
]


class ErrorCode(enum.StrEnum):
    """The kinds of failure that an application treats differently."""

    RATE_LIMIT = "rate_limit"
    TIMEOUT = "timeout"
    PROVIDER_UNAVAILABLE = "provider_unavailable"
    AUTH_ERROR = "auth_error"
    INVALID_INPUT = "invalid_input"
    NOT_FOUND = "not_found"
    TOOL_FAILED = "tool_failed"
    GUARD_BLOCKED = "guard_blocked"
    BUDGET_EXHAUSTED = "budget_exhausted"
    CIRCUIT_OPEN = "circuit_open"
    QUOTA_EXHAUSTED = "quota_exhausted"
    CONTEXT_LENGTH = "context_length"
    CONTENT_FILTERED = "content_filtered"
    INVALID_RESPONSE = "invalid_response"
    CANCELLED = "cancelled"


TRANSIENT: Final = frozenset({ErrorCode.RATE_LIMIT, ErrorCode.TIMEOUT, ErrorCode.PROVIDER_UNAVAILABLE})
"""The codes of failures that another attempt may not meet again."""

Rule = Callable[[BaseException], ErrorCode | str | None]
"""A user's own reading of an exception: its code, or None where the rule does not know it."""

_RuleT = TypeVar("_RuleT", bound=Rule)


def _table(text: str) -> dict[str, ErrorCode]:
    """Read lines of a code and the names that mean it."""
    rows = (line.split() for line in text.strip().splitlines())
    return {name: ErrorCode(code) for code, *names in rows for name in names}


# Classes as root package and name, looked up along the MRO; they outrank a status.
_CLASSES: Final = _table("""
    timeout               builtins.TimeoutError httpx.TimeoutException openai.APITimeoutError
    timeout               anthropic.APITimeoutError requests.Timeout aiohttp.ServerTimeoutError
    timeout               urllib3.TimeoutError botocore.ReadTimeoutError botocore.ConnectTimeoutError
    timeout               google.DeadlineExceeded google.RetryError
    provider_unavailable  builtins.ConnectionError socket.gaierror ssl.SSLError
    provider_unavailable  asyncio.IncompleteReadError http.IncompleteRead
    provider_unavailable  httpx.NetworkError httpx.RemoteProtocolError httpx.ProxyError
    provider_unavailable  openai.APIConnectionError anthropic.APIConnectionError
    provider_unavailable  requests.ConnectionError requests.ChunkedEncodingError
    provider_unavailable  aiohttp.ClientConnectionError aiohttp.ClientPayloadError
    provider_unavailable  urllib3.NewConnectionError urllib3.ProtocolError urllib3.SSLError urllib3.ProxyError
    provider_unavailable  botocore.HTTPClientError botocore.EndpointConnectionError botocore.ConnectionClosedError
    provider_unavailable  anyio.BrokenResourceError anyio.EndOfStream anyio.IncompleteRead anyio.ConnectionFailed
    provider_unavailable  google.TransportError
    auth_error            openai.SubjectTokenProviderError google.RefreshError google.DefaultCredentialsError
    auth_error            botocore.NoCredentialsError botocore.PartialCredentialsError botocore.TokenRetrievalError
    invalid_input         botocore.ParamValidationError urllib3.LocationParseError
    invalid_input         httpx.LocalProtocolError httpx.UnsupportedProtocol httpx.InvalidURL
    invalid_response      json.JSONDecodeError httpx.DecodingError httpx.TooManyRedirects
    invalid_response      openai.APIResponseValidationError openai.LengthFinishReasonError
    invalid_response      anthropic.APIResponseValidationError
    context_length        litellm.ContextWindowExceededError
    content_filtered      openai.ContentFilterFinishReasonError litellm.ContentPolicyViolationError
    budget_exhausted      litellm.BudgetExceededError
    cancelled             asyncio.CancelledError concurrent.CancelledError trio.Cancelled
    cancelled             builtins.GeneratorExit builtins.KeyboardInterrupt
""")

# Classes that say little, asked last: neither a word nor a status spoke, as in a stream's error event.
_FAMILIES: Final = _table("provider_unavailable openai.APIError anthropic.APIError urllib.URLError")

_CERTIFICATE_ERRORS: Final = frozenset({"ssl.SSLCertVerificationError", "aiohttp.ClientConnectorCertificateError"})

# A provider's own words that outrank the status: OpenAI sends an empty purse as 429.
_WORDS: Final = _table("""
    quota_exhausted   insufficient_quota billing_error billing_hard_limit_reached billing_not_active
    context_length    context_length_exceeded model_context_window_exceeded
    content_filtered  content_filter content_policy_violation image_content_policy_violation
    rate_limit        rate_limit_exceeded ramp_limit_exceeded
    auth_error        invalid_api_key organization_on_hold
    not_found         model_not_found
    timeout           timeout_error request_body_timeout RequestTimeout RequestTimeoutException ModelTimeoutException
    rate_limit        Throttling ThrottlingException ThrottledException RequestThrottledException RequestThrottled
    rate_limit        TooManyRequestsException ProvisionedThroughputExceededException RequestLimitExceeded
    rate_limit        BandwidthLimitExceeded LimitExceededException SlowDown EC2ThrottledException
    rate_limit        TransactionInProgressException PriorRequestNotComplete
    provider_unavailable  ModelNotReadyException
    quota_exhausted   ServiceQuotaExceededException
""")

# Anthropic has one for each kind of contract: enforced_..., contract_..., linked_organization_...
_SPEND_LIMIT: Final = "_spend_limit_reached"

# Words that the status outranks (OpenAI says invalid_request_error with 401 and 404 too). They decide for
# an error event inside a stream, whose status is 200 or missing.
_VAGUE_WORDS: Final = _table("""
    invalid_input         invalid_request_error invalid_prompt
    auth_error            authentication_error permission_error
    not_found             not_found_error
    rate_limit            rate_limit_error
    provider_unavailable  overloaded_error api_error server_error conflict_error
""")

_STATUSES: Final[dict[int, ErrorCode]] = {
    401: ErrorCode.AUTH_ERROR,
    402: ErrorCode.QUOTA_EXHAUSTED,
    403: ErrorCode.AUTH_ERROR,
    404: ErrorCode.NOT_FOUND,
    407: ErrorCode.AUTH_ERROR,
    408: ErrorCode.TIMEOUT,
    409: ErrorCode.PROVIDER_UNAVAILABLE,
    410: ErrorCode.NOT_FOUND,
    425: ErrorCode.PROVIDER_UNAVAILABLE,
    429: ErrorCode.RATE_LIMIT,
    499: ErrorCode.CANCELLED,
    501: ErrorCode.INVALID_INPUT,
    504: ErrorCode.TIMEOUT,
    524: ErrorCode.TIMEOUT,  # Cloudflare's "a timeout occurred"
}
_CLIENT_FAULT, _SERVER_FAULT, _NO_STATUS = 400, 500, 600

_UNREACHABLE: Final = frozenset({errno.ENETDOWN, errno.ENETUNREACH, errno.EHOSTDOWN, errno.EHOSTUNREACH})


class Classifier:
    """Tell the kind of a failure; `classify` is the one that all of beluga asks.

    It walks from the exception along ``__cause__`` to the first one that it knows. Of each it asks the
    registered rules, then our own ``code``, the class, the provider's words, and the status. A group has the
    code that all its exceptions have.
    """

    __slots__ = ("_lock", "_rules")

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rules: tuple[Rule, ...] = ()

    def __call__(self, exc: object) -> ErrorCode | None:
        """Return the code of `exc`, or None where nothing about its structure is known.

        Args:
            exc: Any exception, of ours, of a provider's SDK, of an HTTP client or of Python itself; or what answered
                in place of one, such as a response of HTTP with its status, headers and body.

        Example:
            >>> classify(TimeoutError("the message does not matter"))
            <ErrorCode.TIMEOUT: 'timeout'>
            >>> classify(ValueError("429 Too Many Requests")) is None
            True
        """
        return self.first_known(exc)[1]

    def register(self, rule: _RuleT) -> _RuleT:
        """Ask `rule` before everything else, and before the rules registered earlier; usable as a decorator.

        Args:
            rule: Takes an exception and returns its code, or None. It should read structure only, as it
                is asked for each exception of a chain of causes. One that fails is logged and passed over.

        Returns:
            The rule itself, to be given to `unregister` when it is no longer wanted.

        Raises:
            TypeError: When `rule` cannot be called, or would have to be awaited.

        Example:
            >>> @classify.register
            ... def full_mailbox(exc):
            ...     return "quota_exhausted" if getattr(exc, "smtp_code", None) == 552 else None
            >>> classify.unregister(full_mailbox)
        """
        if not callable(rule) or answers_later(rule):
            message = f"a classification rule must be a plain function, which nobody awaits, not {type(rule).__name__}"
            raise TypeError(message)
        with self._lock:
            self._rules = (rule, *(known for known in self._rules if known is not rule))
        return rule

    def unregister(self, rule: Rule) -> None:
        """Ask `rule` no longer.

        Raises:
            ValueError: When it is not registered.
        """
        with self._lock:
            remaining = tuple(known for known in self._rules if known is not rule)
            if len(remaining) == len(self._rules):
                msg = f"{rule!r} is not a registered classification rule"
                raise ValueError(msg)
            self._rules = remaining

    def first_known(self, exc: object) -> tuple[object, ErrorCode | None]:
        """Return the first of `exc` and its causes that has a code, and the code; else `exc` and None."""
        for link in anatomy.chain(exc):
            code = (self._ruled(link) if isinstance(link, BaseException) else None) or _code_of(link)
            if code is None:
                codes = {self(leaf) for leaf in anatomy.leaves(link)}
                code = codes.pop() if len(codes) == 1 else None
            if code is not None:
                return link, code
        return exc, None

    def _ruled(self, exc: BaseException) -> ErrorCode | None:
        for rule in self._rules:
            try:
                answer = rule(exc)
                if answer is not None:
                    return ErrorCode(answer)
            except Exception as error:
                import logging

                logging.getLogger(__name__).warning("classification rule %r failed with %s", rule, type(error).__name__)
        return None


classify: Final = Classifier()
"""Tell the kind of a failure; ``classify.register`` adds a rule."""


def is_transient(exc: object) -> bool:
    """Say whether another attempt may succeed.

    Of one of our errors its ``retryable`` decides, then a provider's ``x-should-retry`` header, then the
    code. A TLS certificate that cannot be verified stays wrong, so it is not transient although its code is
    ``provider_unavailable``. Nor is an answer that makes no sense (``invalid_response``): asking again
    mostly buys the same answer; name the code in ``retryable_errors`` to retry it. A group is transient when
    every exception in it is.

    Args:
        exc: Any exception.

    Example:
        >>> is_transient(ConnectionResetError()), is_transient(ValueError())
        (True, False)
    """
    leaves = anatomy.leaves(exc)
    if leaves:
        return all(map(is_transient, leaves))
    link, code = classify.first_known(exc)
    own = getattr(link, "retryable", None)
    if isinstance(own, bool) and code is getattr(link, "code", None):
        return own
    wish = anatomy.first_header(exc, "x-should-retry")
    if wish in {"true", "false"}:
        return wish == "true"
    return code in TRANSIENT and not any(_named(link, _CERTIFICATE_ERRORS) for link in anatomy.chain(exc))


def retry_after(exc: object, now: float) -> float | None:
    """Return the seconds that the other side asks to wait before another attempt.

    It looks at a ``retry_after`` attribute, then at the headers ``retry-after-ms`` and ``retry-after`` (in
    seconds or as an HTTP date), then at a ``google.rpc.RetryInfo`` in the body, first of `exc`, then of its causes; of
    a group the longest counts. What makes no sense is passed over, and so is 0 or a date that has passed: that is no
    opinion on how long to wait.

    Args:
        exc: Any exception; headers are read from its ``headers`` or its ``response.headers``.
        now: The current time in seconds since 1970-01-01 UTC, to count from to an HTTP date.

    Returns:
        Seconds above 0, or None when nothing usable is said.

    Example:
        >>> error = ConnectionError()
        >>> error.headers = {"Retry-After": "Thu, 01 Jan 1970 00:01:40 GMT"}
        >>> retry_after(error, now=70.0)
        30.0
    """
    for link in anatomy.chain(exc):
        asked = (retry_after(leaf, now) for leaf in anatomy.leaves(link))
        seconds = _asked_by_attribute(link) or _asked_by_header(link, now) or _asked_by_body(link)
        longest = max(filter(None, (seconds, *asked)), default=None)
        if longest is not None:
            return longest
    return None


def code_of_status(status: int | None) -> ErrorCode | None:
    """Return what an HTTP status alone means, or None where it is no error.

    Example:
        >>> code_of_status(503)
        <ErrorCode.PROVIDER_UNAVAILABLE: 'provider_unavailable'>
    """
    if status is None or not _CLIENT_FAULT <= status < _NO_STATUS:
        return None
    other = ErrorCode.INVALID_INPUT if status < _SERVER_FAULT else ErrorCode.PROVIDER_UNAVAILABLE
    return _STATUSES.get(status, other)


def _code_of(exc: object) -> ErrorCode | None:
    """Return the code that `exc` itself shows, without its causes."""
    own = get(exc, "code")
    if isinstance(own, ErrorCode):
        return own
    names = tuple(anatomy.class_names(exc))
    words = tuple(anatomy.words(exc))
    return (
        _first(names, _CLASSES)
        or _first(words, _WORDS)
        or (ErrorCode.QUOTA_EXHAUSTED if any(word.endswith(_SPEND_LIMIT) for word in words) else None)
        or code_of_status(anatomy.status(exc))
        or _first(words, _VAGUE_WORDS)
        or _first(names, _FAMILIES)
        or (ErrorCode.PROVIDER_UNAVAILABLE if isinstance(exc, OSError) and exc.errno in _UNREACHABLE else None)
    )


def _first(names: tuple[str, ...], table: Mapping[str, ErrorCode]) -> ErrorCode | None:
    return next((table[name] for name in names if name in table), None)


def _named(exc: object, names: frozenset[str]) -> bool:
    return not names.isdisjoint(anatomy.class_names(exc))


def _asked_by_attribute(exc: object) -> float | None:
    value = get(exc, "retry_after")
    total_seconds = get(value, "total_seconds")  # a timedelta, without importing datetime for it
    if callable(total_seconds):
        value = total_seconds()
    if isinstance(value, str):
        return _number(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _sensible(value)
    return None


def _asked_by_header(exc: object, now: float) -> float | None:
    milliseconds = _number(anatomy.header(exc, "retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000.0
    value = anatomy.header(exc, "retry-after")
    seconds = _number(value)
    return seconds if seconds is not None or value is None else _until(value, now)


def _asked_by_body(exc: object) -> float | None:
    delay = anatomy.retry_delay(exc)
    return None if delay is None or not delay.endswith("s") else _number(delay[:-1])


def _sensible(seconds: float) -> float | None:
    return float(seconds) if 0.0 <= seconds <= sys.float_info.max else None  # NaN is in no range


def _number(text: str | None) -> float | None:
    """Read plain ASCII decimals; ``float`` alone would take ``1_0``, ``nan`` and ``1e9`` too."""
    if text is None or not (text.isascii() and text.replace(".", "", 1).isdecimal()):
        return None
    return _sensible(float(text))


def _until(date: str, now: float) -> float | None:
    from datetime import UTC
    from email.utils import parsedate_to_datetime

    try:
        moment = parsedate_to_datetime(date)
        # HTTP dates are in GMT whether or not they say so.
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
        return max(0.0, moment.timestamp() - now)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
