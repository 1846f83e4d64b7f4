"""Guards: text in, verdict out; no decorator and no model call."""
