"""config/edgerollout.toml and config/policy.toml, read into values; every problem has its place."""

from __future__ import annotations

from edgerollout.config.choice import ChosenEnvironment, choose_environment
from edgerollout.config.project import Project, load, root_of

__all__ = ["ChosenEnvironment", "Project", "choose_environment", "load", "root_of"]
