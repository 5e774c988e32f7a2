"""Makes the golden pictures of the renderers' kit, by means that share nothing with our renderers."""
