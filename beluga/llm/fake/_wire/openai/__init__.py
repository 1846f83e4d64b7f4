"""OpenAI's chat completions.

Source: the API reference of ``/v1/chat/completions``, and the types of openai 3.54.
"""
