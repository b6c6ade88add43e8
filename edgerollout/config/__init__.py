"""config/edgerollout.toml and config/policy.toml, read into values, with every problem placed."""
