"""Following a file: every habit of editors and systems, and what happens when something is wrong."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import gc
import os
import pathlib
import threading
from typing import Any

import attrs
import pytest

from beluga import ConfigError, ErrorCode, events
from beluga.config import Change, FileWatcher, field
from beluga.config import watcher as watching
from beluga.config.watcher import directories_of, watchfiles_installed
from beluga.testing import fake_clock, record_events

PATIENCE = 60.0
"""Seconds after which a thread that should have answered is called stuck; no test waits that long."""


@attrs.frozen
class Limits:
    rate: int = field(100, min=1)
    key: str = field("", secret=True)


@attrs.frozen
class App:
    model: str = "gpt-4o"
    limits: Limits = field(factory=Limits)


@attrs.define
class Mutable:
    rate: int = 1


@attrs.frozen
class Outer:
    limits: Mutable = field(factory=Mutable)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "app.json"
    path.write_text(content(1))
    return path


@pytest.fixture
def watcher(file):
    return FileWatcher(file, App)


def content(rate, **more):
    inside = ", ".join(f'"{key}": "{value}"' for key, value in more.items())
    return f'{{"limits": {{"rate": {rate}}}{", " * bool(inside)}{inside}}}'


def in_place(path, text):
    path.write_text(text)


def renamed_over(path, text):
    beside = path.with_suffix(".tmp")
    beside.write_text(text)
    beside.replace(path)


def with_a_backup_as_vim(path, text):
    """Vim with backupcopy=no moves the file away and writes a new one."""
    path.rename(f"{path}~")
    path.write_text(text)
    pathlib.Path(f"{path}~").unlink()


def deleted_first(path, text):
    path.unlink()
    path.write_text(text)


def same_size_and_time(path, text):
    before = path.stat()
    path.write_text(text)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


HABITS = [in_place, renamed_over, with_a_backup_as_vim, deleted_first, same_size_and_time]


@pytest.mark.parametrize("habit", HABITS)
def test_every_way_to_write_is_seen(watcher, file, habit):
    """One change of the content is one change of the configuration, however it was written, twice in a row."""
    seen = []
    watcher.subscribe(lambda old, new, changed: seen.append((old.limits.rate, new.limits.rate, changed)))
    for rate in (2, 3):
        habit(file, content(rate))
        assert watcher.poll()
    assert seen == [(1, 2, ("limits.rate",)), (2, 3, ("limits.rate",))]


def configmap(directory, version, rate):
    """Publish a version the way Kubernetes does: a new directory, and one rename of the link to it."""
    (directory / f"..{version}").mkdir(parents=True)
    (directory / f"..{version}" / "app.json").write_text(content(rate))
    (directory / "..next").symlink_to(f"..{version}")
    (directory / "..next").rename(directory / "..data")
    if not (directory / "app.json").is_symlink():
        (directory / "app.json").symlink_to("..data/app.json")


def test_the_swap_of_a_configmap_is_seen(tmp_path):
    """Only the link ..data is exchanged; the file's own directory entry stays as it was."""
    configmap(tmp_path, 1, 1)
    watcher = FileWatcher(tmp_path / "app.json", App)
    configmap(tmp_path, 2, 2)
    assert watcher.poll()
    assert watcher.current.limits.rate == 2


def test_a_configmap_is_watched_where_its_links_are(tmp_path):
    """The directories to listen in are those of each link and of the bytes."""
    configmap(tmp_path, 1, 1)
    before = directories_of(str(tmp_path / "app.json"))
    configmap(tmp_path, 2, 2)
    after = directories_of(str(tmp_path / "app.json"))
    assert [set(before), set(after)] == [{str(tmp_path), str(tmp_path / f"..{n}")} for n in (1, 2)]


def test_links_in_a_circle_end(tmp_path):
    """A link that leads to itself is a file that cannot be read, not an endless walk."""
    (tmp_path / "app.json").symlink_to("app.json")
    assert directories_of(str(tmp_path / "app.json"))
    with pytest.raises(ConfigError, match="cannot be read"):
        FileWatcher(tmp_path / "app.json", App)


