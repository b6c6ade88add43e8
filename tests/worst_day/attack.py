"""A scenario run undisturbed, and run again from the same state with something in its way."""

from __future__ import annotations

import shlex
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.json_output import parsed

from .world import SECRETS, Account, Call, Ending, events_of

if TYPE_CHECKING:
    from pathlib import Path

    from edgerollout.emulator.faults import FaultRule
    from tests.functional.project import Result

    from .scenarios import Scenario
    from .world import World

EXIT_CODES = range(10)
"""Those that docs/exit-codes.md has for a command that was not interrupted."""
ROLLED_BACK, NOT_RIGHT = 7, 9
UNDECIDED = {0, 5, NOT_RIGHT}
"""How a publish may end that found its release everywhere already, on a site that is wrong."""
RESULTS = {
    "completed",
    "nothing-to-do",
    "in-progress",
    "failed",
    "rolled-back",
    "needs-person",
    "not-right",
    "conflict",
    "refused",
    "unmet-gates",
}


@dataclass(frozen=True)
class Undisturbed:
    """What a scenario comes to when nothing is in its way."""

    scenario: Scenario
    account: Account
    before: Ending
    calls: tuple[Call, ...]
    ending: Ending

    @classmethod
    def run(cls, scenario: Scenario, world: World, folder: Path) -> Undisturbed:
        account = Account(world, folder)
        world.site.answers = {}
        scenario.prepare(account)
        account.remember()
        account.put_back()
        before = account.ending()
        world.site.answers = scenario.answers or {}
        result, calls = account.calls_of(*scenario.command_of(account))
        assert result.code == scenario.code, f"{scenario}: {result.out}\n{result.err}"
        made = cls(scenario, account, before, tuple(calls), account.ending())
        assert made.bare() == [], scenario
        assert made.has_nothing_to_do() == [], scenario
        return made

    @property
    def command(self) -> tuple[str, ...]:
        return self.scenario.command_of(self.account)

    @property
    def operations(self) -> list[str]:
        """What the command calls, each once, in the order of their first calls."""
        return list(dict.fromkeys(call.operation for call in self.calls))

    def begin(self) -> None:
        """The state in which the command starts."""
        self.account.put_back()
        self.account.world.site.answers = self.scenario.answers or {}

    def killed(self, call: Call, *, after_commit: bool) -> tuple[bool, list[str]]:
        """Kill the command at a call and run what the user would run then: did it die, and what is wrong."""
        self.begin()
        world = self.account.world
        before = _connections()
        world.death_at(call, after_commit=after_commit)
        out, died = world.let_die(self.account.start(*self.command))
        while _connections() > before:  # AWS goes on with what it has received.
            time.sleep(0.002)
        if not died:
            return False, self.otherwise()
        wrong = self.finished_by(self.next_command(events_of(out), killed=True))
        return True, [*wrong, *self.otherwise(), *self.has_nothing_to_do()]

    def troubled(self, *rules: FaultRule) -> Troubled:
        """Run the command under faults and, where it did not end as it should, the next one without them."""
        self.begin()
        faults = self.account.server.faults
        for rule in rules:
            faults.add(rule)
        result = self.account.run(*self.command)
        struck = faults.rules() != list(rules)
        faults.clear()
        return Troubled(result, struck=struck, wrong=[*unclean(result), *self.recovered(result)])

    def recovered(self, result: Result) -> list[str]:
        """Run the next command where one is needed; what is wrong in the end."""
        if result.code == self.scenario.code:
            wrong = self.otherwise()
            if not wrong or not any(event.get("severity") == "warning" for event in result.events):
                return wrong
            # Marks are hints: a way back goes on without them, aloud. The next command makes up for it.
            return [*self.finished_by(self.scenario.again or self.command), *self.otherwise()]
        started = bool(self.account.ending().differences(self.before))
        following = self.next_command(events_of(result.out), killed=started)
        wrong = [*self.finished_by(following), *self.otherwise()]
        return [f"{text}\nafter {_told(self.command, result)}" for text in wrong]

    def next_command(self, events: list[dict[str, object]], *, killed: bool) -> tuple[str, ...]:
        """What the user runs next: what the command printed, or else the same again."""
        begun = [event for event in events if event["type"] == "rollback_started"]
        if begun:
            return _as_typed(str(begun[-1]["resume"]))
        return (self.scenario.printed if killed else ()) or self.command

    def finished_by(self, command: tuple[str, ...]) -> list[str]:
        """Run the command that is to finish the work; what is wrong with how it ends."""
        result = self.account.run(*command)
        wrong = unclean(result)
        if self.scenario.code == ROLLED_BACK and result.code in UNDECIDED and command[0] == "publish":
            return [*wrong, *self._seen_not_right(result)]
        expected = {0, self.scenario.code} if command[0] == self.command[0] else {0}
        return wrong if result.code in expected else [*wrong, _told(command, result)]

    def _seen_not_right(self, result: Result) -> list[str]:
        """A publish was killed when the release was everywhere and before the site was found wrong.

        The next run did not change anything, so it takes nothing back. `wait` looks at the site again and
        names the command that goes back.
        """
        wrong = []
        if result.code != NOT_RIGHT:
            result = self.account.run("wait", "-e", "testing", "-o", "json")
            wrong = unclean(result)
        if result.code != NOT_RIGHT:
            return [*wrong, _told(("wait",), result)]
        if self.scenario.mends:
            return wrong  # The release is good elsewhere: that command takes it from there as well.
        back = _quoted(str(result.outcome["undo"]), "rollback")
        result = self.account.run(*back)
        wrong += unclean(result)
        return wrong if result.code == 0 else [*wrong, _told(back, result)]

    def otherwise(self) -> list[str]:
        """How the end differs from the undisturbed one, and who got responses without headers meanwhile."""
        ending = self.account.ending()
        if not self.scenario.mends:
            return [*ending.differences(self.ending), *self.bare()]
        # What was killed in between stays attached, or is attached and taken back once more.
        brought = f"{self.account.function}:1"
        allowed = [{}, {"origin-response": brought}]
        wrong = [] if ending.triggers[self.account.ids[1]]["*"] in allowed else [str(ending.triggers)]
        untouched = self.account.ids[0]
        wrong += [
            f"{name} of the other distribution: {getattr(ending, name)[untouched]}"
            for name in ("triggers", "carried", "invalidated_for")
            if getattr(ending, name)[untouched] != getattr(self.ending, name)[untouched]
        ]
        if (ending.versions, ending.tags) != (self.ending.versions, self.ending.tags):
            wrong.append(f"versions {ending.versions}, tags {ending.tags}")
        return wrong

    def bare(self) -> list[str]:
        """Paths whose responses went without headers, where that is not the point."""
        if self.scenario.goes_bare:
            return []
        went = sorted(item for item in self.account.world.edge.went_bare if item[0] in self.account.ids)
        return [f"responses went bare: {went}"] if went else []

    def has_nothing_to_do(self) -> list[str]:
        """Run the command once more: it has to find nothing to do."""
        if self.scenario.again is None:
            return []
        command = self.scenario.again or self.command
        self.account.forget_calls()
        result = self.account.run(*command)
        wrong = unclean(result)
        if result.code != 0 or result.outcome["result"] != "nothing-to-do":
            wrong.append(_told(command, result))
        if self.account.writes():
            wrong.append(f"a run with nothing to do wrote: {self.account.writes()}")
        return wrong


