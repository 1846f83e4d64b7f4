"""The command line: one module a command, and the app that parses and calls them."""
