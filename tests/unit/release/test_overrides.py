from __future__ import annotations

import pytest

from edgerollout.errors import UsageError
from edgerollout.release.checks.gates import GATES
from edgerollout.release.facts.overrides import overrides_of
from edgerollout.release.facts.release import Override


def test_overrides_come_from_the_command_line_once_each() -> None:
    assert overrides_of(["soak", "tour", "soak"], " tried by hand ", GATES) == (
        Override("soak", "tried by hand"),
        Override("tour", "tried by hand"),
    )
    assert overrides_of([], None, GATES) == ()


def test_an_unknown_gate_is_a_usage_error_that_lists_the_known_ones() -> None:
    with pytest.raises(UsageError, match="can be set aside here: did you mean tour") as caught:
        overrides_of(["tuor"], "why not", GATES)
    assert "soak, tour, after, drift, observable, reporting, lint and headers" in (caught.value.hint or "")


@pytest.mark.parametrize("reason", [None, "", "  "])
def test_an_override_without_a_reason_is_a_usage_error(reason: str | None) -> None:
    with pytest.raises(UsageError, match="--override soak needs a --reason"):
        overrides_of(["soak"], reason, GATES)
