"""Where settings come from: layers of files, variables, files that variables name, and what is odd in each."""

from __future__ import annotations

import itertools
import json
import os
import pathlib
import tempfile
import threading
import time
import warnings
from typing import Any

import attrs
import pytest

from beluga import ConfigError
from beluga.config import FileWatcher, field, load

yaml = pytest.importorskip("yaml", reason="the extra yaml is not installed")

SECRET = "sk-live-9f8e7d"


@attrs.frozen
class Inner:
    key: str = field("", secret=True)
    size: int = field(1, min=0)


@attrs.frozen
class App:
    name: str = "app"
    port: int = 80
    ratio: float = 0.5
    on: bool = False
    hosts: list[str] = field(factory=list)
    ports: tuple[int, ...] = ()
    pair: tuple[int, str] = (0, "")
    limits: dict[str, int] = field(factory=dict)
    inner: Inner = Inner()
    maybe: Inner | None = Inner(size=5)
    free: Any = None


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Write a file into the working directory, so that messages hold its bare name."""
    monkeypatch.chdir(tmp_path)

    def write(name, text):
        pathlib.Path(name).write_bytes(text if isinstance(text, bytes) else text.encode())
        return name

    return write


def problems_of(path, **options):
    with pytest.raises(ConfigError) as caught:
        load(path, App, **options)
    return [str(problem) for problem in caught.value.errors]


# Layers


def test_each_file_goes_over_those_before_it(write):
    """Tables are put together; anything else is replaced."""
    files = [
        write("base.toml", 'name = "base"\nport = 1\nhosts = ["a"]\n[inner]\nkey = "k"\nsize = 2\n'),
        write("prod.json", '{"name": "prod", "hosts": ["b"], "inner": {"size": 3}}'),
        write("local.yaml", "port: 9\n"),
    ]
    assert load(files, App) == App("prod", 9, hosts=["b"], inner=Inner("k", 3))


def test_a_problem_names_the_file_that_its_value_comes_from(write):
    """The last one that has it, and its line."""
    files = [write("base.json", '{"port": "x",\n"ratio": "x"}'), write("prod.json", '{\n\n"port": "y"}')]
    assert problems_of(files) == [
        "prod.json:3: port must be an int, not 'y'",
        "base.json:2: ratio must be a finite number, not 'x'",
    ]


def test_a_missing_layer_is_an_error(write):
    """Nothing is left out silently."""
    with pytest.raises(ConfigError, match=r"^prod.json: does not exist$"):
        load([write("base.json", "{}"), "prod.json"], App)
    with pytest.raises(ValueError, match="no file in the list"):
        load([], App)


@pytest.mark.parametrize("path", [5, b"a.json", {"a.json": 1}])
def test_what_is_not_a_path_is_refused(path):
    """With what would be one."""
    with pytest.raises(TypeError, match="is neither a path, nor a list of paths, nor None"):
        load(path, App)


def test_no_file_is_needed():
    """None loads from variables alone."""
    assert load(None, App, prefix="APP", variables={"APP_PORT": "7"}) == App(port=7)
    assert problems_of(None, prefix="APP", variables={"APP_PORT": "x"}) == [
        "environment variable APP_PORT: port must be an int, not 'x'"
    ]
    with pytest.raises(ValueError, match="nothing to watch"):
        FileWatcher(None, App)


def test_layers_are_watched(write):
    """A change of any of them is one of the whole."""
    files = [write("base.json", '{"port": 1}'), write("prod.json", '{"name": "a"}')]
    watcher = FileWatcher(files, App)
    write("base.json", '{"port": 2}')
    assert watcher.poll()
    assert watcher.current == App("a", 2)


# .env


def test_a_file_of_variables_stands_below_the_process(write):
    """It goes over the other files wherever it stands among them, and its line is told."""
    files = [write(".env", "APP_PORT=1\nexport APP_NAME='a b' # mine\nOTHER=x\n"), write("base.json", '{"port": 5}')]
    assert load(files, App, prefix="APP", variables={}) == App("a b", 1)
    assert load(files, App, prefix="APP", variables={"APP_PORT": "2"}).port == 2
    assert problems_of(write("prod.env", "\nAPP_PORT=x"), prefix="APP", variables={}) == [
        "prod.env:2: port must be an int, not 'x'"
    ]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("APP_NAME=a#b # c", "a#b"),
        ("APP_NAME = a b ", "a b"),
        ('APP_NAME="a\\n\\"b\\" # c"', 'a\n"b" # c'),
        ("APP_NAME='a\\n$b'", "a\\n$b"),
        ("APP_NAME='a\nb'", "a\nb"),
        ("APP_NAME=", ""),
        ("APP_NAME=a=b==\r\n", "a=b=="),
    ],
)
def test_a_variable_is_written_as_shells_have_it(write, text, value):
    """Quotes, comments, escapes within double quotes, and nothing put in place of a dollar sign."""
    assert load(write(".env", text), App, prefix="APP", variables={}).name == value


@pytest.mark.parametrize("line", ["APP_NAME", "=1", f"APP_NAME='{SECRET}", "1A=2", f'APP_NAME="{SECRET}" y'])
def test_a_line_that_is_no_variable_is_told_without_its_words(write, line):
    """It may hold a secret."""
    assert problems_of(write(".env", f"A=1\n{line}")) == [".env:2: is not NAME=value"]
    assert problems_of(write(".env", "A=1\nA=2")) == [".env:2: has the variable A twice"]


# Variables


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("APP_PORT", " 7\n", App(port=7)),
        ("APP_RATIO", " .25 ", App(ratio=0.25)),
        ("APP_ON", " Yes ", App(on=True)),
        ("APP_HOSTS", "a, b", App(hosts=["a", "b"])),
        ("APP_HOSTS", "a", App(hosts=["a"])),
        ("APP_HOSTS", "", App(hosts=[])),
        ("APP_HOSTS", ' ["a,b"]', App(hosts=["a,b"])),
        ("APP_PORTS", "1,2", App(ports=(1, 2))),
        ("APP_PAIR", "1,x", App(pair=(1, "x"))),
        ("APP_INNER_SIZE", "3", App(inner=Inner(size=3))),
        ("APP_INNER__SIZE", "3", App(inner=Inner(size=3))),
    ],
)
def test_a_variable_is_read_as_people_write_it(name, text, expected):
    """Blanks round a number, lists with commas, one or two underscores before an inner setting."""
    assert load(None, App, prefix="APP", variables={name: text}) == expected


def test_a_wrong_item_of_a_list_is_told_by_its_place():
    """The variable and the item are named."""
    assert problems_of(None, prefix="APP", variables={"APP_PORTS": "1,x"}) == [
        "environment variable APP_PORTS: ports[1] must be an int, not 'x'"
    ]


def test_empty_variables_count_unless_told_otherwise():
    """Compose files set what they do not know to nothing."""
    assert problems_of(None, prefix="APP", variables={"APP_PORT": ""})
    assert load(None, App, prefix="APP", variables={"APP_NAME": ""}).name == ""
    variables = {"APP_PORT": "", "APP_NAME": " "}
    assert load(None, App, prefix="APP", variables=variables, env_empty=False) == App()


def test_a_variable_may_name_a_file_that_holds_the_text(write):
    """As Docker hands over secrets; the end of the line is not part of it."""
    variables = {"APP_INNER_KEY_FILE": write("key", f"{SECRET}\n")}
    assert load(None, App, prefix="APP", variables=variables).inner.key == SECRET
    assert problems_of(None, prefix="APP", variables={"APP_PORT_FILE": "key"}) == [
        f"the file of environment variable APP_PORT_FILE: port must be an int, not '{SECRET}'"
    ]
    (problem,) = problems_of(None, prefix="APP", variables={"APP_PORT_FILE": "nowhere"})
    assert problem.endswith("from the file that environment variable APP_PORT_FILE names: No such file or directory")
    assert problems_of(None, prefix="APP", variables={**variables, "APP_INNER_KEY": "x"}) == [
        "the environment: inner.key is set by both APP_INNER_KEY and APP_INNER_KEY_FILE"
    ]


def test_a_setting_whose_name_ends_in_file_is_itself():
    """Its variable does not name a file for another one."""

    @attrs.frozen
    class Log:
        log: str = ""
        log_file: str = ""

    assert load(None, Log, prefix="APP", variables={"APP_LOG_FILE": "x"}) == Log(log_file="x")


def test_a_variable_that_sets_nothing_is_warned_of_once(write):
    """With the name that was probably meant, and without its text."""
    variables = {"APP_PROT": SECRET, "APP_ZZZZZZZZ": "1", "OTHER": "1", "APP_INNER": "1"}
    with pytest.warns(UserWarning, match="set nothing") as caught:
        load(None, App, prefix="APP", variables=variables)
    assert [str(warning.message) for warning in caught] == [
        "config: the variables set nothing: APP_PROT (did you mean APP_PORT?), APP_ZZZZZZZZ, APP_INNER"
    ]
    assert caught[0].filename == __file__
    with pytest.warns(UserWarning, match="the variable sets nothing: APP_PROT"):
        watcher = FileWatcher(write("a.json", "{}"), App, prefix="APP", variables={"APP_PROT": "1"})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        write("a.json", '{"port": 1}')
        assert watcher.poll()


# YAML


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("010", 10),
        ("0o10", 8),
        ("0x1F", 31),
        ("1:30", "1:30"),
        ("1_000", "1_000"),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("-1", -1),
        ("no", "no"),
        ("on", "on"),
        ("True", True),
        ("~", None),
        ("2026-01-31", "2026-01-31"),
        ("'1'", "1"),
        ("!!str 1", "1"),
        ("!!float 1", 1.0),
        ("=", "="),
    ],
)
def test_plain_values_of_yaml_are_those_of_version_1_2(write, text, value):
    """What looks like a number to a reader is that number."""
    loaded = load(write("a.yaml", f"free: {text}"), App).free
    assert (loaded, type(loaded)) == (value, type(value))


def test_a_section_that_is_all_comments_has_its_default(write):
    """So have lists and tables; null that is written out is a value."""
    text = "inner:\n  # size: 2\nhosts:\n  # - a\nlimits:\nfree:\nmaybe:\n"
    assert load(write("a.yaml", text), App) == App(maybe=None)
    assert problems_of(write("a.yaml", "inner: null")) == [
        "a.yaml:1: inner must be a table of Inner settings, not a value of type NoneType"
    ]
    assert problems_of(write("a.yaml", "port:")) == ["a.yaml:1: port must be an int, not None"]


@pytest.mark.parametrize("text", ["# port: 1\n", "---\n# port: 1\n", "--- # port\n...\n"])
def test_a_file_that_is_all_comments_has_every_default(write, text):
    """As a file of TOML is; null that is written out is not a table."""
    assert load(write("a.yaml", text), App) == App()
    assert problems_of(write("a.yaml", "~")) == ["a.yaml: must hold a table at its top, not a value of type NoneType"]


def test_keys_that_begin_with_x_hold_anchors(write):
    """As in the files of Docker Compose; merge keys work, and a written key goes before a merged one."""
    text = "x-base: &base\n  size: 3\n  key: k\ninner:\n  <<: *base\n  size: 4\nmaybe: *base\n"
    assert load(write("a.yaml", text), App) == App(inner=Inner("k", 4), maybe=Inner("k", 3))


def _bomb(first, inner):
    names = "abcdefghi"
    lines = [f"x-a: &a {first}"]
    lines += [f"x-{b}: &{b} {inner(a)}" for a, b in itertools.pairwise(names)]
    return "\n".join([*lines, "free: *i"])


@pytest.mark.parametrize(
    "text",
    [
        _bomb("[x, x, x, x, x, x, x, x, x]", lambda name: f"[{', '.join([f'*{name}'] * 9)}]"),
        _bomb("{x: 1}", lambda name: "{" + ", ".join(f"k{n}: *{name}" for n in range(9)) + "}"),
        _bomb("{x: 1}", lambda name: f"{{<<: [{', '.join([f'*{name}'] * 9)}], y: *{name}}}"),
    ],
    ids=["lists", "tables", "merges"],
)
def test_aliases_that_stand_for_too_much_are_refused(write, text):
    """In time proportional to the file, with the line on which it becomes too much."""
    began = time.process_time()
    (problem,) = problems_of(write("a.yaml", text))
    assert problem.startswith("a.yaml:5: has aliases that stand for too many values") or "a.yaml:4" in problem
    assert time.process_time() - began < 1


# What nobody should give to it


BAD = [
    ("a.json", b'{"port":\n 1, "a\0": 2}', "a.json:2: is not JSON: Invalid control character at"),
    ("a.json", b'{"port": 1,\n"port": 2}', "a.json:2: has the key 'port' twice in one table"),
    ("a.json", b'{"free":\n' + b"[" * 10_000 + b"]" * 10_000 + b"}", "a.json:2: is nested too deeply"),
    ("a.json", b'{"free":\n' + b"[" * 300 + b"]" * 300 + b"}", "a.json:2: is nested too deeply"),
    ("a.json", b'{\n"port": ' + b"1" * 5000 + b"}", "a.json:2: is not JSON that can be read: a number has too many"),
    ("a.json", b'{"name": "' + b"x" * 10_000_000 + b'"}', "a.json: cannot be read: it is larger than 4194304 bytes"),
    ("a.toml", b"port = 1\nname = 'a\0'", "a.toml:2: is not TOML: Found invalid character"),
    ("a.toml", b"port = 1\nport = 2", "a.toml:2: is not TOML: Cannot overwrite a value"),
    ("a.toml", b"port = 1\nfree = " + b"[" * 10_000 + b"]" * 10_000, "a.toml:2: is nested too deeply"),
    ("a.toml", b"port = 1\n[free]\n" + b".".join([b"a"] * 10_000) + b" = 1", "a.toml:3: is nested too deeply"),
    ("a.toml", b"\nport = " + b"1" * 5000, "a.toml:2: is not TOML that can be read: a number has too many digits"),
    ("a.yaml", b"port: 1\nname: a\0", "a.yaml:2: is not YAML: it holds a character that cannot be read"),
    ("a.yaml", b"port: 1\nport: 2", "a.yaml:2: has the key 'port' twice in one table"),
    ("a.yaml", b"port: 1\nfree: " + b"[" * 10_000, "a.yaml:2: is nested too deeply"),
    ("a.yaml", b"port: 1\nfree: " + b"[" * 300 + b"]" * 300, "a.yaml:2: is nested too deeply"),
    ("a.yaml", b"port: 1\n? [a]\n: 2", "a.yaml:2: has a key that is a list or a table"),
    ("a.yaml", b"port: 1\n1: 2", "a.yaml:2: 1 is no known key"),
    ("a.yaml", b"limits:\n  true: 2", "a.yaml:1: limits has the key True, which must be a string"),
    ("a.yaml", b"port: 1\nfree: *a", "a.yaml:2: has the alias *a, which stands for nothing"),
    ("a.yaml", b"port: 1\n---\nport: 2", "a.yaml:2: holds more than one document"),
    ("a.yaml", b"port: 1\nfree: " + b"9" * 5000, "a.yaml:2: has a number with too many digits"),
    ("a.yaml", b"port: 1\n<<: 2", "a.yaml:2: merges (<<) something that is not a table"),
    ("a.yaml", b"port: 1\nfree: !!int x", "a.yaml:2: has a value that is not of its tag !!int"),
    (".env", b"A=1\n\xff", ".env:2: is not UTF-8 at byte 4"),
]


@pytest.mark.parametrize(("name", "content", "told"), BAD, ids=[f"{name}-{told[:40]}" for name, _, told in BAD])
def test_a_file_that_cannot_be_used_says_so_with_its_line(write, name, content, told):
    """Soon, and the settings in use stay."""
    began = time.process_time()
    (problem,) = problems_of(write(name, content))
    assert problem.startswith(told)
    assert len(problem) < 250
    watcher = FileWatcher(
        write(
            f"w{name}" if name[0] != "." else "w.env",
            "port: 1\n"
            if "yaml" in name
            else ""
            if name == ".env"
            else '{"port": 1}'
            if "json" in name
            else "port = 1",
        ),
        App,
    )
    before = watcher.current
    write(watcher.path, content)
    assert not watcher.poll()
    assert watcher.current is before
    assert time.process_time() - began < 5


def test_what_is_not_a_file_is_told(write, tmp_path):
    """A directory, a pipe that nobody writes, a file inside a file."""
    pathlib.Path("dir.json").mkdir()
    os.mkfifo(tmp_path / "pipe.json")
    write("file.json", "{}")
    assert problems_of("dir.json") == ["dir.json: cannot be read: Is a directory"]
    assert problems_of("pipe.json") == ["pipe.json: cannot be read: it is no regular file"]
    assert problems_of("file.json/a.json") == ["file.json/a.json: does not exist"]
    assert problems_of("a\0.json")[0].endswith("cannot be read: embedded null byte")


def test_a_file_that_may_not_be_read_is_told():
    """With what the system says, to whoever is not root; the file beside it can be read."""
    with tempfile.TemporaryDirectory() as directory:
        pathlib.Path(directory).chmod(0o755)
        shut, open_ = pathlib.Path(directory, "shut.json"), pathlib.Path(directory, "open.json")
        for path, mode in ((shut, 0), (open_, 0o644)):
            path.write_text("{}")
            path.chmod(mode)

        def read_both():
            load(open_, App)  # what is imported on the way may lie where only root may read
            if os.geteuid() == 0:
                os.seteuid(65534)  # nobody
            load(open_, App)
            return problems_of(str(shut))

        assert in_child(read_both) == [f"{shut}: cannot be read: Permission denied"]


def in_child(function: Any) -> Any:
    """Return what `function` returns in a process of its own, which may give up its rights."""
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        try:
            answer = function()
        except BaseException as error:
            answer = repr(error)
        os.write(writer, json.dumps(answer).encode())
        os._exit(0)
    os.close(writer)
    os.waitpid(child, 0)
    with os.fdopen(reader, "rb") as answer:
        return json.loads(answer.read())


@pytest.mark.parametrize("path", ["", [""]], ids=["alone", "in a list"])
def test_an_empty_path_is_refused(path):
    """It would be the directory that the program is in."""
    with pytest.raises(ValueError, match="an empty path names no file; None loads from variables alone"):
        load(path, App)


@pytest.mark.parametrize(("key", "shown"), [("null", "None"), ("true", "True"), ("0o17", "15"), ("1.50", "1.5")])
def test_a_key_that_is_no_text_has_its_line(write, key, shown):
    """However it is written."""
    (problem,) = problems_of(write("a.yaml", f"port: 1\n{key}: 2\n"))
    assert problem.startswith(f"a.yaml:2: {shown} is no known key")


@attrs.frozen
class Limits:
    limit: int = 1


@attrs.frozen
class Limited:
    inner: Limits = Limits()


@pytest.mark.parametrize("other", ["P_INNER_LIMIT", "P_INNER__LIMIT_FILE", "P_INNER_LIMIT_FILE"])
def test_a_setting_set_by_two_variables_is_told(write, other):
    """Nobody can know which was meant, and neither is called unknown."""

    variables = {"P_INNER__LIMIT": "7", other: write("text", "8")}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(ConfigError, match=f"inner.limit is set by both P_INNER__LIMIT and {other}"):
            load(None, Limited, prefix="P", variables=variables)


# Where and in which process


def test_a_relative_path_is_fixed_at_the_start(write, tmp_path, monkeypatch):
    """A program that changes its directory goes on with the same file."""
    watcher = FileWatcher(write("a.json", '{"port": 1}'), App)
    other = tmp_path / "other"
    other.mkdir()
    monkeypatch.chdir(other)
    (tmp_path / "a.json").write_text('{"port": 2}')
    assert watcher.poll()
    assert (watcher.path, watcher.files) == ("a.json", (str(tmp_path / "a.json"),))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system does not fork")
@pytest.mark.filterwarnings(
    "ignore:This process:DeprecationWarning"
)  # of 3.12: a fork with threads, which this is about
def test_a_watcher_lives_again_after_a_fork(write):
    """A server forks its workers, and no thread goes with them."""
    watcher = FileWatcher(write("a.json", '{"port": 1}'), App, 0.01, wake=False)
    read, told = os.pipe()
    with watcher:
        child = os.fork()
        if child == 0:
            write("a.json", '{"port": 2}')
            for _ in range(1000):
                if watcher.current.port == 2:
                    os.write(told, b"2")
                    break
                threading.Event().wait(0.01)
            os._exit(0)
        os.waitpid(child, 0)
    os.close(told)
    assert os.read(read, 1) == b"2"
    os.close(read)
