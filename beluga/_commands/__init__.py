"""The commands of ``beluga``, one module each."""
