"""What every model that is reached over HTTP has in common; it knows no provider."""
