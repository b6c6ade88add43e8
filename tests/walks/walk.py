"""A walk: steps that a seed decides, judged one by one, and made short when one of them goes wrong."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from edgerollout.emulator.faults import FaultRule
from tests.json_output import parsed
from tests.worst_day.attack import unclean

from . import soak
from .colleague import HOSTILE, MEANWHILE, Colleague
from .ground import CSP, ENVIRONMENTS, EVENTS, HEADERS
from .invariants import AFTER_EVERY_COMMAND, BRINGS, Act, status_history_and_plan_agree_with_aws
from .soak import Observation
from .together import Pair, side_by_side
from .traffic import Death
from .truth import Truth

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Iterator, Sequence

    from tests.functional.project import Result

    from .ground import Ground

OVERRIDES = ("--override", "soak", "--override", "reporting", "--reason", "a walk", "--no-verify")
"""Of `promote --enforce`, which would look at the site with a browser."""
OPERATIONS = (
    "cloudfront:UpdateDistribution",
    "cloudfront:CreateInvalidation",
    "cloudfront:GetDistributionConfig",
    "cloudfront:GetDistribution",
    "cloudfront:ListDistributions",
    "lambda:PublishVersion",
    "lambda:UpdateFunctionCode",
    "lambda:TagResource",
    "lambda:UntagResource",
    "lambda:GetFunction",
)
DAY = 86_400.0


@dataclass(frozen=True)
class Step:
    """One step; all that it leaves open, `roll` decides."""

    kind: str
    roll: int

    def __repr__(self) -> str:
        return f'Step("{self.kind}", {self.roll})'


@dataclass(frozen=True)
class Wrong:
    """What a walk found: which invariant does not hold, after which step, and how it looked."""

    invariant: str
    at: int
    words: str


class Walk:
    """One walk over a ground; `tried` counts what was done."""

    def __init__(self, ground: Ground, tried: Counter[str]) -> None:
        self.ground, self.tried = ground, tried
        self.colleague = Colleague(ground)
        self.observations = {environment: Observation(ground, environment) for environment in ENVIRONMENTS}
        self.planned: object = None
        self.moved = False
        self.log: list[str] = []

    def wrong_in(self, steps: Sequence[Step]) -> Wrong | None:
        """Go all steps, and see at the end that a way on is left; the first thing that is wrong."""
        self.ground.put_back()
        for number, step in enumerate((*steps, Step("rest", 0))):
            self.log.append(repr(step))
            for invariant, words in self.take(step):
                told = "\n".join(self.log[-12:])
                return Wrong(invariant, number, f"{words}\n--- the last commands:\n{told}")
            self.tried["walks: steps"] += 1
        return None

    def take(self, step: Step) -> Iterator[tuple[str, str]]:
        """One step; what it broke, as (invariant, words)."""
        dice = random.Random(step.roll)
        self.ground.pass_time(60 * dice.randrange(2, 60))
        yield from KINDS[step.kind](self, dice)

    # --- edits, others, time ---------------------------------------------------------------------------

    def edits(self, dice: random.Random) -> Iterator[tuple[str, str]]:
        wanted = self.ground.wanted
        change: dict[str, Callable[[], object]] = {
            "csp": lambda: dice.randrange(len(CSP)),
            "headers": lambda: dice.randrange(len(HEADERS)),
            "overlay": lambda: not wanted.overlay,
            "handler": lambda: wanted.handler + 1,
            "event": lambda: EVENTS[wanted.event == EVENTS[0]],
            "memory": lambda: 384 - wanted.memory,
            "exclude": lambda: not wanted.exclude,
            "both": lambda: not wanted.both,
        }
        name = dice.choice(("csp", "csp", "csp", *change))
        self.ground.edit(replace(wanted, **{name: change[name]()}))  # type: ignore[arg-type]
        self.log.append(f"  files: {self.ground.wanted}")
        yield from ()

    def others(self, dice: random.Random) -> Iterator[tuple[str, str]]:
        name = dice.choice((*MEANWHILE, *HOSTILE, *HOSTILE, *HOSTILE))
        getattr(self.colleague, name)(dice)
        self.moved |= name in HOSTILE
        self.log.append(f"  a colleague {name}")
        yield from ()

    def others_leave(self, _: random.Random) -> Iterator[tuple[str, str]]:
        self.colleague.leaves()
        yield from ()

    def time_passes(self, dice: random.Random) -> Iterator[tuple[str, str]]:
        self.ground.pass_time(DAY * dice.randrange(1, 9))
        yield from ()

    # --- commands ----------------------------------------------------------------------------------------

    def publishes(self, dice: random.Random) -> Iterator[tuple[str, str]]:
        environment = dice.choice(("testing", "testing", "testing", "staging"))
        more = ("--again",) if dice.random() < 0.2 else ()
        if environment == "testing" and dice.random() < 0.1:
            self._breaks_the_next_release()
        yield from self._acts(dice, "publish", environment, "--create", "--no-preflight", *more)

    def _breaks_the_next_release(self) -> None:
        function = self.ground.function_of("testing")
        newest = max(Truth.of(self.ground, "testing").versions, default=0)
        self.ground.site.broken.add(f"{function}:{newest + 1}")
        self.log.append(f"  {newest + 1} will be wrong at the site")

    def saves_a_plan(self, _: random.Random) -> Iterator[tuple[str, str]]:
        words = ("plan", "-e", "testing", "--create", "--no-preflight", "--out", "saved.json")
        code = self.ground.go(*words).code
        self.log.append(f"  {' '.join(words)} → {code}")
        self.planned = self._stand() if code == 0 else None
        yield from ()

    def applies_the_plan(self, dice: random.Random) -> Iterator[tuple[str, str]]:
        if self.planned is None:
            return
        fresh, self.planned = self.planned == self._stand(), None
        yield from self._acts(dice, "publish", "testing", "--plan", "saved.json", again=False)
        act = self.last
        if not fresh and not act.troubled and act.outcome.get("result") == "completed":
            yield "a stale plan is never applied", f"{act.outcome}"

    def _stand(self) -> object:
        truth = Truth.of(self.ground, "testing")
        return (self.ground.wanted, truth.ours, {n for n, version in truth.versions.items() if version.ours})

    def enforces(self, dice: random.Random) -> Iterator[tuple[str, str]]:
        environment = dice.choice(("testing", "testing", "staging"))
        overrides = (*OVERRIDES, "--override", "drift") if dice.random() < 0.3 else OVERRIDES
        if environment == "staging":
            overrides = ("--override", "after", "--override", "headers", *overrides)
        more = ("--again",) if dice.random() < 0.2 else ()
        yield from self._acts(dice, "promote", environment, "--enforce", "--no-preflight", *overrides, *more)

    def carries(self, dice: random.Random) -> Iterator[tuple[str, str]]:
        more = ("--restart-soak",) if dice.random() < 0.5 else ()
        yield from self._acts(dice, "promote", "staging", "--create", "--no-preflight", *more)

    def goes_back(self, dice: random.Random) -> Iterator[tuple[str, str]]:
        environment = dice.choice(("testing", "testing", "staging"))
        truth = Truth.of(self.ground, environment)
        live = max(truth.attached_where_wanted, default=1)
        how = dice.choice(("plain", "to", "from"))
        more = {
            "plain": (),
            "to": ("--to", str(dice.randrange(1, live + 2))),
            "from": ("--from", str(live if dice.random() < 0.8 else dice.randrange(1, live + 2))),
        }[how]
        yield from self._acts(dice, "rollback", environment, *more)

    def waits(self, dice: random.Random) -> Iterator[tuple[str, str]]:
        yield from self._acts(dice, "wait", dice.choice(ENVIRONMENTS))

    def detaches(self, dice: random.Random) -> Iterator[tuple[str, str]]:
        yield from self._acts(dice, "detach", dice.choice(ENVIRONMENTS))

    def prunes(self, dice: random.Random) -> Iterator[tuple[str, str]]:
        yield from self._acts(dice, "prune", "testing", "--keep", str(dice.randrange(3)))

    def _acts(
        self, dice: random.Random, command: str, environment: str, *more: str, again: bool = True
    ) -> Iterator[tuple[str, str]]:
        words = (command, "-e", environment, "--yes", "-o", "json", *more)
        trouble = dice.random()
        self.tried[f"walks: {command}"] += 1
        if trouble < 0.12:
            death = Death(dice.randrange(1, 30), after_commit=dice.random() < 0.5)
            live = max(Truth.of(self.ground, environment).attached_where_wanted, default=None)
            yield from self.run(words, death=death)
            if death.came is not None:
                self.tried["walks: kills"] += 1
                self.log.append(f"  killed at {death.came}")
                # A plain way back would go a step further.
                resume = command == "rollback" and "--to" not in words and "--from" not in words
                words = (*words, "--from", str(live)) if resume and live is not None else words
                yield from self.run(words)
        elif trouble < 0.24:
            code, status = dice.choice((("InternalError", 500), ("AccessDenied", 403)))
            rule = FaultRule(
                dice.choice(OPERATIONS),
                code=code,
                status=status,
                times=dice.choice((1, 1, 3, 9)),
                after_commit=dice.random() < 0.5,
            )
            yield from self.run(words, fault=rule)
            if self.last.troubled:
                self.tried["walks: faults"] += 1
                self.log.append(f"  {rule.operation} failed with {rule.status}, {rule.times} times")
                if self.last.code != 0 and again:
                    yield from self.run(words)
        else:
            yield from self.run(words)
        if self.last.code == 0 and again and (command != "rollback" or "--to" in words):
            yield from self._is_idempotent(words)
        yield from self._agree(environment)

    def _is_idempotent(self, words: tuple[str, ...]) -> Iterator[tuple[str, str]]:
        words = tuple(word for word in words if word != "--again")
        if self.last.troubled:
            yield from self.run(words)  # done in spite of it, with a mark left
        yield from self.run(words)
        if self.last.code != 0 or self.last.outcome["result"] != "nothing-to-do":
            yield "run again there is nothing to do", f"{words}: {self.last.result}"

    def run(
        self,
        words: tuple[str, ...],
        *,
        death: Death | None = None,
        fault: FaultRule | None = None,
    ) -> Iterator[tuple[str, str]]:
        """Run a command and judge how it leaves everything; `self.last` is what was judged."""
        ground, environment = self.ground, words[2]
        before = Truth.of(ground, environment)
        observation = self.observations[environment]
        observation.begins(before)
        ground.edge.went_bare.clear()
        ground.forget_calls()
        faults = ground.server.faults
        if fault is not None:
            faults.add(fault)
        result = ground.go(*words, turn=death)
        struck = fault is not None and faults.rules() != [fault]
        faults.clear()
        writes = ground.writes()
        after = Truth.of(ground, environment)
        died = death is not None and death.came is not None
        observation.ended(before, after, done=bool(writes) and not died and result.code == 0)
        right = not any(
            name in ground.site.broken
            for truth in (before, after)
            for name in (truth.name(version) for version in truth.versions)
        )
        self.log.append(f"  {' '.join(words)} → {'killed' if died else result.code}")
        self.tried["walks: commands"] += 1
        self.last = Act(
            words,
            before,
            after,
            None if died else result,
            writes,
            frozenset(ground.edge.went_bare),
            troubled=struck or died,
            right=right,
            moved=self.moved,
        )
        self.moved = self.moved and not (self.last.command in BRINGS and writes and result.code == 0)
        for invariant in AFTER_EVERY_COMMAND:
            for text in invariant(self.last, ground):
                yield invariant.__name__.replace("_", " "), text

    def _agree(self, environment: str) -> Iterator[tuple[str, str]]:
        """Ask status, history, plan and the soak's gate, side by side."""
        ground = self.ground
        truth = Truth.of(ground, environment)
        asked = {
            "status": ground.begin("status", "-e", environment, "-o", "json"),
            "history": ground.begin("history", "-e", environment, "-o", "json"),
            "plan": ground.begin("plan", "-e", environment, "-o", "json", "--no-preflight"),
            "gates": ground.begin(
                *("promote", "-e", environment, "--enforce", "--dry-run", "-o", "json", "--no-preflight")
            ),
        }
        told = {name: ground.ended(command) for name, command in asked.items()}
        self.tried["walks: questions"] += len(told)
        if Truth.of(ground, environment) != truth:
            yield "what only reads changes nothing", environment
        if any(told[name].code for name in ("status", "history")):
            if truth.versions:
                yield "status and history answer", f"{told}"
            return
        documents = {name: _document(result) for name, result in told.items()}
        for words in status_history_and_plan_agree_with_aws(
            truth, documents["status"], documents["history"], documents["plan"]
        ):
            yield "status history and plan agree with aws", words
        yield from self._soak(environment, truth, documents["gates"])

    def _soak(self, environment: str, truth: Truth, gates: Any) -> Iterator[tuple[str, str]]:
        claimed = None if gates is None else soak.claimed(gates)
        if claimed is None or not truth.settled:
            return
        self.tried["walks: soaks compared"] += 1
        since = self.observations[environment].since(truth)
        if since is None:
            yield "a soak never overstates", f"observed since {claimed}, and not everywhere"
        elif claimed < soak.floor(since):
            yield "a soak never overstates", f"observed since {claimed}, in truth since {since}"

    def two_at_once(self, dice: random.Random) -> Iterator[tuple[str, str]]:
        """Two commands of one project, call by call, while a colleague writes a comment."""
        ground = self.ground
        pair = replace(Pair.by(str(dice.random())), colleague="comments")
        before = Truth.of(ground, "testing")
        observation = self.observations["testing"]
        observation.begins(before)
        results, _ = side_by_side(ground, pair, (ground.folder, ground.folder))
        after = Truth.of(ground, "testing")
        observation.ended(before, after, done=True)
        self.log.append(f"  {pair.commands} at once → {[result.code for result in results]}")
        self.tried["walks: two at once"] += 1
        for item in results:
            for words in unclean(item):
                yield "every command ends as documented", words
        for entry, (config, tags) in before.others.items():
            if after.others[entry] != ({**config, "Comment": after.others[entry][0]["Comment"]}, tags):
                yield "nobody elses trigger setting tag or version is touched", f"{after.others[entry]}"
        yield from self._agree("testing")

    # --- the end -----------------------------------------------------------------------------------------

    def rests(self, _: random.Random) -> Iterator[tuple[str, str]]:
        yield from self.comes_to_rest()
        if self.last.code == 0:
            yield from self._agree("testing")

    def comes_to_rest(self) -> Iterator[tuple[str, str]]:
        """Once others leave us alone and the site is right, there is a way to what the files say."""
        self.colleague.leaves()
        self.ground.site.broken.clear()
        words = ("publish", "-e", "testing", "--yes", "-o", "json", "--create", "--no-preflight")
        yield from self.run(words)
        if self.last.code == 4:
            yield from self.run(("rollback", *words[1:6]))
            yield from self.run(words)
        if self.last.code == 6:
            # Taken back, or a distribution that joins what is enforced.
            yield from self.run((*words, "--again", "--override", "unobserved", "--reason", "a walk"))
        if self.last.code != 0:
            yield "there is always a way on", f"{self.last.result}"
        elif self.last.outcome["result"] != "nothing-to-do":
            yield from self._is_idempotent(words)


