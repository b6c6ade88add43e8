"""Runs many lanes at once: a few writers, one poll for all waiting lanes, one clock.

In each poll, one ListDistributions covers any number of distributions; a GetDistribution confirms each that
it shows as Deployed. A single waiting distribution is read directly.
"""

from __future__ import annotations

from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING, assert_never

from edgerollout.errors import EdgerolloutError
from edgerollout.rollout.lanes import Pause, UntilDeployed, UntilInvalidated, Write
from edgerollout.rollout.stopping import OutOfTime

if TYPE_CHECKING:
    from collections.abc import Callable

    from edgerollout.release.facts.snapshot import Distribution
    from edgerollout.rollout.lanes import Lane, LaneRequest, LaneState
    from edgerollout.rollout.session import Session


class Scheduler:
    """Drives lanes until each has finished or failed; a failed one does not stop the others."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._lanes: dict[str, tuple[Lane, LaneState]] = {}
        self._waiting: dict[str, UntilDeployed | UntilInvalidated] = {}
        self._paused: dict[str, float] = {}
        self._writing: dict[Future[object], str] = {}
        self._interval = session.pace.first
        self._next_poll = session.clock.monotonic()

    def run(self, lanes: dict[str, tuple[Lane, LaneState]]) -> None:
        """Drive all lanes (by distribution id). Errors stay in each lane's state.

        Raises Interrupted at a safe point, after the running writes have returned.
        """
        self._lanes = dict(lanes)
        with ThreadPoolExecutor(max_workers=self._session.writers) as writers:
            for key in lanes:
                self._advance(key, writers)
            while self._lanes:
                if self._writing:
                    self._collect(writers)
                if not self._writing:
                    self._session.stop.check()
                if self._lanes and (self._waiting or self._paused):
                    self._tick(writers)

    def _begin(self, call: Callable[[], object]) -> object:
        """Run a write, unless the run is to end: it may have waited for a long time in the queue."""
        self._session.stop.check()
        if self._session.deadline.passed:
            raise OutOfTime("time ran out before the next write")
        return call()

    def _collect(self, writers: ThreadPoolExecutor) -> None:
        patience = None
        if self._waiting or self._paused:
            patience = max(0.0, self._next_poll - self._session.clock.monotonic())
        done, _ = wait(self._writing, timeout=patience, return_when=FIRST_COMPLETED)
        for future in done:
            key = self._writing.pop(future)
            error = future.exception()
            if isinstance(error, Exception):
                self._advance(key, writers, error=error)
            elif error is not None:
                raise error
            else:
                self._advance(key, writers, value=future.result())

    def _tick(self, writers: ThreadPoolExecutor) -> None:
        clock = self._session.clock
        if clock.monotonic() < self._next_poll:
            if self._writing:
                return
            pause = min([self._next_poll, *self._paused.values()]) - clock.monotonic()
            clock.sleep(self._session.deadline.left(max(0.0, pause)))
            if self._session.stop.asked:
                return
        for key in [key for key, until in self._paused.items() if clock.monotonic() >= until]:
            del self._paused[key]
            self._advance(key, writers)
        if self._session.deadline.passed:
            self._give_up(writers)
        elif clock.monotonic() >= self._next_poll:
            moved = self._poll(writers)
            self._interval = self._session.pace.first if moved else self._session.pace.after(self._interval)
            self._next_poll = clock.monotonic() + self._interval

    def _poll(self, writers: ThreadPoolExecutor) -> bool:
        """Ask about everything that lanes wait for. Returns whether any answer came."""
        moved = False
        deploying = {
            key: deployed for key, deployed in self._waiting.items() if isinstance(deployed, UntilDeployed)
        }
        try:
            swept = self._sweep(deploying)
        except EdgerolloutError as error:
            for key in deploying:
                del self._waiting[key]
                self._advance(key, writers, error=error)
            return True
        for key, waiting in list(self._waiting.items()):
            try:
                answer = self._ask(waiting, swept)
            except EdgerolloutError as error:
                del self._waiting[key]
                self._advance(key, writers, error=error)
                continue
            if answer is not None:
                del self._waiting[key]
                self._advance(key, writers, value=answer)
                moved = True
        return moved

    def _sweep(self, deploying: dict[str, UntilDeployed]) -> dict[str, Distribution] | None:
        """One list call when several distributions wait; None: read the single one directly."""
        if len(deploying) < 2:
            return None
        return {
            distribution.id: distribution for distribution in self._session.aws.cloudfront.distributions()
        }

    def _ask(
        self, waiting: UntilDeployed | UntilInvalidated, swept: dict[str, Distribution] | None
    ) -> object | None:
        cloudfront = self._session.aws.cloudfront
        match waiting:
            case UntilDeployed(distribution, settled, step, unsettled):
                seen = None if swept is None else swept.get(distribution)
                if seen is not None and not seen.deployed:
                    step.progress(seen.status)
                    return None
                now = cloudfront.distribution(distribution)
                if now.deployed and settled(now):
                    return now
                step.progress(unsettled if now.deployed and unsettled is not None else now.status)
                return None
            case UntilInvalidated(distribution, invalidation, step):
                found = cloudfront.invalidation(distribution, invalidation)
                if found.completed:
                    return found
                step.progress("InProgress")
                return None
            case _:
                assert_never(waiting)

    def _give_up(self, writers: ThreadPoolExecutor) -> None:
        """End all waits after the deadline: CloudFront continues without us."""
        for key, waiting in list(self._waiting.items()):
            del self._waiting[key]
            activity = "propagating" if isinstance(waiting, UntilDeployed) else "invalidating"
            late = OutOfTime(f"CloudFront is still {activity}")
            if isinstance(waiting, UntilDeployed) and waiting.unsettled is not None:
                late = OutOfTime(f"{waiting.distribution} is not Deployed with the release attached yet")
            self._advance(key, writers, error=late)
        for key in list(self._paused):
            del self._paused[key]
            self._advance(key, writers, error=OutOfTime("15 wildcard invalidations are still in progress"))

    def _advance(
        self,
        key: str,
        writers: ThreadPoolExecutor,
        *,
        value: object = None,
        error: Exception | None = None,
    ) -> None:
        """Give a lane the answer to its request (or the error), and take its next request."""
        running, state = self._lanes[key]
        try:
            request: LaneRequest = running.send(value) if error is None else running.throw(error)
        except StopIteration:
            del self._lanes[key]
        except EdgerolloutError as failure:
            state.error = failure
            del self._lanes[key]
        else:
            self._take(key, request, writers)

    def _take(self, key: str, request: LaneRequest, writers: ThreadPoolExecutor) -> None:
        clock = self._session.clock
        match request:
            case Write(call):
                self._writing[writers.submit(self._begin, call)] = key
            case UntilDeployed() | UntilInvalidated():
                self._waiting[key] = request
                # What has just begun may be done already, so the first poll comes at once.
                self._interval = self._session.pace.first
                self._next_poll = min(self._next_poll, clock.monotonic())
            case Pause(seconds):
                self._paused[key] = clock.monotonic() + seconds
            case _:
                assert_never(request)
