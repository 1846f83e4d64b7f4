"""Rate limits per project: no project can use up what all of them share."""

from __future__ import annotations

from beluga import RateLimited, RateLimiter, rate_limited
from beluga.testing import fake_clock

limiter = RateLimiter(3, 60.0, key="project_id")
"""Asked by hand here; as a decorator it reads the key from the call."""


@rate_limited(limit=2, window=60.0, key="project_id")
def ask(question: str, *, project_id: str) -> str:
    """Answer, twice a minute for each project."""
    return f"answer for {project_id}"


def main() -> None:
    """Ask a limiter by hand, then let the decorator do it."""
    with fake_clock() as clock:
        for project in ("project-a", "project-b"):
            for number in range(1, 5):
                allowed = limiter.allow(project)
                print(f"{project} request {number}: allowed={allowed}, remaining={limiter.remaining(project)}")
        print(ask("one?", project_id="a"), "|", ask("two?", project_id="a"), "|", ask("one?", project_id="b"))
        try:
            ask("three?", project_id="a")
        except RateLimited as error:
            print("refused:", error)
            clock.advance(error.retry_after or 0.0)
        print("after the wait:", ask("three?", project_id="a"))


if __name__ == "__main__":
    main()
