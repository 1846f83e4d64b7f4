"""What stands behind the breakpoint of one prompt."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from beluga.prompt.sections import Section
    from beluga.schema import HumanMessage, Message

__all__ = ["Tail"]


@attrs.frozen
class Tail:
    """History, dynamic context and user input of one prompt.

    Args:
        history: The conversation so far.
        sections: Those whose conditions hold.
        user_input: What the user says now; None where the history ends with what is to be answered.
    """

    history: tuple[Message, ...]
    sections: tuple[Section, ...]
    user_input: HumanMessage | None

    @property
    def context(self) -> tuple[Message, ...]:
        """The messages of the sections."""
        return tuple(message for section in self.sections for message in section.content)

    @property
    def asked(self) -> tuple[HumanMessage, ...]:
        """The user input, or nothing."""
        return () if self.user_input is None else (self.user_input,)
