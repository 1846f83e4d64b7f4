"""Loading a file into a schema: strictly, with every problem at once, and no secret in any of them."""

from __future__ import annotations

import datetime
import enum
import pathlib
import time
from collections.abc import Mapping, Sequence  # noqa: TC003 - resolved when the schema is read
from typing import Any, Literal

import attrs
import pytest

from beluga import ConfigError, ErrorCode
from beluga.config import Problem, Seconds, field, load, validate
from beluga.config.files import toml_lines

SECRET = "sk-live-9f8e7d"


class Mode(enum.Enum):
    FAST = "fast"
    SLOW = "slow"


@attrs.frozen
class OpenAI:
    api_key: str = field("", secret=True, env="OPENAI_API_KEY")
    max_tokens: int = field(4096, min=1, max=128_000)


@attrs.frozen
class Spare:
    max_tokens: int = 4096


@attrs.frozen
class Everything:
    text: str = "a"
    whole: int = field(1, min=0, max=255)
    number: float = field(0.5, min=0, max=2)
    flag: bool = False
    wait: Seconds = field(30.0, max=600)
    mode: Mode = Mode.FAST
    kind: Literal["a", "b", 3] = "a"
    maybe: int | None = None
    either: int | str = 0
    names: list[str] = field(factory=list)
    fixed: tuple[int, str] = (1, "x")
    frozen: Sequence[int] = ()
    limits: dict[str, int] = field(factory=dict)
    view: Mapping[str, float] = field(factory=dict)
    where: pathlib.Path = pathlib.Path()
    since: datetime.date = datetime.date(2026, 1, 1)
    openai: OpenAI = field(factory=OpenAI)
    spare: Spare | None = None
    anything: Any = None


