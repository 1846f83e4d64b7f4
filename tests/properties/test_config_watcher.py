"""Whatever happens to the file: readers see whole valid documents only, and the last valid one becomes current."""

from __future__ import annotations

import errno
import itertools
import os
import pathlib
import shutil
import tempfile
import threading
from unittest import mock

import attrs
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from beluga.config import FileWatcher, Seconds, field
from beluga.testing import fake_clock


@attrs.frozen
class Inner:
    rate: int = field(min=1, max=1000)
    names: tuple[int, ...]


@attrs.frozen
class App:
    """Every setting follows from `number`, so that a mixture of two documents shows."""

    number: int = field(min=1, max=1000)
    text: str
    wait: Seconds
    inner: Inner


def document(number):
    rows = ",\n".join(f"  {number}" for _ in range(number % 5))
    return (
        f'{{\n "number": {number},\n "inner": {{"rate": {number}, "names": [{rows}]}},\n'
        f' "text": "n{number}",\n "wait": "{number}s"\n}}'
    ).encode()


def is_whole(config):
    number = config.number
    return (config.text, config.wait, config.inner.rate, config.inner.names) == (
        f"n{number}",
        float(number),
        number,
        (number,) * (number % 5),
    )


def spoiled(content, how):
    """Return `content` with a fault that no loader may overlook."""
    return {
        "empty": b"",
        "cut": content[: len(content) // 2],
        "out of bounds": content.replace(b'"rate": ', b'"rate": -'),
        "unknown key": content.replace(b'"text"', b'"txet"'),
        "not UTF-8": content.replace(b'"n', b'"\xff'),
        "NaN": content.replace(b's"\n}', b'"\n}').replace(b'"wait": "', b'"wait": NaN, "x": "'),
    }[how]


REAL_OPEN = pathlib.Path.open
FAULTS = ("empty", "cut", "out of bounds", "unknown key", "not UTF-8", "NaN")

numbers = st.integers(1, 1000)
cuts = st.lists(st.floats(0, 1), min_size=1, max_size=4)
edits = st.one_of(
    st.tuples(st.just("write"), numbers),
    st.tuples(st.just("pieces"), numbers, cuts),
    st.tuples(st.just("rename"), numbers),
    st.tuples(st.just("vim"), numbers),
    st.tuples(st.just("swap"), numbers),
    st.tuples(st.just("spoil"), numbers, st.sampled_from(FAULTS)),
    st.tuples(st.just("delete")),
    st.tuples(st.just("lock")),
    st.tuples(st.just("unlock")),
    st.tuples(st.just("move directory")),
)


class Disk:
    """A directory with the file in it, and everything that may happen to them.

    Each edit yields after every step that another process could see.
    """

    def __init__(self, number):
        self.root = pathlib.Path(tempfile.mkdtemp())
        self.directory = self.root / "etc"
        self.file = self.directory / "app.json"
        self.versions = 0
        self.locked = False
        self.directory.mkdir()
        self.file.write_bytes(document(number))

    def in_charge(self):
        """Make the file refuse to be read while it is locked; root could read it all the same."""

        def open_(path, *args, **kwargs):
            if self.locked and path == self.file:
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
            return REAL_OPEN(path, *args, **kwargs)

        return mock.patch.object(pathlib.Path, "open", open_)

    def put(self, content, cuts=()):
        """Write in place, in pieces."""
        self.directory.mkdir(exist_ok=True)
        if self.file.is_symlink():
            self.file.unlink()
        at = [0, *sorted(int(cut * len(content)) for cut in cuts), len(content)]
        with REAL_OPEN(self.file, "wb", buffering=0) as file:
            yield
            for begin, end in itertools.pairwise(at):
                file.write(content[begin:end])
                yield

    def write(self, number):
        yield from self.put(document(number))

    def pieces(self, number, cuts):
        yield from self.put(document(number), cuts)

    def spoil(self, number, how):
        yield from self.put(spoiled(document(number), how))

    def rename(self, number):
        self.directory.mkdir(exist_ok=True)
        beside = self.directory / ".app.json.tmp"
        beside.write_bytes(document(number))
        yield
        beside.replace(self.file)
        yield

    def vim(self, number):
        yield from self.delete()
        yield from self.put(document(number))

    def swap(self, number):
        """What the kubelet does to a mounted ConfigMap."""
        self.versions += 1
        version = self.directory / f"..{self.versions}"
        version.mkdir(parents=True)
        (version / "app.json").write_bytes(document(number))
        (self.directory / "..next").symlink_to(version.name)
        (self.directory / "..next").rename(self.directory / "..data")
        yield
        if not self.file.is_symlink():
            self.file.unlink(missing_ok=True)
            yield
            self.file.symlink_to("..data/app.json")
            yield

    def delete(self):
        self.file.unlink(missing_ok=True)
        yield

    def lock(self):
        self.locked = True
        yield

    def unlock(self):
        self.locked = False
        yield

    def move_directory(self):
        """The whole directory goes away, and an empty one appears later."""
        shutil.rmtree(self.directory, ignore_errors=True)
        yield
        self.directory.mkdir()
        yield

    def valid_number(self):
        """Return the number of the document that is there now; None where no valid one can be read."""
        try:
            with REAL_OPEN(self.file, "rb") as file:
                return None if self.locked else NUMBERS.get(file.read())
        except OSError:
            return None

    def steps(self, sequence):
        for name, *arguments in sequence:
            yield from getattr(self, name.replace(" ", "_"))(*arguments)


NUMBERS = {document(number): number for number in range(1, 1001)}


class Readers:
    """Threads that never stop reading, and remember what was not whole."""

    def __init__(self, count):
        self.watcher = None
        self.mixtures = []
        self.reads = [0] * count
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._read, args=(index,)) for index in range(count)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _read(self, index):
        while not self._stop.wait(0.0002):
            watcher = self.watcher
            if watcher is not None:
                config = watcher.current
                self.reads[index] += 1
                if not is_whole(config):
                    self.mixtures.append(config)


