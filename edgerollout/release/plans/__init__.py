"""From what is to what is wanted, one module a command."""