@attrs.frozen
class Required:
    model: str
    max_tokens: int = 4096


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Write a file into the working directory, so that messages hold its bare name."""
    monkeypatch.chdir(tmp_path)

    def write(name, text):
        pathlib.Path(name).write_bytes(text if isinstance(text, bytes) else text.encode())
        return name

    return write


def problems_of(name, schema=Everything, **options):
    with pytest.raises(ConfigError) as caught:
        load(name, schema, **options)
    assert caught.value.code is ErrorCode.INVALID_INPUT
    assert all(isinstance(problem, Problem) for problem in caught.value.errors)
    return [str(problem) for problem in caught.value.errors]


GOOD = [
    ("text", '"b"', "b"),
    ("whole", "255", 255),
    ("number", "2", 2.0),
    ("flag", "true", True),
    ("wait", "5", 5.0),
    ("wait", '"5m"', 300.0),
    ("wait", '"1m30s"', 90.0),
    ("wait", '"250ms"', 0.25),
    ("mode", '"slow"', Mode.SLOW),
    ("mode", '"SLOW"', Mode.SLOW),
    ("kind", "3", 3),
    ("maybe", "null", None),
    ("maybe", "7", 7),
    ("either", '"x"', "x"),
    ("names", '["a", "b"]', ["a", "b"]),
    ("fixed", '[2, "y"]', (2, "y")),
    ("frozen", "[1, 2]", (1, 2)),
    ("limits", '{"a": 1}', {"a": 1}),
    ("view", '{"a": 1}', {"a": 1.0}),
    ("where", '"/etc"', pathlib.Path("/etc")),
    ("since", '"2026-02-03"', datetime.date(2026, 2, 3)),
    ("openai", '{"max_tokens": 1}', OpenAI(max_tokens=1)),
    ("spare", "null", None),
    ("spare", "{}", Spare()),
    ("anything", '{"a": [1]}', {"a": [1]}),
]


@pytest.mark.parametrize(("key", "text", "value"), GOOD)
def test_a_value_of_the_right_type_is_taken(write, key, text, value):
    """Each annotation takes the values it names, and gives them the type it names."""
    loaded = getattr(load(write("app.json", f'{{"{key}": {text}}}'), Everything), key)
    assert (loaded, type(loaded)) == (value, type(value)) or (loaded == value and key == "view")


BAD = [
    ("text", "1", "a string, not 1"),
    ("whole", "true", "an int from 0 to 255, not True"),
    ("whole", "256", "an int from 0 to 255, not 256"),
    ("whole", "40.5", "an int from 0 to 255, not 40.5"),
    ("whole", "1.0", "an int from 0 to 255, not 1.0"),
    ("whole", '"1"', "an int from 0 to 255, not '1'"),
    ("number", "NaN", "a finite number from 0 to 2, not nan"),
    ("number", "Infinity", "a finite number from 0 to 2, not inf"),
    ("number", "true", "a finite number from 0 to 2, not True"),
    ("number", "1" + "0" * 400, "a finite number from 0 to 2, not an int of 1329 bits"),
    ("flag", "1", "true or false, not 1"),
    ("wait", '"5 parsecs"', "a duration such as '30s' or '5m' from 0 to 600 seconds, not '5 parsecs'"),
    ("wait", '"11m"', "a duration such as '30s' or '5m' from 0 to 600 seconds, not '11m'"),
    ("wait", "-1", "a duration such as '30s' or '5m' from 0 to 600 seconds, not -1"),
    ("mode", '"fats"', "one of 'fast', 'slow', not 'fats'; did you mean 'fast'?"),
    ("kind", "true", "one of 'a', 'b', 3, not True"),
    ("maybe", '"x"', "an int, not 'x'"),
    ("either", "1.5", "an int or a string, not 1.5"),
    ("names", '"a"', "a list, each item a string, not a value of type str"),
    ("fixed", "[1]", "a list of 2: an int, a string, not a value of type list"),
    ("limits", "[]", "a table, each value an int, not a value of type list"),
    ("since", '"tomorrow"', "a date, not 'tomorrow'"),
    ("openai", f'"{SECRET}"', "a table of OpenAI settings, not a value of type str"),
    ("text", '"' + "x" * 100 + '"', None),
]


@pytest.mark.parametrize(("key", "text", "told"), BAD[:-1])
def test_a_value_of_another_type_is_refused(write, key, text, told):
    """Nothing is converted silently, and the message names the rule and the value."""
    assert problems_of(write("app.json", f'{{\n"{key}": {text}}}')) == [f"app.json:2: {key} must be {told}"]


def test_every_problem_is_told_at_once(write):
    """One error lists all problems, each with path, line, rule and value."""
    text = '{"modle": "x",\n "max_tokens": 4096.5}'
    with pytest.raises(ConfigError) as caught:
        load(write("app.json", text), Required)
    assert str(caught.value) == (
        "app.json has 3 problems:\n"
        "  app.json:1: modle is no known key; did you mean model?\n"
        "  app.json: model is required\n"
        "  app.json:2: max_tokens must be an int, not 4096.5"
    )


SAME = {
    "app.json": '{"text": 1,\n"openai":\n {"max_tokens": 0},\n"names": ["a",\n2]}',
    "app.toml": 'text = 1\n\nnames = ["a",\n  2]\n[openai]\nmax_tokens = 0\n',
    "app.yaml": "text: 1\nopenai:\n  max_tokens: 0\nnames:\n  - a\n  - 2\n",
}


@pytest.mark.parametrize(
    ("name", "lines"),
    [("app.json", {1, 3, 5}), ("app.toml", {1, 6, 3}), ("app.yaml", {1, 3, 6})],
)
def test_every_format_tells_the_line(write, name, lines):
    """A problem carries the line of its value, or of what is around it where the format does not tell."""
    if name.endswith("yaml"):
        pytest.importorskip("yaml", reason="the extra yaml is not installed")
    told = problems_of(write(name, SAME[name]))
    assert {int(problem.split(":")[1]) for problem in told} == lines
    assert {problem.split()[1] for problem in told} == {"text", "openai.max_tokens", "names[1]"}


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("\n[[whole]]\nx = 1", 2),
        ("\n\n[whole.b]\nx = 1", 3),
        ("\nwhole.b = 1", 2),
        ("text = 'a'\n[whole.b.c]\n[whole]\nx = 1", 3),
    ],
    ids=["list of tables", "inner table", "dotted key", "inner table first"],
)
def test_what_toml_makes_a_table_by_the_way_has_a_line_too(write, text, line):
    """A header or a dotted key also says where the tables around its own begin; their own header says it better."""
    assert problems_of(write("app.toml", text))[0].startswith(f"app.toml:{line}: whole must be")


def test_four_times_as_many_tables_take_about_four_times_as_long():
    """The lines of a list of tables are found in one pass: none is counted again for the next."""

    def seconds(tables):
        text = "[[one]]\nname = 1\n" * tables
        began = time.process_time()
        lines = toml_lines(text)
        took = time.process_time() - began
        assert lines["one", tables - 1, "name"] == 2 * tables
        return took

    assert min(seconds(2_000) for _ in range(3)) < 8 * min(seconds(500) for _ in range(5))


def test_toml_tables_in_lists_have_lines_of_their_own(write):
    """The second of two equal headers is the second table."""

    @attrs.frozen
    class Many:
        one: list[OpenAI] = attrs.field(factory=list)

    text = "[[one]]\nmax_tokens = 1\n\n[[one]]\n# text with [brackets]\nmax_tokens = 0\n"
    assert problems_of(write("app.toml", text), Many) == [
        "app.toml:6: one[1].max_tokens must be an int from 1 to 128000, not 0"
    ]


@pytest.mark.parametrize(
    "line",
    [
        'text = "in [brackets"',
        'text = "an # in it"',
        '"text n" = 1',
        "text = '[an'",
        'text = """n\n[" """',
        'text = "\\\\"',
    ],
)
def test_a_string_does_not_confuse_the_lines_of_toml(write, line):
    """What looks like structure inside a string is none, and the settings after it keep their lines."""
    number = line.count("\n") + 2
    assert problems_of(write("app.toml", f"{line}\nwhole = true\n"))[-1].startswith(f"app.toml:{number}: whole must be")


