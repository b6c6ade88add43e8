"""One AWS account in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.fakes.clock import FakeClock
from tests.fakes.cloudfront import FakeCloudFront
from tests.fakes.faults import Faults
from tests.fakes.functions import FakeLambda
from tests.fakes.inspection import FakeInspection
from tests.fakes.roles import FakeRoles
from tests.fakes.windows import Windows

if TYPE_CHECKING:
    from collections.abc import Mapping

ACCOUNT = "123456789012"


class FakeAws:
    """Fulfils `ports.Aws`. `faults` interferes, `windows` says how long things take."""

    def __init__(
        self,
        clock: FakeClock | None = None,
        *,
        account: str = ACCOUNT,
        windows: Windows | None = None,
        endpoint: str | None = None,
    ) -> None:
        self.clock = clock if clock is not None else FakeClock()
        self.faults = Faults()
        self.windows = windows if windows is not None else Windows()
        self.account_id = account
        self.roles = FakeRoles(account, self.clock, self.faults)
        self.functions = FakeLambda(account, self.clock, self.faults, self.windows, self.roles)
        self.cloudfront = FakeCloudFront(account, self.clock, self.faults, self.windows, self.functions)
        self.inspection = FakeInspection(account, self.faults)
        self._endpoint = endpoint

    @property
    def endpoint(self) -> str | None:
        return self._endpoint

    @property
    def calls(self) -> Mapping[str, int]:
        return dict(self.faults.calls)

    def account(self) -> str:
        return self.faults.perform("sts:GetCallerIdentity", lambda: self.account_id)
