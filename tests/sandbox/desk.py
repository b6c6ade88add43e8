"""A machine that commands are run on, and the wire between it and AWS, which tests listen to and cut."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from edgerollout.aws.session import READ_TIMEOUT, connect

if TYPE_CHECKING:
    from collections.abc import Callable

    from edgerollout.release.facts.events import Event
    from edgerollout.rollout.ports import Aws

    from .account import Place


@dataclass
class Wire:
    """Listens to every call of a run: as it is about to go out, and as its answer has come.

    `before` and `after` get the operation (`cloudfront:UpdateDistribution`) and which of its kind it is.
    """

    before: Callable[[str, int], None] = lambda _operation, _nth: None
    after: Callable[[str, int], None] = lambda _operation, _nth: None
    log: list[str] = field(default_factory=list)
    """What went out, in order."""
    _sent: Counter[str] = field(default_factory=Counter)
    _answered: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def sending(self, operation: str) -> None:
        with self._lock:
            self.log.append(operation)
            self._sent[operation] += 1
            nth = self._sent[operation]
        self.before(operation, nth)

    def received(self, operation: str) -> None:
        with self._lock:
            self._answered[operation] += 1
            nth = self._answered[operation]
        self.after(operation, nth)


class Desk:
    """A machine that commands are run on. Clients are made once: new ones cost more than a whole publish."""

    def __init__(self, place: Place, account: str, read_timeout: float = READ_TIMEOUT) -> None:
        self.wire = Wire()
        self.events: list[Event] = []
        self.aws = connect(
            account_hint=account,
            profile=None,
            role_arn=None,
            endpoint_url=place.server.endpoint_url,
            clock=place.clock,
            emit=self.hear,
            sandbox_secret=place.server.secret,
            read_timeout=read_timeout,
        )
        tap(self.aws, lambda: self.wire)

    def begin(self, wire: Wire) -> None:
        """A new command: it knows nothing of the one before."""
        self.wire, self.events, self.aws._known = wire, [], None

    def hear(self, event: Event) -> None:
        self.events.append(event)


def tap(aws: Aws, wire: Callable[[], Wire]) -> None:
    """Have the wire of the moment hear every call."""

    def sending(event_name: str, **_: object) -> None:
        wire().sending(_operation(event_name))

    def received(event_name: str, **_: object) -> None:
        wire().received(_operation(event_name))

    hooks = aws._session.get_component("event_emitter")
    hooks.register("before-send", sending)
    hooks.register("response-received", received)


def _operation(event_name: str) -> str:
    _, service, operation = event_name.split(".", 2)
    return f"{service}:{operation}"