def test_the_same_content_again_is_no_change(watcher, file):
    """Touching the file, or writing the same values otherwise, tells nobody."""
    seen = []
    watcher.subscribe(lambda *change: seen.append(change))
    current = watcher.current
    file.touch()
    assert not watcher.poll()
    file.write_text('{\n"limits": {"rate":\n1}}')
    assert not watcher.poll()
    assert (seen, watcher.current, watcher.errors) == ([], current, ())
    assert watcher.current is current


@attrs.frozen
class Loose:
    either: bool | int | float = 1
    anything: Any = None


@pytest.mark.parametrize(
    ("before", "after", "setting", "value"),
    [
        ('{"either": 1}', '{"either": true}', "either", True),
        ('{"either": true}', '{"either": 1.0}', "either", 1.0),
        ('{"anything": {"a": [0]}}', '{"anything": {"a": [false]}}', "anything", {"a": [False]}),
    ],
)
def test_another_type_of_the_same_value_is_a_change(file, before, after, setting, value):
    """Python says that True equals 1; a file that says so means something else."""
    file.write_text(before)
    watcher = FileWatcher(file, Loose)
    file.write_text(after)
    assert watcher.poll()
    assert repr(getattr(watcher.current, setting)) == repr(value)


BAD = ["", "{", content(0), content(2)[:-4], '{"limits": {"rate": true}}', '{"rate": 1}']


@pytest.mark.parametrize("bad", BAD)
def test_a_bad_content_never_replaces_a_good_one(watcher, file, bad):
    """It is reported once, stays out, and the next good content comes in."""
    current = watcher.current
    file.write_text(bad)
    with record_events() as recorder:
        assert [watcher.poll() for _ in range(3)] == [False] * 3
        assert watcher.current is current
        assert [error.code for error in watcher.errors] == [ErrorCode.INVALID_INPUT]
        assert [type(event) for event in recorder] == [events.ConfigRejected]
        file.write_text(content(5))
        assert watcher.poll()
    assert watcher.current.limits.rate == 5
    assert recorder[1] == events.ConfigReloaded(str(file), ("limits.rate",))


def test_a_rejected_content_is_tried_again_when_it_changes(watcher, file):
    """Each different bad content is one error of its own."""
    for bad in ("{", "[", "["):
        file.write_text(bad)
        watcher.poll()
    assert len(watcher.errors) == 2


def test_a_file_that_went_away_comes_back(watcher, file):
    """Its absence is one error with the code not_found, its return is seen, with the old content too."""
    text = file.read_text()
    file.unlink()
    assert [watcher.poll(), watcher.poll()] == [False, False]
    assert [error.code for error in watcher.errors] == [ErrorCode.NOT_FOUND]
    file.write_text(text)
    assert not watcher.poll()
    file.unlink()
    watcher.poll()
    assert len(watcher.errors) == 2
    file.write_text(content(7))
    assert watcher.poll()


def test_a_directory_that_went_away_comes_back(tmp_path):
    """The whole directory may be replaced."""
    directory = tmp_path / "etc" / "app"
    directory.mkdir(parents=True)
    (directory / "app.json").write_text(content(1))
    watcher = FileWatcher(directory / "app.json", App)
    (tmp_path / "etc").rename(tmp_path / "old")
    assert not watcher.poll()
    assert set(directories_of(watcher.path)) == {str(tmp_path)}
    directory.mkdir(parents=True)
    (directory / "app.json").write_text(content(2))
    assert watcher.poll()


def test_a_permission_that_is_taken_and_given_back(watcher, file, monkeypatch):
    """EACCES is one error; root may read everything, so the system call is made to refuse."""
    real_open = pathlib.Path.open

    def refused(path, *args, **kwargs):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    file.write_text(content(2))
    monkeypatch.setattr(pathlib.Path, "open", refused)
    assert [watcher.poll(), watcher.poll()] == [False, False]
    monkeypatch.setattr(pathlib.Path, "open", real_open)
    assert [str(error) for error in watcher.errors] == [f"{file}: cannot be read: Permission denied"]
    assert watcher.poll()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="only POSIX has named pipes")
