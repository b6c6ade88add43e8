"""`edgerollout hashes`: the hashes of a site's inline code, and whether a policy has them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edgerollout.cli.boundary import run_command
from edgerollout.cli.examples import examples
from edgerollout.cli.options import Options, with_global_options

if TYPE_CHECKING:
    from edgerollout.cli.invocation import Invocation
    from edgerollout.config import Project
    from edgerollout.errors import ExitCode
    from edgerollout.inline.build import SiteBuild
    from edgerollout.policy.csp import Csp
    from edgerollout.views.hashes import HashesReport

EXAMPLES = examples(
    ("hashes --site dist", "what the build has of inline code"),
    ("hashes --site dist --check -e production", "does the policy cover it? 6 if not"),
    ("hashes --site dist --check --live -e production", "does the live release?"),
    ("hashes --site dist --write", "into a marked block of policy.toml"),
)


@with_global_options
def hashes(
    options: Options,
    site: Annotated[
        Path | None, typer.Option("--site", metavar="DIR", help="The folder that your build writes.")
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Exit with 6 if the policy blocks inline code of the build.")
    ] = False,
    live: Annotated[
        bool, typer.Option("--live", help="With --check: the policy of the live release; reads AWS.")
    ] = False,
    write: Annotated[
        bool, typer.Option("--write", help="Write the hashes into policy.toml, in a block of their own.")
    ] = False,
) -> None:
    """Print the hashes of the inline scripts and styles in a site's HTML, as browsers compute them.

    --check compares them with the policy of the environment. --write keeps them in policy.toml: in the base
    policy, or with -e in the environment's own part. Each time it replaces what it wrote before.
    """
    run_command(options, lambda: _run(options, site, check=check, live=live, write=write))


def _run(options: Options, site: Path | None, *, check: bool, live: bool, write: bool) -> ExitCode:
    from edgerollout.cli.invocation import Invocation
    from edgerollout.cli.rendering import show
    from edgerollout.errors import ExitCode, UsageError
    from edgerollout.inline.build import read_build
    from edgerollout.views.hashes import HashesReport, hashes_document
    from edgerollout.views.output.hashes import hashes_json

    invocation = Invocation(options)
    output = invocation.document_format()
    if site is None:
        raise UsageError(
            "--site is missing", hint="--site DIR: the folder that your build writes, such as dist/"
        )
    if live and not check:
        raise UsageError("--live needs --check", hint="Without --check no policy is read.")
    if check and write:
        raise UsageError(
            "--check and --write exclude each other", hint="Write first, then check what you wrote."
        )
    build = read_build(site)
    if write:
        _write(invocation, build)
        report = _written(invocation, build)
    else:
        report = _checked(invocation, build, live=live) if check else HashesReport(build)
    show(
        invocation,
        output,
        document=lambda: hashes_document(report),
        json=lambda: hashes_json(report),
    )
    return ExitCode.REFUSED if report.blocked else ExitCode.DONE


def _checked(invocation: Invocation, build: SiteBuild, *, live: bool) -> HashesReport:
    from edgerollout.inline.coverage import coverage
    from edgerollout.views.hashes import HashesReport

    environment = invocation.environment().environment
    if live:
        number, policies = _live_policies(invocation)
        judged = tuple(coverage(policy, build) for policy in policies)
        return HashesReport(build, environment.name, judged, number)
    policy = invocation.project.policy_of(environment).csp.effective
    return HashesReport(build, environment.name, (coverage(policy, build),))


def _live_policies(invocation: Invocation) -> tuple[int, tuple[Csp, ...]]:
    """The number of the live release, and its policies: enforced, and report-only."""
    from edgerollout.cli.means import with_means
    from edgerollout.cli.reading import reading_session
    from edgerollout.errors import Refused
    from edgerollout.release.facts.live import live_release
    from edgerollout.release.facts.reads import releases
    from edgerollout.rollout.reading import Reading, take_snapshot

    environment = invocation.environment().environment
    session = reading_session(invocation, environment)
    environment, read = with_means(invocation, session, environment)
    siblings = invocation.siblings(environment)
    snapshot = take_snapshot(session, environment, siblings, invalidations=False, read=read)
    excluded = frozenset(environment.exclude)
    if (live := live_release(snapshot, excluded)) is not None:
        snapshot = Reading(session, environment, snapshot).ask(releases(frozenset({live.number})))
        live = live_release(snapshot, excluded)
    if live is None or live.release is None:
        raise Refused(
            f"the live release of {environment.name} cannot be read"
            if live is not None
            else f"nothing is live in {environment.name}",
            hint="Without --live the policy of the configuration is checked.",
        )
    policies = (live.release.enforced, live.release.report_only)
    return live.number, tuple(policy.effective for policy in policies if policy is not None)


def _write(invocation: Invocation, build: SiteBuild) -> None:
    """Make the build's hashes the marked block of each list, in the base policy or an environment's part."""
    from edgerollout.config.hash_block import write_hash_blocks
    from edgerollout.inline.coverage import lists_for
    from edgerollout.views.ink import visible
    from edgerollout.views.wording import count_words

    policy, name = _policy_written(invocation, invocation.project)
    lists = lists_for(policy, build)
    start = {} if name is not None else dict.fromkeys(lists, policy.sources("default-src") or ())
    file = invocation.project.files[1]
    changed = write_hash_blocks(file, name, lists, start=start)
    count = count_words(sum(map(len, lists.values())), "hash", "hashes")
    shown = visible(str(file))
    invocation.say_aside(f"{shown}: {count} in marked blocks" if changed else f"nothing to change in {shown}")


def _written(invocation: Invocation, build: SiteBuild) -> HashesReport:
    """What the written file makes of the build."""
    from edgerollout.config import load
    from edgerollout.inline.coverage import coverage
    from edgerollout.views.hashes import HashesReport

    policy, name = _policy_written(invocation, load(invocation.project.directory))
    return HashesReport(build, name, (coverage(policy, build),), written=True)


def _policy_written(invocation: Invocation, project: Project) -> tuple[Csp, str | None]:
    """The policy that --write is for, and its environment; None: the base policy."""
    if invocation.options.env is None:
        return project.policy.csp, None
    environment = invocation.environment().environment
    return project.policy_of(environment).csp.effective, environment.name
