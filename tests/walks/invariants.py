"""What holds after every command, whoever else did what before: a sentence each."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.worst_day.attack import unclean
from tests.worst_day.edge import DEFAULT

from .edge import CSP, CSP_REPORT
from .ground import HEADERS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.functional.project import Result

    from .ground import Ground
    from .truth import Slot, Truth

DONE, FAILED, USAGE, CONFLICT, STALE = 0, 1, 2, 4, 5
REFUSED, ROLLED_BACK, NEEDS_PERSON, NOT_RIGHT = 6, 7, 8, 9
RESULTS = {
    "completed": {DONE},
    "nothing-to-do": {DONE},
    "failed": {FAILED, USAGE},
    "conflict": {CONFLICT},
    "in-progress": {STALE},
    "refused": {REFUSED},
    "unmet-gates": {REFUSED},
    "rolled-back": {ROLLED_BACK},
    "needs-person": {NEEDS_PERSON},
    "not-right": {NOT_RIGHT},
}
BRINGS = ("publish", "promote")
OWN_TAG, UNFINISHED = "edgerollout:", "edgerollout:unfinished:"
GOING_BACK = re.compile(r"(^|\+)\d+r(:|\+|$)")


@dataclass(frozen=True)
class Act:
    """A command that was run: how it found everything, how it left it, and what it called.

    `result` is None where it was killed; `troubled` where it was, or where AWS failed meanwhile.
    """

    words: tuple[str, ...]
    before: Truth
    after: Truth
    result: Result | None
    writes: Mapping[str, int]
    went_bare: frozenset[Slot]
    troubled: bool = False
    right: bool = True
    """Is the site as the release has it?"""
    moved: bool = False
    """Did a colleague move our triggers since a run of ours was done, and clear no cache?"""

    @property
    def command(self) -> str:
        return self.words[0]

    @property
    def code(self) -> int | None:
        return None if self.result is None else self.result.code

    @property
    def outcome(self) -> dict[str, Any]:
        return {} if self.result is None else self.result.outcome

    @property
    def flips(self) -> bool:
        return "--enforce" in self.words

    @property
    def goes_back(self) -> bool:
        return self.command == "rollback" or self.code in (ROLLED_BACK, NEEDS_PERSON)

    def option(self, name: str) -> int | None:
        return int(self.words[self.words.index(name) + 1]) if name in self.words else None


def every_command_ends_as_documented(act: Act, _: Ground) -> Iterator[str]:
    if act.result is None:
        return
    said = unclean(act.result)
    yield from said
    if said:
        return
    if act.code not in RESULTS[act.outcome["result"]]:
        yield f"{act.outcome['result']} with {act.code}"
    if act.troubled:
        return
    expected = {DONE, CONFLICT, REFUSED}
    if not act.right:
        expected |= {ROLLED_BACK, NOT_RIGHT}
    if act.command in ("wait", "rollback") and act.before.everywhere is None:
        expected |= {STALE, NOT_RIGHT}  # pages go without, or elsewhere than the files say
    if "--to" in act.words or "--from" in act.words:
        expected.add(USAGE)  # there may be no such release
    if act.code not in expected:
        yield f"ended with {act.code} although nothing was in its way: {act.result.err}"
    if act.code == CONFLICT and "--plan" not in act.words and act.command in BRINGS:
        mixed = len(act.before.attached_where_wanted) > 1
        if not mixed:
            yield f"is a conflict of nothing with nobody: {act.result.err}"


def what_is_refused_changes_nothing(act: Act, _: Ground) -> Iterator[str]:
    if act.code in (USAGE, REFUSED) and not act.troubled and act.writes:
        assert act.result is not None
        yield f"ended with {act.code} and wrote {dict(act.writes)}: {act.result.err}"


def what_is_enforced_never_gets_weaker_but_by_a_way_back(act: Act, _: Ground) -> Iterator[str]:
    if act.goes_back or act.command == "detach":
        return
    before, after = act.before, act.after
    newest = max(before.attached_where_wanted, default=None)
    finished = set() if newest is None else {before.versions[newest].enforced}
    if act.flips and newest is not None:
        finished.add(before.versions[newest].report_only)
    for slot in sorted(before.wanted):
        was = before.enforced_at(slot) - {None}
        if not was:
            continue
        now = after.enforced_at(slot)
        if not now or not now <= (was | (finished - {None})):
            yield f"{slot} enforced {was}, now {now}"


def nothing_to_do_is_true(act: Act, ground: Ground) -> Iterator[str]:
    if act.outcome.get("result") != "nothing-to-do":
        return
    if act.writes:
        yield f"said so and wrote {dict(act.writes)}"
    after = act.after
    if act.command in BRINGS:
        if after.everywhere is None or not (after.settled or act.moved):
            yield f"{_stands(after)}"
        elif act.command == "publish":
            yield from _sends_what_the_files_say(act, ground)
    elif act.command == "wait":
        if not (after.settled or act.moved):
            yield f"{_stands(after)}"
    elif act.command == "detach":
        # What a colleague took off without clearing the cache is theirs to clear.
        yield from (f"{slot} has {after.at(slot)}" for slot in sorted(after.wanted) if after.at(slot))


def what_is_done_is_on_every_wanted_behavior(act: Act, ground: Ground) -> Iterator[str]:
    if act.outcome.get("result") != "completed" or act.command not in (*BRINGS, "wait", "detach"):
        return
    after = act.after
    if act.command == "detach":
        yield from _carries_nothing(act.before, after)
    elif act.command == "wait":
        if not after.settled:
            yield f"{_stands(after)}"
    elif after.everywhere != act.outcome["release"] or not after.settled:
        yield f"{act.outcome['release']} is said to be live: {_stands(after)}"
    elif act.command == "publish" and "--plan" not in act.words:
        yield from _sends_what_the_files_say(act, ground)


def _carries_nothing(before: Truth, after: Truth) -> Iterator[str]:
    """What is left of ours. Where a colleague took it off before, the cache is theirs to clear."""
    had = {text for text, _ in before.ours}
    for slot in sorted(after.wanted):
        cached = any((text or "").startswith(f"{after.function}:") for text in after.carried[slot])
        if after.at(slot) or (cached and slot[0] in had):
            yield f"{slot} has {after.at(slot)}, responses {set(after.carried[slot])}"


def _sends_what_the_files_say(act: Act, ground: Ground) -> Iterator[str]:
    version = act.after.name(act.after.everywhere)
    assert version is not None
    sent, wanted = ground.sent_by(version), ground.wanted
    others = {name: value for name, value in sent.items() if name not in (CSP, CSP_REPORT)}
    if others != HEADERS[wanted.headers]:
        yield f"{version} sends {others}, the files say {HEADERS[wanted.headers]}"
    if act.after.environment == "testing":
        policies = [_parsed(sent[name]) for name in (CSP, CSP_REPORT) if name in sent]
        if wanted.policy("testing") not in policies:
            yield f"{version} sends {policies}, the files say {wanted.policy('testing')}"


def _parsed(policy: str) -> dict[str, frozenset[str]]:
    words = [part.split() for part in policy.split(";")]
    return {name: frozenset(sources) for name, *sources in words}


def nobody_elses_trigger_setting_tag_or_version_is_touched(act: Act, _: Ground) -> Iterator[str]:
    before, after = act.before, act.after
    for text, was in before.others.items():
        if after.others[text] != was:
            yield f"{text} was {was}\nis {after.others[text]}"
    was_tagged = {name: value for name, value in before.tags.items() if not name.startswith(OWN_TAG)}
    is_tagged = {name: value for name, value in after.tags.items() if not name.startswith(OWN_TAG)}
    if was_tagged != is_tagged:
        yield f"tags were {was_tagged}, are {is_tagged}"
    gone = {number for number, version in before.versions.items() if not version.ours} - after.versions.keys()
    if gone:
        yield f"versions {gone} are gone"


def a_way_back_returns_what_was_there(act: Act, _: Ground) -> Iterator[str]:
    before, after = act.before, act.after
    if act.code == ROLLED_BACK and act.command in BRINGS:
        # What was bare may come along to the release before.
        if any(
            after.at(slot) != before.at(slot)
            and (before.at(slot) or not set(after.at(slot).values()) <= before.attached)
            for slot in before.wanted
        ):
            yield f"taken back, and {_stands(before)}\nis now {_stands(after)}"
        return
    if act.command != "rollback" or act.code != DONE or not act.right:
        return
    live = max(before.attached_where_wanted, default=None)
    if live is None:
        return
    target = act.option("--to")
    if target is None:
        source = act.option("--from") or live
        target = before.versions[source].previous if source == live else live
    allowed = [{target} if target is not None else set()]
    if any(name.startswith(UNFINISHED) and GOING_BACK.search(value) for name, value in before.tags.items()):
        allowed.append({live})  # one that stopped half-way is finished first
    for slot in sorted(before.wanted & before.ours.keys()):
        if set(after.at(slot).values()) not in allowed:
            yield f"{slot} carries {after.at(slot)}, not {allowed}"
    if not after.settled:
        yield f"went back, and {_stands(after)}"


def what_was_taken_back_comes_again_only_when_asked(act: Act, _: Ground) -> Iterator[str]:
    if act.command not in BRINGS or "--again" in act.words:
        return
    brought = act.after.attached - act.before.attached
    again = brought & act.before.withdrawn
    if again:
        yield f"attached {again}, which were taken back"


def responses_keep_their_headers(act: Act, _: Ground) -> Iterator[str]:
    if act.command == "detach" or act.code in (ROLLED_BACK, NEEDS_PERSON):
        return
    if act.result is None and not act.right:
        return  # killed on the way back of a release that the site did not bear
    if act.command == "rollback":
        live = max(act.before.attached_where_wanted, default=None)
        if live is None or act.before.versions[live].previous is None:
            return
    bare = act.went_bare & act.before.wanted & act.after.wanted
    if bare:
        yield f"responses of {sorted(bare)} went without"


def status_history_and_plan_agree_with_aws(
    truth: Truth, status: Any, history: Any, plan: Any | None
) -> Iterator[str]:
    yield from _status_agrees(truth, status)
    yield from _behaviors_agree(truth, status)
    yield from _history_agrees(truth, history)
    if plan is not None:
        yield from _plan_agrees(truth, plan)


def _status_agrees(truth: Truth, status: Any) -> Iterator[str]:
    attached = truth.attached_where_wanted
    live = max(attached, default=None)
    if status["release"] != (live if len(attached) == 1 else None):
        yield f"status says {status['release']} is live, attached are {attached}"
    if len(attached) > 1 and {int(release) for release in status["releases"]} != attached:
        yield f"status says {status['releases']} are live, attached are {attached}"
    if live is None:
        return
    line = truth.versions[live]
    if len(attached) == 1 and (status["enforced"], status["report_only"]) != (
        line.enforced,
        line.report_only,
    ):
        yield f"status says {status['enforced']} and {status['report_only']}, release {live} is {line}"
    fine = all(truth.at(slot).get(truth.event) == live for slot in truth.wanted)
    if status["drift"] == fine:
        yield f"status says drift {status['drift']}: {_stands(truth)}"


def _behaviors_agree(truth: Truth, status: Any) -> Iterator[str]:
    told = {
        (distribution["id"], _path(behavior)): behavior["version"]
        for distribution in status["distributions"]
        for behavior in distribution["behaviors"]
    }
    if {item for item, _ in told} != set(truth.named):
        yield f"status tells of {told.keys()}, the files name {truth.named}"
    for slot, version in told.items():
        at = truth.at(slot)
        if version not in (at.values() or [None]):
            yield f"status says {version} is on {slot}, there is {at}"


def _path(row: Mapping[str, Any]) -> str:
    """The path of a row, as CloudFront has it."""
    return DEFAULT if row["path"].startswith("Default") else str(row["path"])


def _history_agrees(truth: Truth, history: Any) -> Iterator[str]:
    told = {release["version"]: release for release in history["releases"]}
    ours = {number for number, version in truth.versions.items() if version.ours}
    if {number for number in told if told[number]["publisher"] == "edgerollout"} != ours:
        yield f"history has {set(told)}, AWS {ours}"
    for number in ours & told.keys():
        item, line = told[number], truth.versions[number]
        if (item["enforced"], item["report_only"], item["previous"]) != (
            line.enforced,
            line.report_only,
            line.previous,
        ):
            yield f"history says {item}, AWS {line}"
        if item["withdrawn"] != (number in truth.withdrawn):
            yield f"history says of {number} withdrawn {item['withdrawn']}, marked are {truth.withdrawn}"
    live = {number for number, item in told.items() if item["live"]}
    if live - truth.attached:
        yield f"history has {live} live, attached are {truth.attached}"
    if truth.attached - {number for number, item in told.items() if item["live_on"]}:
        yield f"history knows no place of some of {truth.attached}"


def _plan_agrees(truth: Truth, plan: Any) -> Iterator[str]:
    for distribution in plan["distributions"]:
        for row in distribution["behaviors"]:
            here = truth.triggers[distribution["id"]][_path(row)]
            arn = (row["from"] or "").rpartition(":function:")[2]
            if arn and here.get(row["event"]) != arn:
                yield (
                    f"plan says {arn} is on {distribution['id']} {row['path']} at {row['event']}, there is"
                    f" {here}"
                )


def _stands(truth: Truth) -> str:
    slots = {slot: (truth.at(slot), set(truth.carried[slot]), truth.status[slot[0]]) for slot in truth.slots}
    return f"{truth.environment} wants {sorted(truth.wanted)} at {truth.event}, and has {slots}"


AFTER_EVERY_COMMAND = (
    every_command_ends_as_documented,
    what_is_refused_changes_nothing,
    what_is_enforced_never_gets_weaker_but_by_a_way_back,
    nothing_to_do_is_true,
    what_is_done_is_on_every_wanted_behavior,
    nobody_elses_trigger_setting_tag_or_version_is_touched,
    a_way_back_returns_what_was_there,
    what_was_taken_back_comes_again_only_when_asked,
    responses_keep_their_headers,
)
