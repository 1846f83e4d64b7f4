"""Regular expressions looked into before they are used: how far they reach, and how long they may take."""
