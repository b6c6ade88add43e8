"""Checked by mypy, not by pytest: the fakes and the adapter fulfil the same ports."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edgerollout.aws.session import AwsAccount
    from edgerollout.clock import Clock
    from edgerollout.probe.http import HttpProbe
    from edgerollout.rollout.ports import Aws, Probe
    from tests.fakes.aws import FakeAws
    from tests.fakes.clock import FakeClock
    from tests.fakes.probe import FakeProbe

    def ports(
        fake: FakeAws, real: AwsAccount, probe: FakeProbe, http: HttpProbe, clock: FakeClock
    ) -> tuple[Aws, Aws, Probe, Probe, Clock]:
        return fake, real, probe, http, clock
