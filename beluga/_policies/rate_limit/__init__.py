"""Rates, the meters that count their permits, the layers that take them, and the limiter over all of it."""