def _document(result: Result) -> Any:
    """The document on stdout; None where the command answered with an error."""
    try:
        document = parsed(result.out)
    except ValueError:
        return None
    return None if document.get("type") == "error" else document


KINDS: dict[str, Callable[[Walk, random.Random], Iterator[tuple[str, str]]]] = {
    "edit": Walk.edits,
    "others": Walk.others,
    "others leave": Walk.others_leave,
    "time": Walk.time_passes,
    "publish": Walk.publishes,
    "save a plan": Walk.saves_a_plan,
    "apply the plan": Walk.applies_the_plan,
    "enforce": Walk.enforces,
    "carry": Walk.carries,
    "go back": Walk.goes_back,
    "wait": Walk.waits,
    "detach": Walk.detaches,
    "prune": Walk.prunes,
    "two at once": Walk.two_at_once,
    "rest": Walk.rests,
}
WEIGHTS = {
    "edit": 8,
    "others": 6,
    "others leave": 1,
    "time": 2,
    "publish": 7,
    "save a plan": 1,
    "apply the plan": 1,
    "enforce": 3,
    "carry": 2,
    "go back": 4,
    "wait": 1,
    "detach": 1,
    "prune": 1,
    "two at once": 1,
}


def steps_of(seed: str, length: int) -> list[Step]:
    dice = random.Random(seed)
    kinds = dice.choices(list(WEIGHTS), list(WEIGHTS.values()), k=length)
    return [Step(kind, dice.randrange(10**6)) for kind in kinds]


def shortest(
    steps: Sequence[Step], wrong: Wrong, walk: Callable[[Sequence[Step]], Wrong | None], seconds: float
) -> tuple[list[Step], Wrong]:
    """The steps without all that is not needed to break the same invariant, as far as time allows."""
    until = time.monotonic() + seconds
    kept = list(steps[: wrong.at + 1])
    size = max(1, len(kept) // 2)
    while size:
        at = len(kept) - size
        while at >= 0 and time.monotonic() < until:
            tried = [*kept[:at], *kept[at + size :]]
            found = walk(tried)
            if found is not None and found.invariant == wrong.invariant:
                kept, wrong = tried[: found.at + 1], found
            at -= size
        size //= 2
    return kept, wrong