@pytest.mark.parametrize("key", ["k" * 100_000, "a\\nERROR forged", "\\ud800", ""])
def test_a_strange_key_makes_no_strange_message(write, key):
    """A message stays one short line that can be printed, whatever a file calls its keys."""
    (problem,) = problems_of(write("app.json", f'{{"{key}": 1}}'))
    assert problem.isprintable()
    assert len(problem) < 200
    (problem,) = problems_of(write("app.json", f'{{"{key}": 1, "{key}": 1}}'))
    assert problem.isprintable()
    assert len(problem) < 200


@attrs.frozen
class Nested:
    child: Nested | None = None


@pytest.mark.parametrize("depth", [100, 400, 900])
def test_a_schema_that_holds_itself_reads_a_deep_file_or_says_no(write, depth):
    """No depth ends in a traceback from inside."""
    try:
        load(write("app.json", '{"child":' * depth + "null" + "}" * depth), Nested)
    except ConfigError as error:
        assert str(error) in {"app.json: is nested too deeply", "app.json:1: is nested too deeply"}
        assert depth > 100


MALFORMED = [
    ("app.json", b'{"text": }', "app.json:1: is not JSON: Expecting value (column 10)"),
    ("app.json", b'{"text": "sk', "app.json:1: is not JSON: Unterminated string starting at (column 10)"),
    ("app.json", b'{"a": 1, "a": 2}', "app.json:1: has the key 'a' twice in one table"),
    ("app.json", b"[1]", "app.json: must hold a table at its top, not a value of type list"),
    ("app.json", b"[" * 100_000, "app.json:1: is nested too deeply"),
    (
        "app.json",
        b'{"whole": ' + b"9" * 5000 + b"}",
        "app.json:1: is not JSON that can be read: a number has too many digits",
    ),
    ("app.json", b"{}\n\xff", "app.json:2: is not UTF-8 at byte 3"),
    ("app.json", b" \n", "app.json: is empty"),
    ("app.toml", b"", "app.toml: is empty"),
    ("app.toml", b"text = 1\nwhole =", "app.toml"),
    ("app.ini", b"[a]", "app.ini: has the ending '.ini', and known are .json, .toml, .yaml, .yml"),
]


