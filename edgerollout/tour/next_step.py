"""The next step after a tour, as a command. The view that shows it spells it with the user's options."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias, assert_never

from edgerollout.advice import CommandLine, advise
from edgerollout.tour.suggestion import Decide, Settled

if TYPE_CHECKING:
    from collections.abc import Iterable

    from edgerollout.advice import Advice
    from edgerollout.release.facts.evidence import Mode
    from edgerollout.tour.judgement import TourVerdict

Looked: TypeAlias = "Mode | Literal['reports']"
"""The source of the judgement: a tour in a mode, or reports of visitors' browsers."""


@dataclass(frozen=True)
class Circumstances:
    """What the next step depends on, besides the verdict.

    `environment` is None for somebody else's page. `file` is the folder that was toured as a preview, or the
    file of reports. `written`: policy.toml now has the suggested sources. `proven`: the tour wrote evidence
    about the live release; `evidence` is its file, if it is not the one that `promote` reads. `follows`: the
    environment comes after another one, so its policy comes by promotion.
    """

    mode: Looked
    environment: str | None = None
    file: str | None = None
    written: bool = False
    proven: bool = False
    evidence: str | None = None
    follows: bool = False

    @property
    def bringing(self) -> CommandLine:
        """The command that publishes policy.toml's policy in the environment."""
        more = () if self.evidence is None else ("--evidence", self.evidence)
        return CommandLine("promote" if self.follows else "publish", self.environment, *more)

    def again(self, *options: str) -> CommandLine:
        """The command for the same tour again."""
        match self.mode:
            case "candidate":
                words: tuple[str, ...] = ("--candidate",)
            case "preview":
                words = () if self.file is None else ("--site", self.file)
            case "reports":
                words = () if self.file is None else ("--reports", self.file)
            case "deployed":
                words = ()
            case _:
                assert_never(self.mode)
        return CommandLine("tour", self.environment, *words, *options)


def next_step(verdict: TourVerdict, now: Circumstances) -> Advice | None:
    """The next step; None where nothing is left to do, or the site is somebody else's."""
    if now.environment is None:
        return None
    if verdict.suggestions and not now.written:
        return advise(now.again("--write"))
    if verdict.suggestions:
        # A deployed policy has to be published again; a candidate or a folder is first toured again.
        return advise(now.bringing if now.mode in ("deployed", "reports") else now.again())
    if any(isinstance(row.advice, Settled) for row in verdict.rows):
        return advise(now.bringing)
    if not verdict.clean:
        subject = "header, or the page" if verdict.breakages else "page"
        change = advise(f"change the {subject}, then ", now.again())
        decision = accepting(verdict)
        return advise(change, ", or decide: ", now.again("--write", *decision)) if decision else change
    if not verdict.complete:
        return advise("check what was not seen, then ", now.again())
    return _after_a_clean_one(verdict, now)


def _after_a_clean_one(verdict: TourVerdict, now: Circumstances) -> Advice | None:
    match now.mode:
        case "candidate" | "preview":
            return advise(now.bringing)
        case "reports":
            return None
        case "deployed" if verdict.disposition == "enforce":
            return None
        case "deployed" if not now.proven:
            return advise("for the evidence: ", CommandLine("tour", now.environment))
        case "deployed":
            more = () if now.evidence is None else ("--evidence", now.evidence)
            return advise(CommandLine("promote", now.environment, "--enforce", *more))
        case _:
            assert_never(now.mode)


def accepting(verdict: TourVerdict) -> tuple[str, ...]:
    """The words that accept the open risky sources, for the command line."""
    return accepting_words(
        source for row in verdict.open if isinstance(row.advice, Decide) for source in row.advice.sources
    )


def accepting_words(sources: Iterable[str]) -> tuple[str, ...]:
    """The words that accept these sources, without quotes, which a shell would remove."""
    clean = sorted({source.strip("'") for source in sources})
    return tuple(word for source in clean for word in ("--accept", source))
