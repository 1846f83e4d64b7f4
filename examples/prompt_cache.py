"""Dynamic prompt building: what depends on role and flags comes after what the provider keeps in its cache."""

from __future__ import annotations

from beluga import PromptBuilder
from beluga.llm import FakeProvider
from beluga.prompt import Section, flag, role
from beluga.schema import AIMessage, CachePoint, HumanMessage


def read_file(path: str) -> str:
    """Read a file of the code base.

    Args:
        path: Relative to its root.
    """
    return f"the content of {path}"


builder = PromptBuilder(
    user_input="How do I add middleware to a tool?",
    dynamic_context=[
        Section("The user may merge to main.", when=role("maintainer")),
        Section("Answer with a diff.", when=flag("diffs")),
    ],
    history=[HumanMessage("I'm working on the tool package."), AIMessage("I see, what would you like to do?")],
    static_context=["The code base uses Python 3.11.", "All packages follow the registry pattern."],
    tools=[read_file],
    system_prompt="You are a helpful coding assistant.",
)
"""The arguments come in any order; the prompt is always in the one that caches reward."""

model = FakeProvider("Wrap its function.", "Here is the diff.")


def show(**situation) -> None:
    """Build the prompt for one situation, print it and ask the model."""
    messages = builder.build(**situation)
    print(f"{len(messages)} messages for {situation or 'anybody'}")
    for number, message in enumerate(messages):
        end = " | cache point" if isinstance(message.parts[-1], CachePoint) else ""
        print(f"  {number}: [{message.role}] {message.text}{end}")
    print("answer:", model.generate(messages, tools=builder.tools).text)


def main() -> None:
    """Show that a prompt changes behind its cache points only, and that a time before them is found."""
    show()
    show(role="maintainer", flags={"diffs"})
    print("tools:", [tool.name for tool in builder.tools], "fingerprint:", builder.fingerprint()[:8])
    for finding in PromptBuilder(system_prompt="It is 2026-05-28T10:20. Be brief.").lint():
        print("lint:", finding.rule, "in", finding.where)
        print("  so:", finding.advice)


if __name__ == "__main__":
    main()
