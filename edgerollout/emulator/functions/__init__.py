"""Lambda's control plane: functions, versions, aliases, permissions, tags. It runs no code."""