def test_any_1000_edit_sequences_leave_only_whole_documents():
    """Readers in other threads never see a mixture, nothing malformed is ever current, and one look after the last
    edit the valid content that is there is current.
    """
    with Readers(2) as readers:

        @settings(max_examples=1000, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        @given(numbers, st.lists(edits, max_size=8))
        def follow(number, sequence):
            disk = Disk(number)
            with disk.in_charge():
                watcher = readers.watcher = FileWatcher(disk.file, App)
                last = number
                for _ in disk.steps(sequence):
                    now = disk.valid_number()
                    last = now or last
                    watcher.poll()
                    assert is_whole(watcher.current)
                    assert watcher.current.number == last
                rejected = len(watcher.errors)
                watcher.poll()
                assert len(watcher.errors) == rejected
            shutil.rmtree(disk.root)

        follow()
    assert readers.mixtures == []
    assert min(readers.reads) > 0


@settings(max_examples=25, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(numbers, st.lists(edits, max_size=6), numbers)
def test_a_thread_takes_the_last_valid_content(number, sequence, final):
    """The same, with the watcher's own thread; that it needs one interval and no more is a test of its own."""
    disk = Disk(number)
    with (
        disk.in_charge(),
        fake_clock(autojump=False) as clock,
        Readers(1) as readers,
        FileWatcher(disk.file, App, 5.0, wake=False) as watcher,
    ):
        readers.watcher = watcher
        told = threading.Event()
        watcher.subscribe(lambda old, new, changed: new.number == final and told.set())
        for _ in disk.steps([*sequence, ("unlock",), ("rename", final)]):
            clock.advance(0.01)
        for _ in range(2000):
            if told.wait(0.002) or watcher.current.number == final:
                break
            clock.advance(0.1)
        assert watcher.current.number == final
        assert readers.mixtures == []
    shutil.rmtree(disk.root)
