"""The support desk of ``beluga demo``: one decorated function, a file of tickets, and what became of each."""
