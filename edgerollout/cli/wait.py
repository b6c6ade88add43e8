"""`edgerollout wait`: finishes what is left of the live release, and changes no trigger."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.cli.boundary import run_command
from edgerollout.cli.examples import examples
from edgerollout.cli.options import Options, Timeout, Verify, with_global_options

if TYPE_CHECKING:
    from edgerollout.errors import ExitCode
    from edgerollout.release.plan import Plan
    from edgerollout.release.snapshot import Snapshot
    from edgerollout.rollout.session import Session

EXAMPLES = examples(
    ("wait -e testing", "after exit code 5"),
    ("wait -e production --timeout 30m", "at most so long"),
)


@with_global_options
def wait(
    options: Options,
    timeout: Timeout = None,
    verify: Verify = True,
) -> None:
    """Finish the live release: Deployed, invalidation, verify. Never publishes, never swaps."""
    run_command(options, lambda: _run(options, timeout, verify=verify))


def _run(options: Options, timeout: str | None, *, verify: bool) -> ExitCode:
    from edgerollout.cli.acting import Acting, act
    from edgerollout.cli.confirmation import check_named
    from edgerollout.cli.durations import seconds
    from edgerollout.cli.invocation import Invocation
    from edgerollout.cli.words import wording
    from edgerollout.release.finishing import plan_wait
    from edgerollout.release.live import ledger_of, live_release
    from edgerollout.rollout.reading import Needs, take_snapshot

    invocation = Invocation(options)
    chosen = invocation.environment()
    check_named(chosen)
    environment = chosen.environment

    def documents(snapshot: Snapshot) -> frozenset[int]:
        """The live release and the one before it: what is expected, and what the old headers were."""
        live = live_release(snapshot, frozenset(environment.exclude))
        if live is None or live.digest is None or snapshot.function is None:
            return frozenset()
        line = ledger_of(snapshot.function, live.number)
        before = None if line is None else line.previous
        known = before is not None and ledger_of(snapshot.function, before) is not None
        return frozenset({live.number, *((before,) if before is not None and known else ())})

    def make_plan(session: Session) -> tuple[Snapshot, Plan]:
        needs = Needs(documents=documents)
        snapshot = take_snapshot(session, environment, needs, invocation.siblings(environment))
        return snapshot, plan_wait(environment, snapshot)

    return act(
        invocation,
        Acting(
            name="wait",
            chosen=chosen,
            wording=wording(options, environment.name, "wait"),
            make_plan=make_plan,
            confirm=None,
            timeout=None if timeout is None else seconds(timeout, "--timeout"),
            check_headers=verify,
            always_check=True,
        ),
    )
