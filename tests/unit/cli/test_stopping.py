from __future__ import annotations

import io
import signal
import threading

import pytest

from edgerollout.cli.acting.relay import Relay
from edgerollout.cli.acting.signals import WakingClock, stopping
from edgerollout.cli.invocation import Invocation
from edgerollout.cli.options import Options
from edgerollout.clock import SystemClock
from edgerollout.policy.severity import Severity
from edgerollout.release.facts.events import Event, Noticed
from edgerollout.rollout.stopping import Stop
from edgerollout.views.jsonl import JsonLinesView
from tests.spelling import spell

_NOTE = Noticed(Severity.NOTE, "something")


def _relay() -> Relay:
    return Relay(Invocation(Options()), "log", SystemClock())


class RaisingView(JsonLinesView):
    """A view in the middle of whose work the signal comes, once."""

    def __init__(self, number: signal.Signals) -> None:
        super().__init__(io.StringIO(), spell)
        self._number: signal.Signals | None = number
        self.told: list[Event] = []

    def handle(self, event: Event) -> None:
        self.told.append(event)
        number, self._number = self._number, None
        if number is not None:
            signal.raise_signal(number)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_in_the_middle_of_a_view_s_work_is_heard_and_holds_nothing_up(
    number: signal.Signals,
) -> None:
    stop, relay = Stop(), _relay()
    view = RaisingView(number)
    relay.open(view)

    with stopping(stop, relay):
        relay(_NOTE)
        stop.wait(5)

    assert stop.asked
    assert [type(event) for event in view.told] == [Noticed, Noticed]
    assert "Ctrl-C again ends it at once" in str(view.told[1])


def test_a_signal_wakes_a_run_that_sleeps() -> None:
    stop = Stop()
    with stopping(stop, _relay()):
        main = threading.main_thread().ident
        assert main is not None
        threading.Timer(0.1, signal.pthread_kill, (main, signal.SIGINT)).start()
        WakingClock(stop).sleep(30)

        assert stop.asked


def test_the_second_term_signal_is_not_told_again() -> None:
    stop, relay = Stop(), _relay()
    with stopping(stop, relay):
        signal.raise_signal(signal.SIGTERM)
        stop.wait(5)
        signal.raise_signal(signal.SIGTERM)

    assert len(relay.kept) == 1


def test_afterwards_signals_mean_what_they_meant_before() -> None:
    before = (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM))

    with stopping(Stop(), _relay()):
        assert signal.getsignal(signal.SIGINT) is not before[0]

    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


def test_beside_the_main_thread_signals_are_left_alone() -> None:
    before = signal.getsignal(signal.SIGINT)
    seen: list[object] = []

    def run() -> None:
        with stopping(Stop(), _relay()):
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()

    assert seen == [before]
