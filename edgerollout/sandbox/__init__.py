"""The emulated AWS for a user: seeded from the configuration, in the background, with an edge."""
