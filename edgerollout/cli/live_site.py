"""What `init --from-live` reads: the account, with the user's credentials or in the sandbox, and the pages.

Without credentials only the pages are read: this is reported, and is not an error.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from edgerollout.errors import EdgerolloutError, UsageError
from edgerollout.policy.severity import Severity
from edgerollout.release.facts.finding import Finding
from edgerollout.rollout.ports import AwsFailure
from edgerollout.rollout.reading import resolve
from edgerollout.scaffold.survey import Survey, ask_pages, look_at, pricing_plans

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from edgerollout.aws.session import AwsAccount
    from edgerollout.cli.invocation import Invocation
    from edgerollout.config import Project
    from edgerollout.release.facts.environment import DistributionSelector
    from edgerollout.release.facts.events import Event
    from edgerollout.release.facts.snapshot import Distribution
    from edgerollout.rollout.ports import Aws, Probe
    from edgerollout.sandbox.daemon import SandboxAddress
    from edgerollout.scaffold.answers import InitAnswers


@dataclass
class LiveSite:
    """The readable accounts, by number, and a probe. `findings` say what could not be read."""

    accounts: Mapping[str, Aws]
    probe: Probe
    findings: tuple[Finding, ...] = ()
    _swept: dict[str, tuple[Distribution, ...] | None] = field(default_factory=dict)

    @classmethod
    def of_user(cls, invocation: Invocation) -> LiveSite:
        """With the user's credentials; without an account where no credentials work."""
        from edgerollout.net.network import Network
        from edgerollout.probe.http import HttpProbe

        try:
            aws = _connect(invocation)
            return cls({aws.account(): aws}, HttpProbe(Network(ca_bundle=aws.ca_bundle)))
        except UsageError:
            raise
        except EdgerolloutError as error:
            return cls(
                {},
                HttpProbe(),
                (
                    Finding(
                        Severity.WARNING,
                        "aws-unread",
                        f"AWS was not read, only the pages: {error}",
                        error.hint,
                    ),
                ),
            )

    @classmethod
    def of_sandbox(cls, invocation: Invocation, draft: Project, root: Path) -> LiveSite:
        """With the sandbox of the folder `root`, started for the draft of its project if necessary."""
        from edgerollout.net.network import Network
        from edgerollout.probe.http import HttpProbe
        from edgerollout.sandbox.daemon import up

        project = replace(draft, root=root)
        address = up(project, say=invocation.say_aside)
        accounts = dict.fromkeys(environment.account for environment in project.environments.values())
        probe = HttpProbe(Network(resolve=address.resolver(project), ca_file=address.ca_file))
        return cls({account: _connect(invocation, account, address) for account in accounts}, probe)

    @property
    def account(self) -> str | None:
        """The account of the credentials."""
        return next(iter(self.accounts), None)

    def there(self) -> tuple[Distribution, ...]:
        """Every distribution of that account that can have visitors; () where they cannot be read."""
        everything = () if self.account is None else self._sweep(self.account) or ()
        return tuple(distribution for distribution in everything if not distribution.staging)

    def hosts(
        self, selectors: Mapping[str, tuple[DistributionSelector, ...]], accounts: Mapping[str, str]
    ) -> Mapping[str, str]:
        """A host of each environment whose distributions can be read, also where the user gave ids."""
        found = {name: self._resolved(name, wanted, accounts[name]) for name, wanted in selectors.items()}
        return {name: own[0].name for name, own in found.items() if own and not own[0].name.startswith("*.")}

    def surveys(self, answers: InitAnswers) -> Iterator[Survey]:
        """What exists, one environment after the other. Raises UsageError for a missing distribution."""
        for environment in answers.environments:
            own = self._resolved(environment.name, environment.distributions, environment.account)
            aws = self.accounts.get(environment.account)
            found = () if aws is None else tuple(look_at(aws, distribution) for distribution in own)
            plans = None if aws is None else pricing_plans(aws, own)
            yield Survey(
                environment.name, environment.account, found, ask_pages(self.probe, environment.urls), plans
            )

    def _resolved(
        self, name: str, wanted: tuple[DistributionSelector, ...], account: str
    ) -> tuple[Distribution, ...]:
        everything = self._sweep(account)
        if everything is None:
            return ()
        try:
            return resolve(wanted, everything, name)
        except UsageError as error:
            raise UsageError(
                error.summary,
                why=error.why or f"account {account} has {_counted(everything)}",
                hint=f"--alias {name}=HOST or --distribution {name}=ID names another one.",
            ) from None

    def _sweep(self, account: str) -> tuple[Distribution, ...] | None:
        if account not in self._swept:
            self._swept[account] = self._distributions(account)
        return self._swept[account]

    def _distributions(self, account: str) -> tuple[Distribution, ...] | None:
        """All distributions of an account; None, with a finding, where they cannot be read."""
        aws = self.accounts.get(account)
        if aws is None:
            if self.accounts:
                self._tell(
                    f"account {account} was not read: the credentials are for {', '.join(self.accounts)}"
                )
            return None
        try:
            return aws.cloudfront.distributions()
        except AwsFailure as failure:
            if not failure.denied:
                raise
            self._tell(f"the distributions of account {account} were not read: {failure}")
            return None

    def _tell(self, message: str) -> None:
        self.findings = (*self.findings, Finding(Severity.WARNING, "aws-unread", message))


def _connect(
    invocation: Invocation, account: str | None = None, sandbox: SandboxAddress | None = None
) -> AwsAccount:
    from edgerollout.aws.session import connect
    from edgerollout.release.facts.events import CallRetried
    from edgerollout.views.narration import retry_words

    def tell(event: Event) -> None:
        if isinstance(event, CallRetried):
            invocation.say_aside(retry_words(event))

    options = invocation.options
    return connect(
        account_hint=account,
        profile=None if sandbox else options.profile,
        role_arn=None,
        endpoint_url=sandbox.endpoint_url if sandbox else options.endpoint_url,
        clock=invocation.clock,
        emit=tell,
        sandbox_secret=sandbox.secret if sandbox else None,
    )


def _counted(everything: Iterable[Distribution]) -> str:
    names = [distribution.name for distribution in everything]
    return f"{len(names)} distributions: {', '.join(names[:5])}" if names else "no distribution"
