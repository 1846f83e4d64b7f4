"""What surrounds an application: ``beluga doctor`` for its packages, ``beluga store check`` for its server."""

from __future__ import annotations

import platform
import statistics
import sys
from importlib import metadata
from typing import TYPE_CHECKING, Any, Final

from packaging.requirements import Requirement

from beluga.clock import environment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from beluga.stores.redis import RedisStore

__all__ = ["check", "examine"]

DISTRIBUTION: Final = "beluga-ai"
WELL: Final = 0
WRONG: Final = 1
UNREACHED: Final = 2

RETRIES_BY_ITSELF: Final = {"openai": "max_retries=0", "anthropic": "max_retries=0", "litellm": "num_retries=0"}
"""Clients that make a failed call again by themselves, and the option that ends it."""

OLDEST = (6, 2)
"""The oldest version that the stores are tested with is a little newer; this one has all commands."""
ROUNDS = 20
SLOW, SKEW = 0.05, 1.0
"""Seconds: a round trip that half of the default time-out goes to, and a clock that says misleading `retry_after`s."""


def examine(out: Callable[[str], object]) -> int:
    """Print the versions, the extras, and what is wrong with them.

    Args:
        out: Prints one line.

    Returns:
        The exit status: 0 well, 1 something is wrong.
    """
    out(f"beluga {metadata.version(DISTRIBUTION)}, {platform.python_implementation()} {platform.python_version()}")
    problems = list(_dependencies(out))
    problems += _environment()
    for client, option in RETRIES_BY_ITSELF.items():
        if version := _version(client):
            out(f"  note: {client} {version} makes a failed call again by itself; under @retry give it {option}")
    return _judged(problems, out)


def _judged(problems: Sequence[str], out: Callable[[str], object]) -> int:
    for problem in problems:
        out(f"  wrong: {problem}")
    out("  nothing is wrong" if not problems else f"  {len(problems)} to mend")
    return WRONG if problems else WELL


def _dependencies(out: Callable[[str], object]) -> Iterator[str]:
    """Tell of each extra what is there; yield what is missing for good, too old or too new."""
    asked = [Requirement(text) for text in metadata.requires(DISTRIBUTION) or ()]
    yield from _line(out, "always", [each for each in asked if each.marker is None or each.marker.evaluate()])
    for extra in metadata.metadata(DISTRIBUTION).get_all("Provides-Extra") or ():
        if extra == "all":
            continue
        marked = [each for each in asked if each.marker is not None and not each.marker.evaluate()]
        mine = [each for each in marked if each.marker is not None and each.marker.evaluate({"extra": extra})]
        if any(_version(each.name) is None for each in mine):
            missing = ", ".join(each.name for each in mine if _version(each.name) is None)
            out(f'  {extra}: without {missing}; pip install "{DISTRIBUTION}[{extra}]"')
        else:
            yield from _line(out, extra, mine)


def _line(out: Callable[[str], object], what: str, asked: Iterable[Requirement]) -> Iterator[str]:
    shown = {each: _version(each.name) or "is missing" for each in asked}
    out(f"  {what}: {', '.join(f'{each.name} {version}' for each, version in shown.items())}")
    for each, version in shown.items():
        if version == "is missing" or not each.specifier.contains(version, prereleases=True):
            plain = f"{each.name}{each.specifier}"
            yield f'{each.name} {version}, and {what} asks for {plain}: pip install "{plain}"'


def _environment() -> Iterator[str]:
    """Yield what is wrong around the packages."""
    owners = metadata.packages_distributions().get("beluga", [])
    for other in sorted({owner for owner in owners if owner != DISTRIBUTION}):
        yield f"{other} installs a module beluga too: pip uninstall {other}, then install {DISTRIBUTION} again"
    told = _version("opentelemetry-sdk")
    if told and (api := _version("opentelemetry-api")) and api != told:
        yield f"opentelemetry-api is {api} and opentelemetry-sdk {told}: install the same version of both"
    if not getattr(sys, "_is_gil_enabled", lambda: True)():
        yield "this Python runs without the global lock, which no test of beluga's covers: use the usual build"


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def check(url: str, prefix: str, out: Callable[[str], object]) -> int:
    """Print what there is, and what is wrong.

    Args:
        url: Of the server.
        prefix: Of the keys to count.
        out: Prints one line.

    Returns:
        The exit status: 0 well, 1 something is wrong, 2 the server cannot be asked.
    """
    from beluga.stores.redis import RedisStore  # the packages are told of also where this cannot be imported

    try:
        store = RedisStore(url, prefix=prefix)
    except (ImportError, ValueError) as error:
        out(f"{error}")
        return UNREACHED
    import redis  # after the message that says how to install it

    client: Any = redis.Redis.from_url(url, socket_timeout=5, socket_connect_timeout=5, decode_responses=True)
    try:
        with client:
            problems = list(_look(client, store, out))
    except redis.RedisError as error:
        out(f"{store.name} cannot be asked: {type(error).__name__}: {error}")
        return UNREACHED
    return _judged(problems, out)


def _look(client: Any, store: RedisStore, out: Callable[[str], object]) -> Iterator[str]:
    info = client.info()
    name = "valkey" if info.get("server_name") == "valkey" else "redis"
    version = info.get("valkey_version") or info["redis_version"]
    out(f"{store.name}: {name} {version}, {info.get('redis_mode', 'standalone')}, {info.get('role', 'master')}")
    trips, skews = zip(*(_trip(client) for _ in range(ROUNDS)), strict=True)
    trip, skew = statistics.median(trips), statistics.median(skews)
    out(f"  round trip {trip * 1000:.2f} ms, clock {skew:+.3f} s from this machine's")
    limit, used = int(info.get("maxmemory", 0)), int(info["used_memory"])
    policy = info.get("maxmemory_policy", "unknown")
    bound = f"of {limit / 2**20:.1f} MB" if limit else "without a bound"
    out(f"  memory {used / 2**20:.1f} MB {bound}, when full: {policy}")
    keys = sum(1 for _ in client.scan_iter(f"{store.prefix}:*", count=1000))
    out(f"  {keys} keys begin with {store.prefix}:")
    if tuple(map(int, info["redis_version"].split(".")[:2])) < OLDEST:
        yield f"version {version} is older than 6.2: install a newer one"
    if info.get("redis_mode") == "cluster":
        yield "it is a node of a cluster, whose redirects are not followed: give the URL of a proxy, or of one server"
    if info.get("role") != "master":
        yield "it is a replica, which takes no writes: give the URL of its master"
    if limit and policy.startswith("allkeys"):
        yield f"when it is full it forgets keys that still count ({policy}): set maxmemory-policy volatile-ttl"
    if limit and policy == "noeviction" and used > 0.9 * limit:
        yield "it is nearly full, and takes no writes then (noeviction): give it more memory"
    if trip > SLOW:
        yield f"a round trip takes {trip * 1000:.0f} ms: give RedisStore a timeout= of several times that"
    if abs(skew) > SKEW:
        yield f"its clock is {skew:+.1f} s from this machine's: limits hold, but set both clocks (NTP)"


def _trip(client: Any) -> tuple[float, float]:
    """Return the seconds that a question takes, and how far the server's clock is ahead."""
    around = environment()
    begun, told = around.monotonic(), around.clock.time()
    seconds, micro = client.time()
    took = around.monotonic() - begun
    return took, seconds + micro / 1e6 - told - took / 2
