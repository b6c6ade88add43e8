"""In-memory stand-ins for the engine's ports, keeping AWS's own rules."""
