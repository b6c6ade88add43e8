"""What Ctrl-C and SIGTERM do to a run that changes something: the first asks it to stop, the next ends it."""

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
    "stopping at the next safe point; CloudFront continues what was sent. Ctrl-C again ends it at once",
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
            # It was asked already: retries of a call must still wait.
            super().sleep(seconds)
        else:
            self._stop.wait(seconds)


@contextlib.contextmanager
def stopping(stop: Stop, relay: Relay) -> Iterator[None]:
    """Ctrl-C and SIGTERM ask the run to stop at a safe point; a second Ctrl-C ends it at once."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    # A Python signal handler runs only in the main thread, and not while that waits for a writer and another
    # thread got the signal. But the interpreter writes the signal's number into the wake-up socket at once.
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
    """Does nothing, but keeps the system from handling the signal."""


def _heed(heard: socket.socket, stop: Stop, relay: Relay) -> None:
    """Handles the signals, in its own thread, until the other end of the socket is closed."""
    with heard:
        while numbers := heard.recv(64):
            for number in numbers:
                if number in _SIGNALS and not stop.asked:
                    _briefly(lambda: relay(_STOPPING))
                    stop.ask()
                elif number == signal.SIGINT:
                    # Nothing may block the end now, not even a writer that waits for its answer.
                    _briefly(relay.close)
                    os._exit(ExitCode.INTERRUPTED)


def _briefly(action: Callable[[], None]) -> None:
    """Try it, but only for a short time: a blocked terminal must not block the end."""
    doing = threading.Thread(target=action, daemon=True)
    doing.start()
    doing.join(_BRIEFLY)
