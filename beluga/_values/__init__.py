"""The texts of any value, and the value rebuilt with others in their place."""
