"""How a text is read: without its disguises, in Latin letters, and decoded."""
