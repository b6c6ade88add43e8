"""What a view knows about a run before its first event."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from edgerollout.release.plans.plan import kind_of
from edgerollout.views.wording import against_words

if TYPE_CHECKING:
    from edgerollout.release.facts.events import StepKind
    from edgerollout.release.plans.plan import Plan
    from edgerollout.views.glyphs import Glyphs


@dataclass(frozen=True)
class ExpectedDistribution:
    """A distribution of the run. `last` is its last planned step; None if there is nothing to do there."""

    id: str
    name: str
    last: StepKind | None


@dataclass(frozen=True)
class Heading:
    """The run in a line: command, environment, account, release before → after, endpoint if not AWS.

    `target` is `new` if the run publishes a version, None if it only removes triggers.
    """

    command: str
    environment: str
    account: str
    live: int | None
    target: int | Literal["new"] | None
    distributions: tuple[ExpectedDistribution, ...] = ()
    endpoint: str | None = None
    sandbox: bool = False

    @classmethod
    def of(cls, plan: Plan, command: str, *, endpoint: str | None = None, sandbox: bool = False) -> Heading:
        """The heading of a run of `plan`."""
        return cls(
            command=command,
            environment=plan.environment,
            account=plan.account,
            live=None if plan.live is None else plan.live.number,
            target="new" if plan.target is None and plan.publishes else plan.target,
            distributions=tuple(
                ExpectedDistribution(
                    distribution.id,
                    distribution.name,
                    kind_of(distribution.steps[-1]) if distribution.steps else None,
                )
                for distribution in plan.distributions
            ),
            endpoint=endpoint,
            sandbox=sandbox,
        )

    def name_of(self, distribution: str | None) -> str | None:
        """The name of a distribution; its id if the run does not know it."""
        found = next((known.name for known in self.distributions if known.id == distribution), None)
        return found or distribution

    def parts(self, glyphs: Glyphs) -> tuple[str, ...]:
        """The pieces of the header line, most important first."""
        if self.live == self.target:
            release = "no release is live" if self.live is None else f"release {self.live}"
        else:
            before = "none" if self.live is None else str(self.live)
            after = "none" if self.target is None else str(self.target)
            release = f"release {before} {glyphs.arrow} {after}"
        against = against_words(self.endpoint, sandbox=self.sandbox)
        return (
            f"{self.command} {self.environment}",
            release,
            f"account {self.account}",
            *(() if against is None else (against,)),
        )
