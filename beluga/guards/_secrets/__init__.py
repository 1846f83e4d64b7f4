"""What credentials look like, and what the fields that hold them are called."""
