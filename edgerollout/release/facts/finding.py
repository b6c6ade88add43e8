"""Something that planning or a check found, and what to do about it."""

from __future__ import annotations

from edgerollout.advice import Hint
from edgerollout.policy import finding

Finding = finding.Finding[Hint]
