"""One module, one concern: its options, its policy and its decorator."""
