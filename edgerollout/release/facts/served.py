"""Does a live response carry a release? Publish and verify both ask this module. Pure.

Where no function runs, no header of ours is expected: on CloudFront's own redirects and error pages, and for
viewer-response on every status of 400 or more (CloudFront Developer Guide, "CloudFront events that can
trigger a Lambda@Edge function").
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgerollout.advice import CommandLine, advise
from edgerollout.release.facts.header_comparison import Difference, compare

if TYPE_CHECKING:
    from collections.abc import Collection

    from edgerollout.advice import Hint
    from edgerollout.net.answer import HttpAnswer
    from edgerollout.policy.render import RenderedResponse


class Served(enum.StrEnum):
    """The verdict on a response."""

    OK = "ok"
    """It carries the release."""
    NOT_JUDGED = "not judged"
    """It answers, but its expected headers are unknown, or no function of ours runs for it."""
    STALE = "stale"
    """It has the headers from before."""
    WRONG = "wrong"
    """It has the headers of neither this release nor the previous one."""
    FAILING = "failing"
    """A status of 500 or more that was not there before."""
    UNREACHABLE = "unreachable"
    """No answer, or a status of 500 or more that may have another cause than the release."""

    @property
    def fine(self) -> bool:
        """Whether nothing is wrong with the release."""
        return self in (Served.OK, Served.NOT_JUDGED)


@dataclass(frozen=True)
class JudgedAnswer:
    """The verdict on one response and its reasons: the headers that differ, and other reasons in words.

    `compared`: its headers were compared. `lasting`: no answer came, and another try would not help. `hint`:
    where to find out more.
    """

    url: str
    verdict: Served
    why: str | None = None
    differences: tuple[Difference, ...] = ()
    compared: bool = False
    lasting: bool = False
    hint: Hint | None = None

    @property
    def passing(self) -> bool:
        """Whether the problem may go away by itself soon: old headers, no answer, an error status."""
        return self.verdict in (Served.STALE, Served.FAILING, Served.UNREACHABLE) and not self.lasting

    def words(self, before: RenderedResponse | None) -> str:
        """Why, or what differs. `before` is the response of the release before."""
        if self.verdict in (Served.WRONG, Served.STALE):
            return "; ".join(difference.words(before) for difference in self.differences)
        return self.why or ""


def judge(
    expected: RenderedResponse | None,
    event: str,
    seen: HttpAnswer,
    *,
    before: RenderedResponse | None = None,
    baseline: HttpAnswer | None = None,
    left_behind: RenderedResponse | None = None,
    error_pages: Collection[int] = (),
) -> JudgedAnswer:
    """Compare a response with the release that the function at `event` carries.

    `expected` None: the right headers are unknown, so only the status is judged. `before` is the response of
    the release before, `baseline` the URL's answer before the swap. `left_behind` are headers that only an
    old response can still have. `error_pages` are the statuses of custom error pages, where the request was
    for a missing page.
    """
    if seen.error is not None or seen.status is None:
        lasting = not seen.verified
        return JudgedAnswer(seen.url, Served.UNREACHABLE, seen.error or "no answer", lasting=lasting)
    failed = _function_failed(seen)
    bare = failed or _not_to_compare(expected, event, seen, error_pages)
    differences = () if expected is None or bare else compare(expected, seen.headers, left_behind)
    if failed is not None or seen.status >= 500:
        verdict, why = Served.FAILING, failed or f"status {seen.status}"
        if baseline is None or baseline.status is None or baseline.status >= 500:
            verdict, why = Served.UNREACHABLE, failed or f"{why}: the site itself fails here"
        hint = None if failed is None else advise("`", CommandLine("test"), "` shows why")
        return JudgedAnswer(seen.url, verdict, why, differences, compared=bare is None, hint=hint)
    if bare is not None:
        return JudgedAnswer(seen.url, Served.NOT_JUDGED, bare)
    note = None
    if seen.status == 304 and any(not difference.seen for difference in differences):
        # RFC 9111 §3.2: where a 304 lacks a header, the browser keeps the stored one.
        differences = tuple(difference for difference in differences if difference.seen)
        note = "a 304 may leave headers out: the browser keeps the stored ones"
    old = all(_as_before(difference, before, baseline) for difference in differences)
    verdict = Served.OK if not differences else Served.STALE if old else Served.WRONG
    return JudgedAnswer(seen.url, verdict, note, differences, compared=True)


def _as_before(difference: Difference, before: RenderedResponse | None, baseline: HttpAnswer | None) -> bool:
    values: list[tuple[str, ...]] = []
    if before is not None:
        here = before.set.get(difference.header) or before.keep.get(difference.header)
        values.append(() if here is None else (here[1],))
    if baseline is not None:
        values.append(baseline.values(difference.header))
    return difference.seen in values


def _function_failed(seen: HttpAnswer) -> str | None:
    """The failure of a function that CloudFront reports in `x-cache`."""
    cache = seen.cache or ""
    if cache.startswith("LambdaValidationError"):
        return f"status {seen.status}: CloudFront refuses what the function returns"
    if cache.startswith(("LambdaExecutionError", "LambdaLimitExceeded")):
        return f"status {seen.status}: the function fails or is throttled (see its log)"
    return None


def _not_to_compare(
    expected: RenderedResponse | None, event: str, seen: HttpAnswer, error_pages: Collection[int]
) -> str | None:
    """Why headers are not compared: mostly because no function of ours can have seen the response."""
    status = seen.status or 0
    if seen.by_cloudfront:
        return f"CloudFront's own answer ({status}): nothing adds headers to it, none is expected"
    if expected is None:
        return "its headers were not compared"
    bare = not any(seen.values(name) for name in (*expected.set, *expected.keep))
    own_page = seen.values("server") == ("CloudFront",) and (seen.cache or "").startswith("Error")
    # The statuses with which CloudFront answers by itself; 404 is never one of them.
    if bare and own_page and status in (400, 403, 405, 413, 414):
        return f"CloudFront's own error page ({status}): nothing adds headers to it, none is expected"
    if event == "viewer-response":
        if status >= 400:
            return f"no viewer-response function runs for status {status}, no header is expected"
        if bare and status in error_pages:
            return "a custom error page: no viewer-response function runs for it, no header is expected"
    return None
