"""Decorated functions on engines that run them elsewhere: as they are, the trace and the deadline carried by hand."""

from __future__ import annotations

import contextlib

import pytest

from beluga import RateLimited, TimeoutBudget, budget, rate_limited, remaining, retry, telemetry

HERE = {"reason": "each engine where it is installed: tox -e engines"}


@budget(5.0)
@retry(max_attempts=3, initial_backoff=0.01)
def left(headers):
    """Tell what is left of the caller's time there."""
    with telemetry.resume(headers):
        return remaining()


@rate_limited(1, 3600.0)
def scarce():
    """Answer once."""
    return "fine"


def check(call):
    """Call the functions through an engine's `call`, and compare."""
    with TimeoutBudget(2.0).allocate():
        assert 0 < call(left, dict(telemetry.inject())) <= 2.0
    assert 2.0 < call(left, {}) <= 5.0
    with contextlib.suppress(RateLimited):
        call(scarce)
    with pytest.raises(Exception, match="rate limit of 1 per 3600 s") as refused:
        call(scarce)
    return refused.value


def test_dask():
    """On a worker of Dask; a refusal arrives as it was raised."""
    distributed = pytest.importorskip("distributed", **HERE)
    options = {"processes": False, "protocol": "tcp", "host": "127.0.0.1", "dashboard_address": None}
    with distributed.Client(n_workers=1, threads_per_worker=1, **options) as client:
        refused = check(lambda function, *args: client.submit(function, *args, pure=False).result(30))
    assert isinstance(refused, RateLimited)
    assert 3000 < refused.retry_after <= 3600


def test_ray():
    """In a process of Ray's, by value; a refusal is of its own type there too."""
    ray = pytest.importorskip("ray", **HERE)
    ray.init(num_cpus=1, include_dashboard=False, log_to_driver=False)
    try:

        @ray.remote
        class Worker:
            def run(self, function, *args):
                return function(*args)

        worker = Worker.remote()
        refused = check(lambda function, *args: ray.get(worker.run.remote(function, *args), timeout=60))
        assert isinstance(refused, RateLimited)
    finally:
        ray.shutdown()


def test_dbos(tmp_path):
    """As steps of a workflow, on SQLite."""
    dbos = pytest.importorskip("dbos", **HERE)
    dbos.DBOS(config={"name": "tests", "system_database_url": f"sqlite:///{tmp_path}/dbos.sqlite"})
    steps = {function: dbos.DBOS.step(name=function.__name__)(function) for function in (left, scarce)}

    @dbos.DBOS.workflow()
    def run(name, args):
        return next(step for function, step in steps.items() if function.__name__ == name)(*args)

    dbos.DBOS.launch()
    try:
        assert isinstance(check(lambda function, *args: run(function.__name__, args)), RateLimited)
    finally:
        dbos.DBOS.destroy()


def test_temporal():
    """As activities, in Temporal's environment for them; there is no server here to run a workflow."""
    activity = pytest.importorskip("temporalio.activity", **HERE)
    environment = pytest.importorskip("temporalio.testing", **HERE).ActivityEnvironment()
    activities = {function: activity.defn(name=function.__name__)(function) for function in (left, scarce)}
    assert isinstance(check(lambda function, *args: environment.run(activities[function], *args)), RateLimited)
