"""Something that planning or a check found, with what to do."""

from __future__ import annotations

from edgerollout.advice import Hint
from edgerollout.policy import finding

Finding = finding.Finding[Hint]
