"""The built-in kinds of personal data, one room for each family."""
