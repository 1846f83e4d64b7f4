"""Celery: a task whose worker goes on with the trace and within the deadline of whoever sent it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from beluga import telemetry
from beluga.integrations import base

__all__ = ["Task"]


if TYPE_CHECKING:

    class _Task:
        """What is used here of Celery's own, which has no types."""

        request: Any
        run: Any

        def apply_async(self, *args: Any, **options: Any) -> Any: ...
        def __call__(self, *args: Any, **kwargs: Any) -> Any: ...

else:
    _Task = base("celery", "Task")


class Task(_Task):
    """The base of an application's tasks: ``Celery(task_cls="beluga.integrations.celery:Task")``, or ``base=`` of one.

    A task whose deadline passed in the queue fails with `DeadlineExceeded`, and is not run.
    """

    def apply_async(self, args: Any = None, kwargs: Any = None, *more: Any, headers: Any = None, **options: Any) -> Any:
        """Send the task; ``headers=`` of the caller's own win."""
        told = {**telemetry.inject(), **(headers or {})}
        return super().apply_async(args, kwargs, *more, headers=told, **options)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run the task."""
        if self.request.called_directly:
            return super().__call__(*args, **kwargs)
        with telemetry.resume({name: text for name, text in vars(self.request).items() if isinstance(text, str)}):
            return self.run(*args, **kwargs)