@pytest.mark.parametrize(("name", "content", "told"), MALFORMED)
def test_a_malformed_file_is_one_problem(write, name, content, told):
    """What cannot be parsed says where and why, without quoting the content."""
    (problem,) = problems_of(write(name, content))
    assert problem.startswith(told)


YAML = [
    ("text: a\ntext: b", "app.yaml:2: has the key 'text' twice in one table"),
    ("text: [sk-live", "app.yaml:1: is not YAML: did not find expected ',' or ']'"),
    ("text: !!python/object:os.system x", "app.yaml:1: is not YAML: could not determine a constructor for the tag"),
    ("limits: {1: 2}", "app.yaml:1: limits has the key 1, which must be a string"),
    ("a: &a [*a]", "app.yaml:1: has the alias *a inside of what it stands for"),
]


@pytest.mark.parametrize(("text", "told"), YAML)
def test_yaml_is_read_strictly(write, text, told):
    """YAML builds no objects, forgives no key given twice, and survives a list inside itself."""
    pytest.importorskip("yaml", reason="the extra yaml is not installed")
    assert problems_of(write("app.yaml", text))[0].startswith(told)


def test_a_missing_file_has_its_own_code(tmp_path):
    """A file that is not there is not_found; everything else is invalid_input."""
    with pytest.raises(ConfigError) as caught:
        load(tmp_path / "app.json", Everything)
    assert caught.value.code is ErrorCode.NOT_FOUND


def test_a_directory_in_the_place_of_the_file_is_told(tmp_path):
    """What cannot be read says why."""
    (tmp_path / "app.json").mkdir()
    with pytest.raises(ConfigError, match="cannot be read: Is a directory"):
        load(tmp_path / "app.json", Everything)


def test_a_byte_order_mark_is_no_content(write):
    """Windows editors put one in front."""
    assert load(write("app.json", b'\xef\xbb\xbf{"whole": 3}'), Everything).whole == 3


def test_variables_override_the_file(write):
    """PREFIX_PATH overrides a setting, in nested sections too, and env= is a whole name."""
    variables = {
        "APP_WHOLE": "7",
        "APP_OPENAI_MAX_TOKENS": "12",
        "OPENAI_API_KEY": SECRET,
        "APP_WAIT": "5m",
        "APP_FLAG": "yes",
        "APP_NAMES": '["x"]',
        "APP_MAYBE": "null",
        "APP_MODE": "slow",
        "APP_EITHER": "7",
        "APP_SPARE_MAX_TOKENS": "5",
    }
    config = load(write("app.json", '{"whole": 1, "maybe": 2}'), Everything, prefix="APP", variables=variables)
    expected = Everything(
        whole=7,
        openai=OpenAI(SECRET, 12),
        wait=300.0,
        flag=True,
        names=["x"],
        mode=Mode.SLOW,
        either=7,
        spare=Spare(5),
    )
    assert config == expected


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("APP_WHOLE", "300", "whole must be an int from 0 to 255, not 300"),
        ("APP_WHOLE", "1.0", "whole must be an int from 0 to 255, not '1.0'"),
        ("APP_NUMBER", "nan", "number must be a finite number from 0 to 2, not 'nan'"),
        ("APP_FLAG", "maybe", "flag must be true or false, not 'maybe'"),
        ("APP_LIMITS", "{", "limits must be a table, each value an int, written as JSON"),
        ("APP_ANYTHING", "x", "anything must be anything, written as JSON"),
        ("APP_LIMITS", '{"a": true}', "limits.a must be an int, not True"),
    ],
)
def test_variables_are_checked_like_the_file(write, name, text, told):
    """A bad variable is an error with its name, never cut down to what would fit."""
    (problem,) = problems_of(write("app.json", "{}"), prefix="APP", variables={name: text})
    assert problem in {f"environment variable {name}: {told}", f"app.json: {told}"}
    assert name not in {"APP_WHOLE", "APP_NUMBER", "APP_FLAG"} or problem.startswith("environment variable")


