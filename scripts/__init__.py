"""Commands for developers, and what they need."""
