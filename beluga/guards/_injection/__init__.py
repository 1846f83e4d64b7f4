"""What the injection detector knows: concepts in many languages, rules over them, and a small model."""
