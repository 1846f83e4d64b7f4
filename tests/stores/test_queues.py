"""The same decorated functions as tasks of each queue, over a real broker."""

from __future__ import annotations

import contextlib
import time

import pytest
from opentelemetry import trace

from beluga import TimeoutBudget, budget, rate_limited, remaining, retry, telemetry

TRACE = 0x0AF7651916CD43DD8448EB211C80319C
FAILURES = []


@retry(max_attempts=3, initial_backoff=0.01)
def flaky(text):
    """Fail once, then answer."""
    FAILURES.append(text)
    if FAILURES.count(text) == 1:
        raise ConnectionError
    return text.upper()


def left():
    """Tell what is left of the time budget."""
    return remaining()


def seen():
    """Tell the id of the trace."""
    return trace.get_current_span().get_span_context().trace_id


@rate_limited(1, 3600.0)
def scarce():
    """Answer once."""
    return "fine"


RAN = []


@budget(60.0)
def late():
    """Note that it ran."""
    RAN.append(1)


TASKS = (flaky, left, seen, scarce, late)


@contextlib.contextmanager
def celery(url):
    """Yield what calls a task on a worker of Celery and returns its result."""
    from celery import Celery
    from celery.contrib.testing.worker import start_worker

    app = Celery("tests", broker=url, backend=url, task_cls="beluga.integrations.celery:Task")
    tasks = {function.__name__: app.task(function, name=function.__name__) for function in TASKS}
    with start_worker(app, pool="solo", perform_ping_check=False, shutdown_timeout=60.0, loglevel="ERROR"):
        yield lambda name, *args, **headers: tasks[name].apply_async(args, headers=headers).get(timeout=60)


@contextlib.contextmanager
def dramatiq(url):
    """Do the same on a worker of dramatiq."""
    from dramatiq import Worker, actor
    from dramatiq.brokers.redis import RedisBroker
    from dramatiq.results import Results
    from dramatiq.results.backends import RedisBackend

    from beluga.integrations.dramatiq import Middleware

    broker = RedisBroker(url=url)
    broker.add_middleware(Results(backend=RedisBackend(url=url), store_results=True))
    broker.add_middleware(Middleware())
    actors = {function.__name__: actor(function, broker=broker, max_retries=0) for function in TASKS}
    worker = Worker(broker, worker_timeout=50, worker_threads=1)
    worker.start()

    def call(name, *args, **headers):
        message = actors[name].send_with_options(args=args, **({"beluga": headers} if headers else {}))
        return message.get_result(backend=broker.get_results_backend(), block=True, timeout=60_000)

    try:
        yield call
    finally:
        worker.stop()
        broker.close()


@contextlib.contextmanager
def taskiq(url):
    """Do the same on a worker of taskiq."""
    import asyncio
    import threading

    from taskiq.api import run_receiver_task
    from taskiq_redis import ListQueueBroker, RedisAsyncResultBackend

    from beluga.integrations.taskiq import Middleware

    broker = ListQueueBroker(url).with_result_backend(RedisAsyncResultBackend(url)).with_middlewares(Middleware())
    tasks = {function.__name__: broker.task(function.__name__)(function) for function in TASKS}
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    def do(coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, loop).result(90)

    async def send(name, args, headers):
        task = await tasks[name].kicker().with_labels(**headers).kiq(*args)
        result = await task.wait_result(timeout=60)
        if result.error is not None:
            raise result.error
        return result.return_value

    do(broker.startup())
    receiver = asyncio.run_coroutine_threadsafe(run_receiver_task(broker), loop)
    try:
        yield lambda name, *args, **headers: do(send(name, args, headers))
    finally:
        receiver.cancel()
        do(broker.shutdown())
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@pytest.fixture(scope="module", params=[celery, dramatiq, taskiq], ids=lambda queue: queue.__name__)
def call(request, server):
    pytest.importorskip(request.param.__name__, reason="each queue where it is installed: tox -e queues")
    with request.param(f"redis://127.0.0.1:{server.port}/1") as call:
        yield call


def test_a_decorated_function_is_a_task(call):
    """Its policies work in the worker."""
    text = f"text {time.monotonic()}"
    assert call("flaky", text) == text.upper()
    assert FAILURES.count(text) == 2


def test_the_deadline_goes_along(call):
    """What is left there is a little less than here; without one there is none."""
    with TimeoutBudget(90.0).allocate():
        assert 0 < call("left") <= 90.0
    assert call("left") is None


def test_the_trace_goes_along(call):
    """A span there hangs under the one here; without one there is none, also after a task that had one."""
    parent = f"00-{TRACE:032x}-b7ad6b7169203331-01"
    with telemetry.resume({"traceparent": parent}):
        assert call("seen") == TRACE
    assert call("seen") == 0


def test_an_actor_that_another_one_calls_goes_on_with_what_is_there():
    """Not with what the message of the other one told, which it has already."""
    dramatiq = pytest.importorskip("dramatiq", reason="each queue where it is installed: tox -e queues")
    from dramatiq.brokers.stub import StubBroker

    from beluga.integrations.dramatiq import Middleware

    broker = StubBroker()
    broker.add_middleware(Middleware())
    inner = dramatiq.actor(seen, broker=broker)

    @dramatiq.actor(broker=broker)
    def outer():
        with telemetry.resume({"traceparent": f"00-{TRACE + 1:032x}-b7ad6b7169203331-01"}):
            return seen(), inner()

    with telemetry.resume({"traceparent": f"00-{TRACE:032x}-b7ad6b7169203331-01"}):
        message = outer.send()
    broker.emit_before("process_message", message)
    assert outer() == (TRACE + 1, TRACE + 1)
    broker.emit_after("process_message", message)
    assert outer() == (TRACE + 1, TRACE + 1)


def test_a_task_that_comes_too_late_is_not_run(call):
    """It fails instead."""
    with pytest.raises(Exception, match=r"(?i)deadline|timeout|budget|^$") as failed:
        call("late", **{"beluga-deadline": f"{time.time() - 1:.6f}"})
    assert any(word in f"{failed.value!r}" for word in ("DeadlineExceeded", "TimeoutError"))
    assert not RAN


def test_a_refusal_is_the_error_of_the_task(call):
    """By its own type where the queue keeps types, by name elsewhere."""
    with contextlib.suppress(Exception):  # the test of another queue was first
        call("scarce")
    with pytest.raises(Exception, match="rate limit of 1 per 3600 s"):
        call("scarce")
