"""A page is not done before every worker that the browser has made for it has told what it does."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from edgerollout.tour.pending import Pending
from edgerollout.tour.protocol import Json, Lost

if TYPE_CHECKING:
    from playwright.async_api import Page

    from edgerollout.tour.protocol import Handler

PAGE = cast("Page", SimpleNamespace(frames=[]))
DONE: Json = {"result": {"value": {"ran": True, "due": -1}}}
NOT_BEGUN: Json = {"result": {"value": {"ran": False, "due": -1}}}


@dataclass
class _Worker:
    """A worker's session that answers every question alike; None is a refusal."""

    answer: Json | None
    told: list[str] = field(default_factory=list)

    async def send(self, method: str, params: Json | None = None) -> Json:
        del method, params
        if self.answer is None:
            raise Lost("no context")
        return self.answer

    async def tell(self, method: str, params: Json | None = None) -> None:
        del params
        self.told.append(method)

    def on(self, event: str, handler: Handler) -> None:
        """Nothing is ever heard of it."""


async def _ask(pending: Pending, answer: Json | None, *, joined: bool, waited: float = 0.0) -> bool:
    pending.announced.add("W")
    if joined:
        await pending.join(_Worker(answer), "W", "https://app.example/w.js")
        session, url, since = pending.workers["W"]
        pending.workers["W"] = session, url, since - waited
    return await pending.ask(PAGE, ())


@pytest.mark.parametrize(
    ("answer", "joined", "is_pending"),
    [(DONE, False, True), (DONE, True, False), (NOT_BEGUN, True, True), (None, True, True)],
    ids=["is not reached yet", "has done its work", "has not begun", "does not take the question"],
)
def test_a_page_waits_for_a_worker_that(answer: Json | None, joined: bool, is_pending: bool) -> None:
    pending = Pending()
    assert asyncio.run(_ask(pending, answer, joined=joined)) is is_pending
    assert pending.unheard is is_pending


@pytest.mark.parametrize("is_prefaced", [True, False])
def test_a_worker_whose_script_says_when_it_begins_is_awaited_however_late_it_is(is_prefaced: bool) -> None:
    pending = Pending()
    if is_prefaced:
        pending.preface("W")
    assert asyncio.run(_ask(pending, NOT_BEGUN, joined=True, waited=60.0)) is is_prefaced


def test_a_worker_that_the_browser_has_ended_is_not_awaited() -> None:
    pending = Pending()
    assert asyncio.run(_ask(pending, DONE, joined=False))
    pending.ended("W")
    assert not asyncio.run(pending.ask(PAGE, ()))
