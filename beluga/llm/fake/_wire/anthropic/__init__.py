"""Anthropic's messages.

Source: the API reference of ``/v1/messages``, version 2023-06-01, and the types of anthropic 2.12.
"""
