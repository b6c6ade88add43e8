"""What Ctrl-C and SIGTERM do to a run that changes something: the first asks it to stop, the next leaves."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import threading
from typing import TYPE_CHECKING

from edgerollout.clock import SystemClock
from edgerollout.errors import ExitCode
from edgerollout.policy.severity import Severity
from edgerollout.release.facts.events import Noticed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

    from edgerollout.cli.acting.relay import Relay
    from edgerollout.rollout.stopping import Stop

_STOPPING = Noticed(
    Severity.WARNING,
    "stopping at the next safe point; CloudFront goes on with what it was told. Ctrl-C again leaves at once",
)

_BRIEFLY = 0.5
"""Seconds."""

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class WakingClock(SystemClock):
    """The machine's time; its sleep ends early when the user asks to stop."""

    def __init__(self, stop: Stop) -> None:
        self._stop = stop

    def sleep(self, seconds: float) -> None:
        if self._stop.asked:
            # Already told: a call that is being repeated still keeps its distance from AWS.
            super().sleep(seconds)
        else:
            self._stop.wait(seconds)


@contextlib.contextmanager
def stopping(stop: Stop, relay: Relay) -> Iterator[None]:
    """Ctrl-C and SIGTERM ask the run to stop at a safe point; a second Ctrl-C leaves at once."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    # A handler in Python runs when the main thread comes to it: not while it waits for a writer and another
    # thread got the signal. The number that the interpreter writes into the wake-up socket comes at once.
    heard, wake = socket.socketpair()
    wake.setblocking(False)  # noqa: FBT003 - so it is called
    threading.Thread(target=_heed, args=(heard, stop, relay), name="signals", daemon=True).start()
    woken = signal.set_wakeup_fd(wake.fileno(), warn_on_full_buffer=False)
    before = {number: signal.signal(number, _leave_it_to_heed) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(woken)
        wake.close()


def _leave_it_to_heed(_number: int, _frame: FrameType | None) -> None:
    """Nothing: but that the signal is not for the system."""


def _heed(heard: socket.socket, stop: Stop, relay: Relay) -> None:
    """What the signals are for, in a thread of its own, until the other end is closed."""
    with heard:
        while numbers := heard.recv(64):
            for number in numbers:
                if number in _SIGNALS and not stop.asked:
                    _briefly(lambda: relay(_STOPPING))
                    stop.ask()
                elif number == signal.SIGINT:
                    # Nothing may hold us any longer, not even a writer waiting for its answer.
                    _briefly(relay.close)
                    os._exit(ExitCode.INTERRUPTED)


def _briefly(action: Callable[[], None]) -> None:
    """Do it if it can be done: a terminal that takes no more output must not keep us."""
    doing = threading.Thread(target=action, daemon=True)
    doing.start()
    doing.join(_BRIEFLY)