@attrs.frozen
class Cloud:
    key: str = field("", secret=True)
    region: str = "eu"
    size: int = 1


@attrs.frozen
class Local:
    key: str = ""
    size: str = "s"
    gpu: bool = False


@attrs.frozen
class Either:
    model: Cloud | Local = Cloud()


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"APP_MODEL_KEY": "k"}, Cloud("k")),
        ({"APP_MODEL_REGION": "us", "APP_MODEL_SIZE": "2"}, Cloud(region="us", size=2)),
        ({"APP_MODEL_GPU": "on", "APP_MODEL_SIZE": "big"}, Local(size="big", gpu=True)),
    ],
)
def test_variables_override_whichever_section_of_a_union_fits(write, variables, expected):
    """The same name in two alternatives is one setting, read by the types of both."""
    assert load(write("app.json", "{}"), Either, prefix="APP", variables=variables).model == expected


@pytest.mark.parametrize("prefix", ["APP_", "", "_", 3])
def test_a_prefix_that_would_find_no_variable_is_refused(write, prefix):
    """APP_ would look for APP__PORT, and nobody would notice that APP_PORT does nothing."""
    with pytest.raises(ValueError, match=r"prefix=.* must be a name such as 'APP'"):
        load(write("app.json", "{}"), Everything, prefix=prefix)


def test_variables_that_would_set_two_settings_are_refused(write):
    """APP_OPENAI_KEY cannot be both openai.key and openai_key."""

    @attrs.frozen
    class Ambiguous:
        openai: OpenAI = attrs.field(factory=OpenAI)
        openai_max_tokens: int = 1

    with pytest.raises(TypeError, match=r"APP_OPENAI_MAX_TOKENS would set both openai.max_tokens and openai_max"):
        load(write("app.json", "{}"), Ambiguous, prefix="APP")


@pytest.mark.parametrize(
    "text",
    [
        f'{{"openai": {{"api_kye": "{SECRET}"}}}}',
        f'{{"openai": "{SECRET}"}}',
        f'{{"openai": ["{SECRET}"]}}',
        f'{{"openai": {{"api_key": ["{SECRET}"]}}}}',
        f'{{"openai": {{"api_key": {{"{SECRET}": 1}}}}}}',
        f'{{"spare": "{SECRET}"}}',
        f'{{"openai": {{"api_key": "{SECRET}", "max_tokens": 0}}}}',
        f'{{"openai": {{"api_key": "{SECRET}"',
    ],
)
def test_no_error_holds_a_secret(write, text):
    """Neither a secret setting's value nor what stands in the place of its section is ever shown."""
    with pytest.raises(ConfigError) as caught:
        load(write("app.json", text), Everything)
    assert SECRET not in f"{caught.value!r}{caught.value}{caught.value.errors}"


@attrs.frozen
class Providers:
    many: list[OpenAI] = field(factory=list)
    named: dict[str, OpenAI] = field(factory=dict)
    tokens: dict[str, str] = field(factory=dict, secret=True)
    account: Spare = field(factory=Spare, secret=True)
    free: Any = None


