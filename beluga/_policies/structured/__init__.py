"""Answers as values of a type: what an answer says, the form it has to have, and the turns until it has it."""