def test_a_pipe_in_the_place_of_the_file_is_refused(watcher, file):
    """Opening one waits for a writer, for ever and under the watcher's lock."""
    file.unlink()
    os.mkfifo(file)
    assert not watcher.poll()
    assert str(watcher.errors[0]) == f"{file}: cannot be read: it is no regular file"


def test_a_missing_file_at_the_start_raises(tmp_path):
    """There is nothing yet that could stand in for it."""
    with pytest.raises(ConfigError) as caught:
        FileWatcher(tmp_path / "app.json", App)
    assert caught.value.code is ErrorCode.NOT_FOUND


def test_an_edit_between_load_and_watch_is_seen(file):
    """The first hash is of the bytes that were parsed, not of those found when watching begins."""
    watcher = FileWatcher(file, App)
    file.write_text(content(2))
    assert watcher.poll()


def test_only_the_newest_errors_are_kept(watcher, file):
    """A writer that never gets it right does not fill the memory."""
    for number in range(30):
        file.write_text("{" * (number + 1))
        watcher.poll()
    assert len(watcher.errors) == 20


def test_a_callback_that_raises_stops_nobody(watcher, file, caplog):
    """Its error is kept and its type is logged; the next callback is told all the same."""
    seen = []

    def fails(*_):
        raise LookupError("sk-live-9f8e7d")

    watcher.subscribe(fails)
    watcher.subscribe(lambda *change: seen.append(change))
    file.write_text(content(2))
    assert watcher.poll()
    assert len(seen) == 1
    assert [type(error) for error in watcher.errors] == [LookupError]
    assert "LookupError" in caplog.text
    assert "sk-live" not in caplog.text


def test_a_callback_can_poll_and_unsubscribe(watcher, file):
    """News that a callback makes is told after the news it was told of."""
    seen = []

    def first(old, new, changed):
        if new.limits.rate == 2:
            file.write_text(content(3))
            assert watcher.poll()
            stop()

    stop = watcher.subscribe(first)
    watcher.subscribe(lambda old, new, changed: seen.append(new.limits.rate))
    file.write_text(content(2))
    watcher.poll()
    assert seen == [2, 3]


def test_an_async_callback_is_refused(watcher):
    """Its coroutine would never be awaited, so it fails at once and names the way."""

    async def callback(old, new, changed): ...

    with pytest.raises(TypeError, match="async for change in watcher"):
        watcher.subscribe(callback)


def test_secrets_are_in_no_change_error_or_event(watcher, file):
    """Only names of what changed leave the watcher as text."""
    seen = []
    watcher.subscribe(lambda *change: seen.append(change))
    with record_events() as recorder:
        file.write_text('{"limits": {"key": "sk-live-9f8e7d"}}')
        watcher.poll()
        file.write_text('{"limits": {"key": ["sk-live-9f8e7d"]}}')
        watcher.poll()
    assert seen[0][2] == ("limits.rate", "limits.key")
    assert watcher.current.limits.key == "sk-live-9f8e7d"
    assert "sk-live" not in f"{seen}{watcher.errors}{list(recorder)}{watcher!r}"


def test_a_schema_that_can_be_changed_is_refused(file):
    """All readers share one instance, so a section that is not frozen is refused too."""

    with pytest.raises(TypeError, match="Mutable must be frozen"):
        FileWatcher(file, Outer)


@pytest.mark.parametrize("interval", [0, -1, float("nan"), float("inf"), "soon", True])
def test_an_interval_must_be_seconds_above_0(file, interval):
    """A bad option is refused at once."""
    with pytest.raises(ValueError, match="interval="):
        FileWatcher(file, App, interval)


def test_a_thread_looks_every_interval(file):
    """On a clock that a test moves, one interval later the new content is current."""
    with fake_clock(autojump=False) as clock, FileWatcher(file, App, 5.0, wake=False) as watcher:
        told = threading.Event()
        watcher.subscribe(lambda *_: told.set())
        file.write_text(content(2))
        until_told(clock, told)
        assert watcher.current.limits.rate == 2
    assert not alive()


