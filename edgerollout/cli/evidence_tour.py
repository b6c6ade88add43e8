"""The tour that `advance` makes by itself, where a gate needs its evidence."""

from __future__ import annotations

import contextlib
from importlib.util import find_spec
from typing import TYPE_CHECKING

from edgerollout.errors import EdgerolloutError
from edgerollout.policy.severity import Severity
from edgerollout.release.facts.events import Noticed

if TYPE_CHECKING:
    from edgerollout.cli.acting.relay import Relay
    from edgerollout.cli.invocation import Invocation
    from edgerollout.cli.touring import Toured
    from edgerollout.release.facts.environment import Environment


def can_tour(environment: Environment) -> bool:
    """Whether there are pages to visit, and a browser."""
    return bool(environment.urls) and find_spec("playwright") is not None


def tour_for_evidence(invocation: Invocation, environment: Environment, relay: Relay) -> None:
    """Tour the environment, report the findings, and write the evidence where gates read it.

    A failure is only reported: the gate stays as it was.
    """
    from edgerollout.cli.tour_results import Files, tell_progress, write_evidence
    from edgerollout.cli.touring import TourOptions, tour_site
    from edgerollout.tour.model import TourRequest
    from edgerollout.tour.suggestion import SuggestionChoices

    request = TourRequest(urls=(), screenshots=False)
    asked = TourOptions((), request, SuggestionChoices())
    invocation.say_aside(f"touring {environment.name}: a gate needs its evidence")
    try:
        toured = tour_site(invocation, asked, lambda event: tell_progress(invocation, event))
    except EdgerolloutError as error:
        relay(Noticed(Severity.WARNING, f"no tour was made: {error}", hint=error.hint))
        return
    _tell(invocation, environment, relay, toured)
    write_evidence(invocation, Files(evidence=None, html=None, write=False, overlay=False), toured)


def _tell(invocation: Invocation, environment: Environment, relay: Relay, toured: Toured) -> None:
    """Report in the job's summary, and to people where something would break."""
    from edgerollout.tour.next_step import Circumstances, next_step
    from edgerollout.views.tour import tour_document
    from edgerollout.views.tour_rows import TourHeading

    verdict, mode = toured.verdict, toured.gathered.mode
    now = Circumstances(mode, environment.name, proven=True, follows=environment.after is not None)
    heading = TourHeading(now, toured.release, next_step=next_step(verdict, now))
    document = tour_document(verdict, toured.gathered, heading)
    if relay.github is not None:
        from edgerollout.views.as_markdown import as_markdown
        from edgerollout.views.job_files import JobFiles

        text = as_markdown(document, invocation.spell)
        with contextlib.suppress(OSError):  # it is in the log
            JobFiles.from_environment(invocation.variables).append_summary(text)
    if not verdict.passed and relay.name != "json":
        from edgerollout.views.as_text import as_text

        streams = invocation.streams
        lines = as_text(document, streams.columns, streams.stderr_glyphs, invocation.spell)
        streams.print_aside(lines)
