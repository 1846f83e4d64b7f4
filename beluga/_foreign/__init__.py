"""Strangers' shapes: where SDKs and frameworks keep errors, usage, answers and messages; none of them is imported."""