def until_told(clock, told):
    """Move the time on in small steps, since the thread takes real time for each look."""
    for _ in range(int(PATIENCE / 0.01)):
        clock.advance(0.5)
        if told.wait(0.01):
            return
    pytest.fail("the watcher's thread did not answer")


def alive():
    return [thread for thread in threading.enumerate() if thread.name.startswith("beluga-config")]


def test_nothing_is_left_after_the_block(file):
    """Thread, waker and task end with the block, also when it ends with an error, and twice."""
    watcher = FileWatcher(file, App, 60)
    for _ in range(2):
        with contextlib.suppress(KeyError), watcher:
            assert alive()
            raise KeyError
        assert (alive(), watcher.watching) == ([], False)
    watcher.close()


def test_a_callback_can_close_the_watcher(file):
    """A thread cannot wait for itself, and need not."""
    with fake_clock(autojump=False) as clock:
        watcher = FileWatcher(file, App, 5.0, wake=False)
        closed = threading.Event()
        watcher.subscribe(lambda *_: (watcher.close(), closed.set()))
        watcher.start()
        file.write_text(content(2))
        until_told(clock, closed)
    for thread in alive():
        thread.join(PATIENCE)
    assert not alive()


def test_an_exit_in_a_callback_does_not_end_the_watching(file):
    """In a thread `sys.exit` ends nothing but the thread, silently; the watcher keeps it as an error and goes on."""
    with fake_clock(autojump=False) as clock, FileWatcher(file, App, 5.0, wake=False) as watcher:
        told = threading.Event()

        def callback(old, new, changed):
            told.set()
            raise SystemExit(1)

        watcher.subscribe(callback)
        for rate in (2, 3):
            told.clear()
            file.write_text(content(rate))
            until_told(clock, told)
            assert watcher.current.limits.rate == rate
    assert [type(error) for error in watcher.errors] == [SystemExit, SystemExit]


def test_watching_twice_is_refused(file):
    """One watcher has one thread or task."""
    with FileWatcher(file, App, 60) as watcher, pytest.raises(RuntimeError, match="watching already"):
        watcher.start()


def test_a_torn_file_is_read_until_it_holds_still(watcher, file):
    """A first look at half a file makes the watcher look again, and nobody hears of the half."""
    file.write_text(content(2)[:10])
    looks = watcher.settle()
    pauses = [next(looks)]
    file.write_text(content(2))
    pauses += list(looks)
    assert (watcher.current.limits.rate, watcher.errors) == (2, ())
    assert pauses == [0.005, 0.02]


def test_two_looks_must_agree(watcher, file):
    """A content that is valid, but not the last, does not become current between two pieces."""
    seen = []
    watcher.subscribe(lambda old, new, changed: seen.append(new.limits.rate))
    file.write_text(content(2))
    later = [3, 4]
    for _ in watcher.settle():
        if later:
            file.write_text(content(later.pop(0)))
    assert seen == [4]


def test_what_stays_malformed_is_reported_after_the_last_look(watcher, file):
    """175 ms later at most, once."""
    file.write_text("{")
    assert sum(watcher.settle()) == pytest.approx(0.175)
    assert len(watcher.errors) == 1
    assert list(watcher.settle()) == []


def test_a_task_looks_every_interval(file):
    """The callbacks run in the loop, and the time is the environment's."""

    async def main(clock):
        async with FileWatcher(file, App, 5.0, wake=False) as watcher:
            told = []
            watcher.subscribe(lambda old, new, changed: told.append((clock.monotonic(), threading.get_ident())))
            await clock.asleep(1.0)
            file.write_text(content(2))
            await clock.asleep(5.0)
        assert len(asyncio.all_tasks()) == 1
        ((at, thread),) = told
        assert (at, thread) == (pytest.approx(5.005), threading.get_ident())

    with fake_clock() as clock:
        clock.run(main(clock))


