"""The wire without a socket: a request's bytes go in, and what happens on the line comes out.

::

    HTTPRequest ──> Exchange ──> Dialect.question ──> the script's Turn
                                                            │
    Head, bytes, Pause, Break  <── Dialect.answer, ... <────┘

Nothing here reads, writes, waits or raises for effect. A transport and a server do what the events say,
each in its own way, so that one script looks the same through both.
"""
