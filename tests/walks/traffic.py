"""What happens to the calls of one run: each passes, or its run dies at it, or it waits for its turn."""

from __future__ import annotations

import os
import signal
import threading
import time
from typing import TYPE_CHECKING, Protocol

from edgerollout.emulator.front import ConnectionReset
from tests.worst_day.world import exists

if TYPE_CHECKING:
    from collections.abc import Callable

    from edgerollout.emulator.front import Arrival
    from edgerollout.emulator.messages import Response

    Carry = Callable[[], Response]


class Turn(Protocol):
    """What meets the calls of one run."""

    def known(self, pid: int) -> None:
        """The run is this process."""

    def call(self, arrival: Arrival, carry_out: Carry) -> Response: ...


class Traffic:
    """Knows whose call it is by its session."""

    def __init__(self) -> None:
        self._turns: dict[str, Turn] = {}

    def meet(self, session: str, turn: Turn) -> None:
        self._turns[session] = turn

    def __call__(self, arrival: Arrival, carry_out: Carry) -> Response:
        turn = self._turns.get(arrival.session or "")
        return carry_out() if turn is None else turn.call(arrival, carry_out)


class Death:
    """SIGKILL at the n-th call: before AWS hears of it, or when AWS has done it."""

    def __init__(self, nth: int, *, after_commit: bool) -> None:
        self._left = nth
        self._after_commit = after_commit
        self._lock = threading.Lock()
        self._pid = 0
        self._named = threading.Event()
        self.came: str | None = None
        """The operation at which it came."""

    def known(self, pid: int) -> None:
        self._pid = pid
        self._named.set()

    def call(self, arrival: Arrival, carry_out: Carry) -> Response:
        with self._lock:
            self._left -= 1
            mine = self._left == 0
            dead = self._left < 0
        if dead and self.came is not None:
            raise ConnectionReset
        if not mine:
            return carry_out()
        assert self._named.wait(60)
        response = carry_out() if self._after_commit else None
        self.came = arrival.operation
        os.kill(self._pid, signal.SIGKILL)
        while exists(self._pid):
            time.sleep(0.002)
        if response is None:
            raise ConnectionReset
        return response
