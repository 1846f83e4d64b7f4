"""Traces in files, and their view: OTLP lines written and read, a tree for the terminal, a page for the browser."""
