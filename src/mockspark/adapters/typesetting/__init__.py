"""Setting text: fonts, shaping, lines."""
