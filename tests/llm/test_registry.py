"""Models by name: the built-in ones, your own, and those of installed packages."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import EntryPoint

import pytest

from beluga import llm
from beluga.llm import FakeProvider, registry


@pytest.fixture(autouse=True)
def empty(monkeypatch):
    """Let each test register for itself."""
    monkeypatch.setattr(registry, "_registered", {})


def test_built_in_providers_are_known():
    """Three come with the package."""
    assert {"anthropic", "fake", "openai"} <= set(llm.providers())


def test_the_fake_plays_a_script_and_ignores_the_settings_of_others():
    """Whoever changes the name in a configuration changes nothing else."""
    model = llm.new("fake", model="gpt-4o", api_key="unused", script=["Hello."])
    assert isinstance(model, FakeProvider)
    assert model.generate("Hi").text == "Hello."


def test_a_script_of_the_fake_may_be_one_text():
    """It is not cut into letters."""
    assert llm.new("fake", script="Hello.").generate("Hi").text == "Hello."


def test_a_script_of_the_fake_may_be_one_item_of_any_kind():
    """A single reply, fault or callable needs no list around it either."""
    assert llm.new("fake", script=llm.Reply("Hello.")).generate("Hi").text == "Hello."


@pytest.mark.parametrize("script", [{"text": "Hello."}, b"Hello."], ids=["table", "bytes"])
def test_what_only_looks_like_a_list_is_not_a_script(script):
    """The keys of a table would be answers, and a byte a number."""
    with pytest.raises(TypeError, match=f"a script holds .*, not {type(script).__name__}"):
        llm.new("fake", script=script)


def test_a_registered_factory_gets_the_settings():
    """It is called with the keywords of new."""
    llm.register("mine", lambda **settings: settings)
    assert llm.new("mine", model="m", api_key="k") == {"model": "m", "api_key": "k"}
    assert "mine" in llm.providers()


def test_an_unknown_name_lists_the_known_ones_and_the_nearest():
    """A typo is an error that shows the way."""
    with pytest.raises(LookupError, match=r"'opena1', did you mean 'openai'\? Known are anthropic, .*fake, .*openai"):
        llm.new("opena1")


def test_an_unknown_name_near_to_nothing_lists_the_known_ones():
    """No guess is better than a wild one."""
    with pytest.raises(LookupError, match=r"'zzz'\. Known are anthropic, .*fake, .*openai.*register"):
        llm.new("zzz")


@pytest.mark.parametrize("name", ["openai", "mine"])
def test_a_taken_name_is_refused(name):
    """Neither a built-in nor a registered provider is replaced by accident."""
    if name == "mine":
        llm.register("mine", dict)
    with pytest.raises(ValueError, match=f"{name}.*replace=True"):
        llm.register(name, list)


@pytest.mark.parametrize("name", ["openai", "mine"])
def test_replace_stands_in_for_a_taken_name(name):
    """On purpose it can be done."""
    llm.register(name, list, replace=name == "openai")
    llm.register(name, dict, replace=True)
    assert llm.new(name, model="m") == {"model": "m"}


@pytest.mark.parametrize(
    ("name", "factory", "error"), [("x", "no factory", TypeError), ("", dict, ValueError), (7, dict, TypeError)]
)
def test_what_cannot_be_registered_is_refused_at_once(name, factory, error):
    """A factory can be called and has a name."""
    with pytest.raises(error):
        llm.register(name, factory)


def test_entry_points_are_providers_too(monkeypatch):
    """A package makes its provider known to whoever installs it, and it is loaded when it is asked for."""
    entry = EntryPoint("installed", "builtins:dict", "beluga.llm")
    monkeypatch.setattr(registry, "entry_points", lambda *, group: [entry] if group == "beluga.llm" else [])
    assert "installed" in llm.providers()
    assert llm.new("installed", model="m") == {"model": "m"}
    with pytest.raises(ValueError, match="installed"):
        llm.register("installed", dict)


def test_httpx_is_imported_only_for_a_model_that_needs_it():
    """The registry and the fake cost nothing of it."""
    code = (
        "import sys\n"
        "from beluga import llm\n"
        "llm.new('fake', script=['x']).generate('y'); llm.providers()\n"
        "print('httpx' in sys.modules)\n"
        "llm.new('openai', model='m', api_key='k')\n"
        "print('httpx' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"], done.stderr
