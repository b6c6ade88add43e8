"""Does the desired release exist already: live, or published and unfinished? May it be attached? Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from edgerollout.advice import CommandLine, advise
from edgerollout.errors import Conflict, Refused
from edgerollout.release.delivery.choice import carrier_of, means_of
from edgerollout.release.facts.arn import version_arn
from edgerollout.release.facts.ledger import LedgerLine
from edgerollout.release.facts.live import (
    brings_again,
    given_up,
    half_done,
    handed_over,
    ledger_of,
    unfinished,
    withdrawn,
)
from edgerollout.release.facts.release import SHORT, Release
from edgerollout.release.status.owner import known_owner

if TYPE_CHECKING:
    from edgerollout.advice import Advice, Verb
    from edgerollout.release.facts.environment import Environment
    from edgerollout.release.facts.snapshot import Distribution, Function, Snapshot
    from edgerollout.release.facts.standing import LiveRelease
    from edgerollout.release.plans.desired import PublishRequest


def target_of(
    request: PublishRequest, snapshot: Snapshot, live: LiveRelease | None, release: Release
) -> int | None:
    """The version to attach when the desired release exists; None: it has to be published."""
    digest = release.digest()
    if live is not None and live.digest == digest[:SHORT]:
        return _live_target(request, snapshot, live.number, digest)
    # Versions made by hand are not releases to finish: preflight says what to do about them.
    if live is not None and live.digest is not None and half_done(snapshot, live, request.excluded):
        counts = ", ".join(f"{count} on {number}" for number, count in live.counts)
        raise Conflict(
            f"{request.environment.name} is mixed: its behaviors carry different releases ({counts})",
            why="an earlier run stopped half-way, and this one would publish another release",
            hint=advise(
                f"{_finish(snapshot, live.number)}, or take it back: ",
                CommandLine("rollback", request.environment.name, "--from", str(live.number)),
            ),
        )
    followed, cached = None if live is None else live.number, means_of(request.environment).cached
    found = unfinished(snapshot, digest, followed, request.excluded, cached=cached)
    if found is not None and found.resumable:
        return found.version.number
    if not request.choices.again:
        if found is not None:
            why = (
                "it is marked as withdrawn"
                if found.marked_withdrawn
                else _changed(found.given_up[0], snapshot)
            )
            lost = _lost_tfvars(request.environment, snapshot, live, found.version.number)
            raise rolled_back(found.version.number, why, _again(request), lost)
        _refuse_withdrawn(request, snapshot, live, release)
    return None


def _live_target(request: PublishRequest, snapshot: Snapshot, number: int, digest: str) -> int | None:
    """The target where the live release is the desired one: that release, unless it counts as rolled back."""
    why = why_rolled_back(request.environment, snapshot, number)
    if why is None:
        return number
    cached = means_of(request.environment).cached
    begun = unfinished(snapshot, digest, number, request.excluded, cached=cached)
    if begun is not None and begun.resumable:
        return begun.version.number
    if not request.choices.again:
        raise rolled_back(number, why, _again(request))
    return None


def why_rolled_back(environment: Environment, snapshot: Snapshot, number: int) -> str | None:
    """Why a live release counts as rolled back and may not be completed; None when it may."""
    function, excluded = snapshot.function, frozenset(environment.exclude)
    version = None if function is None else function.version(number)
    if function is None or version is None:
        return None
    lost = given_up(snapshot, version, excluded, cached=means_of(environment).cached)
    if lost:
        return _changed(lost[0], snapshot)
    if number in withdrawn(function) and not _everywhere(environment, snapshot, function.arn, number):
        return "it is marked as withdrawn, and not attached everywhere"
    return None


def _changed(distribution: Distribution, snapshot: Snapshot) -> str:
    """Why a release is given up there, with the tool that changes the distribution, if it is known."""
    changed = f"{distribution.name} was changed after it was published"
    owner = known_owner(snapshot.tags.get(distribution.id))
    if owner is None:
        return changed
    return f"{changed}, maybe by {owner}, which manages it and puts its own state back at every run"


def _everywhere(environment: Environment, snapshot: Snapshot, arn: str, number: int) -> bool:
    """Whether every behavior that is to have a release has this one."""
    slot = means_of(environment).slot
    return all(
        (trigger := behavior.at(slot)) is not None and trigger.arn == version_arn(arn, number)
        for distribution in snapshot.distributions
        for behavior in distribution.behaviors
        if behavior.path not in environment.exclude
    )


def _refuse_withdrawn(
    request: PublishRequest, snapshot: Snapshot, live: LiveRelease | None, release: Release
) -> None:
    """Raise Refused if the release restores what a withdrawn one had introduced.

    Where the release.json of a withdrawn release cannot be read, the ledger still names its policies.
    """
    function = snapshot.function
    if function is None:
        return
    known: dict[int, tuple[Release, Release | None]] = {}
    for number in sorted(withdrawn(function)):
        document = snapshot.documents.get(number)
        if isinstance(document, Release):
            before = snapshot.documents.get(document.previous) if document.previous is not None else None
            known[number] = (document, before if isinstance(before, Release) else None)
        elif _policies_of(function, number) & _policies(release, live):
            raise rolled_back(number, "this publish would restore its policy", _again(request))
    again = brings_again(release, None if live is None else live.release, known)
    if again:
        number, facet = again[0]
        raise rolled_back(number, f"this publish would restore its {facet} part", _again(request))


def _policies_of(function: Function, number: int) -> frozenset[str]:
    """The policies that a release introduced, by its ledger line: 16 hex digits each."""
    line = ledger_of(function, number)
    if line is None:
        return frozenset()
    before = None if line.previous is None else ledger_of(function, line.previous)
    old = frozenset() if before is None else frozenset({before.enforced, before.report_only, before.observed})
    new = {line.enforced, line.report_only, line.observed} - old
    return frozenset(digest for digest in new if digest is not None)


def _policies(release: Release, live: LiveRelease | None) -> frozenset[str]:
    """The new policies of a release, compared with what is live: 16 hex digits each."""
    ours = {
        digest[:SHORT]
        for digest in (release.enforced_digest, release.report_only_digest, release.observed_digest)
        if digest is not None
    }
    return frozenset(ours if live is None else ours - {live.enforced, live.report_only, live.observed})


def rolled_back(number: int, why: str, again: CommandLine, instead: Advice | None = None) -> Refused:
    """The refusal of a release that somebody took back.

    `again` publishes it nevertheless; `instead`: what may have happened instead.
    """
    anew = advise("To publish it nevertheless, as a new release: ", again)
    hint = anew if instead is None else advise(instead, "   ", anew)
    return Refused(f"release {number} counts as rolled back", why=why, hint=hint)


def _again(request: PublishRequest) -> CommandLine:
    verb: Verb = "publish" if request.promotion is None else "promote"
    # What was published before has its function.
    choices = replace(request.choices, create=False)
    return CommandLine(verb, request.environment.name, *choices.spelled(), "--again")


def _lost_tfvars(
    environment: Environment, snapshot: Snapshot, live: LiveRelease | None, number: int
) -> Advice | None:
    if not carrier_of(environment).lost(snapshot):
        return None
    # When nothing is live, a rollback has nothing to take back.
    anew = CommandLine("rollback", environment.name, "--to", str(number))
    return advise(
        f"If {environment.tfvars} is lost: restore it",
        *(() if live is None else (", or write it again: ", anew)),
        ", then `terraform apply`.",
    )


def _finish(snapshot: Snapshot, number: int) -> str:
    """How to attach a release to every behavior."""
    if handed_over(snapshot) == number:
        return f"Finish {number} with `terraform apply`, which attaches it everywhere"
    return (
        f"Finish {number} by running the command that published it from its own commit"
        f"{_commit(snapshot, number)}"
    )


def _commit(snapshot: Snapshot, number: int) -> str:
    line = None if snapshot.function is None else ledger_of(snapshot.function, number)
    return "" if line is None or line.commit is None else f" ({line.commit})"


def previous_of(snapshot: Snapshot, live: LiveRelease | None, target: int | None) -> int | None:
    """The release before it: the live one, or for an existing target the one in its ledger line."""
    if target is None:
        return None if live is None else live.number
    line = None if snapshot.function is None else ledger_of(snapshot.function, target)
    return None if line is None else line.previous


def repeated_by(snapshot: Snapshot, release: Release) -> int | None:
    """The newest version with the same content: for equal bytes Lambda would answer with that version."""
    digest = release.digest()[:SHORT]
    versions = () if snapshot.function is None else snapshot.function.versions
    for version in reversed(versions):
        line = LedgerLine.parse(version.description)
        if line is not None and line.release == digest:
            return version.number
    return None