def test_changes_can_be_iterated(file):
    """async for yields each change, and ends when the watcher is closed."""

    async def main(clock):
        seen = []

        async def listen():
            seen.extend([change async for change in watcher])

        async with FileWatcher(file, App, 1.0, wake=False) as watcher:
            task = asyncio.create_task(listen())
            for rate in (2, 3):
                await clock.asleep(0.1)
                file.write_text(content(rate))
                await clock.asleep(2.0)
        await task
        assert [type(change) for change in seen] == [Change, Change]
        assert [(c.old.limits.rate, c.new.limits.rate, c.changed) for c in seen] == [
            (1, 2, ("limits.rate",)),
            (2, 3, ("limits.rate",)),
        ]

    with fake_clock() as clock:
        clock.run(main(clock))


def test_changes_of_an_idle_watcher_cannot_be_iterated(watcher):
    """It would wait for ever."""
    with pytest.raises(RuntimeError, match="async with watcher"):
        aiter(watcher)


def test_a_task_cannot_be_closed_without_waiting(file):
    """close() belongs to the thread; a task ends with its block."""

    async def main():
        async with FileWatcher(file, App, 60, wake=False) as watcher:
            with pytest.raises(RuntimeError, match="async with"):
                watcher.close()
        gc.collect()
        assert len(asyncio.all_tasks()) == 1

    asyncio.run(main())


WAKES = pytest.mark.skipif(not watchfiles_installed(), reason="the extra watch is not installed")


@WAKES
@pytest.mark.parametrize("habit", HABITS)
def test_watchfiles_wakes_long_before_the_interval(file, habit):
    """With the extra, an interval of an hour does not matter, for any way to write, again and again."""
    with FileWatcher(file, App, 3600) as watcher:
        told = threading.Event()
        watcher.subscribe(lambda *_: told.set())
        for rate in (2, 3, 4):
            wake_by(lambda rate=rate: habit(file, content(rate)), told)
            assert watcher.current.limits.rate == rate
    assert not alive()


def wake_by(edit, told):
    """Repeat the edit until it is heard: nobody can tell from outside when the system's watch is armed."""
    told.clear()
    for _ in range(int(PATIENCE / 0.5)):
        edit()
        if told.wait(0.5):
            return
    pytest.fail("no event reached the watcher")


@WAKES
def test_watchfiles_sees_the_swap_of_a_configmap(tmp_path):
    """Each swap moves the bytes to another directory, which has to be listened to in its turn."""
    configmap(tmp_path, 1, 1)
    with FileWatcher(tmp_path / "app.json", App, 3600) as watcher:
        told = threading.Event()
        watcher.subscribe(lambda *_: told.set())
        version = 1

        def swap():
            nonlocal version
            version += 1
            configmap(tmp_path, version, version)

        for _ in range(3):
            wake_by(swap, told)
            assert watcher.current.limits.rate == version


@WAKES
def test_a_link_that_is_exchanged_during_the_look_does_not_end_the_waking(file, monkeypatch):
    """Between two system calls a link may go away; the thread that listens outlives that."""
    looked, again = [], threading.Event()

    def raced(path):
        looked.append(path)
        if len(looked) == 1:
            raise FileNotFoundError(path)
        again.set()
        return directories_of(path)

    monkeypatch.setattr(watching, "directories_of", raced)
    with FileWatcher(file, App, 0.05) as watcher:
        told = threading.Event()
        watcher.subscribe(lambda *_: told.set())
        file.write_text(content(2))
        assert told.wait(PATIENCE)
        assert again.wait(PATIENCE)


@WAKES
def test_watchfiles_wakes_a_task(file):
    """In a loop too, with the callbacks in the loop."""

    async def main():
        async with FileWatcher(file, App, 3600) as watcher:
            changes = aiter(watcher)
            for rate in (2, 3):
                pending = asyncio.ensure_future(anext(changes))
                while not (await asyncio.wait([pending], timeout=0.5))[0]:
                    file.write_text(content(rate))
                assert (await pending).new.limits.rate == rate
            await changes.aclose()
        assert not [task for task in asyncio.all_tasks() if task.get_name().startswith("beluga")]

    asyncio.run(asyncio.wait_for(main(), PATIENCE))
    assert not alive()
