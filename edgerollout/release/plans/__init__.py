"""Plans, from the current state to the wanted one: one module for each command."""
