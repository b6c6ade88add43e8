"""Ask for the facts that the gates of a promotion need, and evaluate the gates. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from edgerollout.policy.widening import widening
from edgerollout.release.checks.gates import HEADERS, GateFacts, evaluate
from edgerollout.release.checks.judgement import expected_of, judge_file
from edgerollout.release.facts.reads import ReadBefore, ReadEvidence
from edgerollout.release.facts.soak import soaked_since
from edgerollout.release.status.status import status_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from edgerollout.release.checks.gates import Gate
    from edgerollout.release.facts.environment import Environment
    from edgerollout.release.facts.reads import Planning, Read
    from edgerollout.release.facts.release import Override, Release
    from edgerollout.release.facts.snapshot import Snapshot


@dataclass(frozen=True)
class Judging:
    """The settings for evaluating an environment's gates, and the overrides.

    `enforces`: all gates count; otherwise only the gate of the headers. `endpoint` is this run's endpoint
    (`ExpectedEvidence.endpoint`). `lint` gives the rules that an enforced policy breaks with errors.
    """

    environment: Environment
    enforces: bool
    endpoint: str
    overrides: tuple[Override, ...]
    lint: Callable[[Release], tuple[str, ...]]

    def __call__(
        self, snapshot: Snapshot, live: Release | None, release: Release
    ) -> Planning[tuple[Gate, ...]]:
        """The gates for the live release and the one to be published. A first release has none."""
        if live is None:
            return ()
        wanted: set[Read] = {ReadEvidence()} if self.enforces else set()
        if self.environment.after is not None:
            wanted.add(ReadBefore())
        snapshot = yield frozenset(wanted)
        facts = self._facts(snapshot, live, release)
        if not self.enforces:
            return tuple(gate for gate in evaluate(facts, self.overrides) if gate.name == HEADERS)
        return evaluate(self._proven(facts, snapshot.evidence), self.overrides)

    def _facts(self, snapshot: Snapshot, live: Release, release: Release) -> GateFacts:
        observed = None if live.report_only is None else live.report_only.effective
        enforced = None if live.enforced is None else live.enforced.effective
        return GateFacts(
            environment=self.environment,
            status=status_of(self.environment, snapshot),
            live=live,
            release=release,
            now=snapshot.taken_at,
            soaked_since=soaked_since(snapshot, frozenset(self.environment.exclude)),
            only_widens=observed is not None
            and enforced is not None
            and not live.observed
            and widening(observed, enforced).only_widens,
            before=snapshot.before,
            lint=self.lint(release),
        )

    def _proven(self, facts: GateFacts, content: bytes | None) -> GateFacts:
        """The facts with the judged evidence, if there is any."""
        if content is None:
            return facts
        expected = expected_of(
            self.environment, facts.status, facts.live, endpoint=self.endpoint, now=facts.now
        )
        return replace(facts, evidence=judge_file(content, expected))