@dataclass(frozen=True)
class Troubled:
    """How a command under faults ended: `struck` says whether they came to anything."""

    result: Result
    struck: bool
    wrong: list[str]


def unclean(result: Result) -> list[str]:
    """What no command may ever do, however it was treated."""
    said = result.out + result.err
    wrong = [f"shows {secret!r}: {said}" for secret in SECRETS if secret in said]
    wrong += [f"says {name!r}: {said}" for name in ("Traceback", "a bug in edgerollout") if name in said]
    if result.code not in EXIT_CODES:
        wrong.append(f"ends with {result.code}: {said}")
    try:
        last = parsed(result.out.splitlines()[-1])
    except (IndexError, ValueError):
        return [*wrong, f"the last line is no JSON: {said}"]
    if last.get("type") != "outcome" or last.get("result") not in RESULTS:
        wrong.append(f"the last line is no outcome: {said}")
    elif last["exit_code"] != result.code:
        wrong.append(f"the outcome says {last['exit_code']}, the process {result.code}")
    return wrong


def _told(command: tuple[str, ...], result: Result) -> str:
    return f"`{' '.join(command)}` ended with {result.code}: {result.out}\n{result.err}"


def _as_typed(line: str) -> tuple[str, ...]:
    """The arguments of a command line that edgerollout printed; our endpoint is added anyway."""
    words = shlex.split(line)[1:]
    at = words.index("--endpoint-url")
    return (*words[:at], *words[at + 2 :], "--yes", "-o", "json")


def _quoted(text: str, command: str) -> tuple[str, ...]:
    """The first command line of that name within a sentence."""
    start = text.index(f"edgerollout {command}")
    rest = text[start:]
    return _as_typed(rest.split(". ")[0].split("`")[0].rstrip("."))


def _connections() -> int:
    """How many requests the sandbox is at."""
    return sum("process_request_thread" in thread.name for thread in threading.enumerate())
