"""The emulated AWS as a user has it: seeded from the configuration, in the background, with an edge."""
