"""Types, told once: a tree read from annotations, and what can be made of it."""
