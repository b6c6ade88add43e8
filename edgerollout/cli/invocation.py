"""What a command can use: the user's options, the streams, the configuration, a session to AWS.

Everything is made at its first use, so a command pays only for what it uses.
"""

from __future__ import annotations

import os
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from edgerollout.clock import SystemClock
from edgerollout.errors import EdgerolloutError, UsageError
from edgerollout.rollout.session import Pace, Session
from edgerollout.rollout.stopping import Deadline, Stop
from edgerollout.views.streams import Streams
from edgerollout.waiting import Working, waits_for

if TYPE_CHECKING:
    from edgerollout.advice import Spell, Verb
    from edgerollout.cli.options import Options
    from edgerollout.cli.words import Told
    from edgerollout.clock import Clock
    from edgerollout.config import ChosenEnvironment, Project
    from edgerollout.release.facts.choices import Choices
    from edgerollout.release.facts.environment import Environment
    from edgerollout.release.facts.events import Emit
    from edgerollout.rollout.next_step import Ways
    from edgerollout.rollout.ports import Aws, Probe
    from edgerollout.rollout.reading import Siblings

_LOCAL_PACE = Pace(first=0.3, most=1.0)
"""An endpoint on this machine may be polled more often than AWS."""


class Invocation:
    """One run of the command line."""

    def __init__(self, options: Options, *, clock: Clock | None = None) -> None:
        self.options = options
        self.variables = os.environ
        self.streams = Streams.from_environment(self.variables, no_color=bool(options.no_color))
        self.clock: Clock = clock or SystemClock()
        self._project: Project | None = None
        self._config: Path | None = None

    @cached_property
    def spell(self) -> Spell:
        """Writes a command with the same options as the user's."""
        from edgerollout.cli.words import speller

        return speller(self.options, cache(self._told))

    @cached_property
    def spell_for_all(self) -> Spell:
        """Writes a command for files that others read: they have the configuration and their own account."""
        from edgerollout.cli.options import Options
        from edgerollout.cli.words import speller

        return speller(Options(config=self.options.config))

    def _told(self) -> Told | None:
        """What the options of this run say about Terraform and the configuration does not."""
        from edgerollout.cli.handing_over import wait_options, with_terraform
        from edgerollout.cli.words import Told

        if not self.options.no_swap and self.options.tfvars is None:
            return None
        try:
            chosen = self.environment()
            told = with_terraform(self.project.root, chosen, self.options.tfvars, no_swap=True, writes=False)
        except EdgerolloutError:
            return None
        words = wait_options(chosen.environment, told.environment)
        return Told(chosen.environment.name, words) if words else None

    @property
    def quiet(self) -> bool:
        return bool(self.options.quiet)

    @property
    def sandbox(self) -> bool:
        return bool(self.options.sandbox)

    def document_format(self, *others: str) -> str:
        """text, json, markdown or one of `others`, for a command that reads.

        Otherwise it raises UsageError.
        """
        wanted = self.options.output or "text"
        if wanted == "auto":
            return "text"
        choices = ("text", "json", "markdown", *others)
        if wanted not in choices:
            raise UsageError(
                f"a command that reads has no output {wanted!r}",
                hint=f"Choose one of {', '.join(choices)}.",
            )
        return wanted

    @property
    def config(self) -> Path:
        """The configuration folder: from -C, else in this folder or in one above.

        Where there is none, it is the one that would be here. Raises UsageError for another user's folder.
        """
        if self._config is None:
            from edgerollout.config.discovery import CONFIG, find_config

            self._config = self.options.config or find_config() or CONFIG
            if self.options.config is None and self._config != CONFIG:
                self.say_aside(f"note: the project is {self._config.resolve().parent}, above this folder")
        return self._config

    @property
    def project(self) -> Project:
        """The configuration. Raises ConfigError with everything that is wrong with it."""
        if self._project is None:
            from edgerollout.config import load
            from edgerollout.config.discovery import find_config, no_project

            if self.options.config is None and find_config() is None:
                raise no_project()
            self._project = load(self.config, self.clock.now().date())
        return self._project

    def environment(self) -> ChosenEnvironment:
        """The environment of this command."""
        from edgerollout.config import choose_environment

        return choose_environment(self.project, self.options.env, self.variables.get("EDGEROLLOUT_ENV"))

    def chosen_by(self, choices: Choices) -> ChosenEnvironment:
        """The environment this command is about, with what the choices say of Terraform.

        Raises as `handing_over.with_terraform` does.
        """
        from edgerollout.cli.handing_over import with_terraform

        file = None if choices.tfvars is None else Path(choices.tfvars)
        return with_terraform(self.project.root, self.environment(), file, no_swap=choices.no_swap)

    def siblings(self, environment: Environment) -> Siblings:
        """The other environments of the same account."""
        from edgerollout.rollout.reading import Siblings

        return Siblings(
            {
                sibling.name: sibling.distributions
                for sibling in self.project.environments.values()
                if sibling.name != environment.name and sibling.account == environment.account
            }
        )

    def ways(self, environment: Environment, verb: Verb, *options: str) -> Ways:
        """The commands that may follow one on the environment; `options` are those that resuming it needs."""
        from edgerollout.rollout.next_step import Ways

        every = self.project.environments.values()
        followers = tuple(other.name for other in every if other.after == environment.name)
        return Ways.of(environment, verb, *options, followers=followers)

    def session(
        self,
        environment: Environment,
        clock: Clock,
        emit: Emit,
        stop: Stop | None = None,
        *,
        patience: float | None = None,
    ) -> Session:
        """The environment's account and site, through the user's credentials or the sandbox; no deadline.

        `patience`: seconds for which a failed call is tried again, if not the usual time.

        Raises UsageError for an endpoint that is not on this machine, or one used on a `confirm`
        environment; EdgerolloutError without credentials.
        """
        from edgerollout.aws.session import connect
        from edgerollout.net.network import Network
        from edgerollout.probe.http import HttpProbe

        options = self.options
        if self.sandbox:
            if options.endpoint_url is not None or options.profile is not None:
                raise UsageError(
                    "--sandbox cannot be combined with --endpoint-url or --profile",
                    hint="The sandbox brings its own endpoint and credentials.",
                )
            from edgerollout.sandbox.daemon import up

            waits_for(Working("waiting for the sandbox"))
            address = up(self.project, say=self.say_aside)
            aws = connect(
                account_hint=environment.account,
                profile=None,
                role_arn=None,
                endpoint_url=address.endpoint_url,
                clock=clock,
                emit=emit,
                sandbox_secret=address.secret,
                patience=patience,
            )
            network = Network(resolve=address.resolver(self.project), ca_file=address.ca_file)
            return self._session(aws, HttpProbe(network), clock, emit, stop)
        if options.endpoint_url is not None and environment.confirm:
            raise _no_endpoint(environment, "--endpoint-url")
        aws = connect(
            account_hint=environment.account,
            profile=options.profile or environment.profile,
            role_arn=environment.role_arn,
            endpoint_url=options.endpoint_url,
            clock=clock,
            emit=emit,
            patience=patience,
        )
        self.check_endpoint(environment, aws)
        return self._session(aws, HttpProbe(Network(ca_bundle=aws.ca_bundle)), clock, emit, stop)

    def _session(self, aws: Aws, probe: Probe, clock: Clock, emit: Emit, stop: Stop | None) -> Session:
        return Session(
            aws=aws,
            clock=clock,
            emit=emit,
            deadline=Deadline(clock, None),
            stop=stop or Stop(),
            probe=probe,
            pace=Pace() if aws.endpoint is None else _LOCAL_PACE,
            sandbox=self.sandbox,
        )

    def check_endpoint(self, environment: Environment, aws: Aws) -> None:
        """Raise UsageError where a custom endpoint would replace AWS for a `confirm` environment."""
        if environment.confirm and aws.endpoint is not None and not self.sandbox:
            given = self.options.endpoint_url is not None
            endpoint = "--endpoint-url" if given else f"the configured endpoint {aws.endpoint}"
            raise _no_endpoint(environment, endpoint)

    def say_aside(self, text: str) -> None:
        """A line on stderr, unless the run is quiet."""
        from edgerollout.views.ink import Line

        if not self.quiet:
            self.streams.print_aside([Line(text)])

    def note_unconfined(self, *, ran: bool = False) -> None:
        """Warn where this machine cannot keep a handler from the user's files: before it runs or, without
        cost, after it `ran`.
        """
        from edgerollout.handlers.confinement import known_unconfined, why_unconfined

        if why := known_unconfined() if ran else why_unconfined():
            self.say_aside(f"note: the handler can read your files and use your network: {why}")

    def note_warnings(self) -> None:
        """Show warnings about the configuration."""
        warnings = self.project.warnings
        if self.options.output == "github":
            from edgerollout.views.github import Job, tell_warnings

            tell_warnings(warnings, self.streams, Job.from_environment(self.variables))
        elif not self.quiet:
            from edgerollout.views.problems import warning_lines

            streams = self.streams
            streams.print_aside(warning_lines(warnings, streams.columns, streams.stderr_glyphs))


def _no_endpoint(environment: Environment, endpoint: str) -> UsageError:
    return UsageError(
        f"{endpoint} is not used on {environment.name}, which has confirm = true",
        why="a confirmed environment is meant for AWS itself",
        hint="Remove it: the option, AWS_ENDPOINT_URL*, or endpoint_url in the AWS configuration.",
    )
