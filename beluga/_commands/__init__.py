"""What the command line does, as plain functions of its arguments that print through a callable."""