@pytest.mark.parametrize("name", ["APP_MANY", "APP_NAMED", "APP_TOKENS", "APP_FREE"])
def test_no_error_holds_the_text_of_a_variable_that_may_hold_a_secret(write, name):
    """JSON that is cut off may have a secret anywhere in it."""
    (problem,) = problems_of(
        write("app.json", "{}"), Providers, prefix="APP", variables={name: f'[{{"api_key": "{SECRET}"'}
    )
    assert problem.startswith(f"environment variable {name}: {name[4:].lower()} must be ")
    assert SECRET not in problem


@pytest.mark.parametrize("text", [f'{{"tokens": {{"{SECRET}": 1}}}}', f'{{"account": {{"{SECRET}": 1}}}}'])
def test_no_error_holds_a_key_inside_a_secret(write, text):
    """Of a secret table the keys are as secret as the values."""
    (problem,) = problems_of(write("app.json", text), Providers)
    assert SECRET not in problem


def test_a_secret_is_not_in_the_repr():
    """The instance itself masks its secrets."""
    assert repr(OpenAI(SECRET)) == "OpenAI(api_key=***, max_tokens=4096)"


def test_the_validators_of_attrs_are_heard(write):
    """What a class's own validators refuse is a problem of the file, and keeps a secret."""

    @attrs.frozen
    class Own:
        low: int = attrs.field(default=1)
        high: int = attrs.field(default=2)

        @high.validator
        def _above(self, _, value):
            if value <= self.low:
                raise ValueError(f"high={value} must be above low")

    assert problems_of(write("app.json", '{"high": 0}'), Own) == [
        "app.json: was refused by Own: ValueError: high=0 must be above low"
    ]


def test_a_converter_is_applied_before_the_check(write):
    """A setting with an attrs converter takes what its converter takes."""

    @attrs.frozen
    class Own:
        names: tuple[str, ...] = attrs.field(
            default=(), converter=lambda value: tuple(value.split(",")) if value else ()
        )

    assert load(write("app.json", '{"names": "a,b"}'), Own).names == ("a", "b")


def test_validate_returns_the_instance():
    """A valid instance comes back as it is."""
    config = Everything()
    assert validate(config) is config


def test_validate_names_every_problem():
    """An instance made by hand is checked like a file, without a source."""
    with pytest.raises(ConfigError) as caught:
        validate(Everything(whole=-1, openai=OpenAI(max_tokens=True)))
    assert [str(problem) for problem in caught.value.errors] == [
        "whole must be an int from 0 to 255, not -1",
        "openai.max_tokens must be an int from 1 to 128000, not True",
    ]


@pytest.mark.parametrize(
    "options",
    [{"min": float("nan")}, {"max": float("inf")}, {"min": True}, {"min": 2, "max": 1}],
)
def test_bounds_must_be_numbers_in_order(options):
    """A bound that no value can meet, or every value would, is refused where it is declared."""
    with pytest.raises(ValueError, match="field: m"):
        field(1, **options)


def bad_schemas():
    @attrs.frozen
    class OutOfBounds:
        x: int = field(0, min=1)

    @attrs.frozen
    class WrongDefault:
        x: str = 1

    @attrs.frozen
    class BoundsOnText:
        x: str = field("a", min=1)

    @attrs.frozen
    class NoFileHoldsThis:
        x: complex = 1j

    @attrs.frozen
    class KeysOfInt:
        x: dict[int, str] = attrs.field(factory=dict)

    return [OutOfBounds, WrongDefault, BoundsOnText, NoFileHoldsThis, KeysOfInt, object, 3]


@pytest.mark.parametrize("schema", bad_schemas(), ids=str)
def test_a_schema_that_cannot_work_is_refused_before_the_file_is_read(schema):
    """A wrong annotation or default is the programmer's error, found without any file."""
    with pytest.raises(TypeError, match="config: "):
        load("no such file.json", schema)
