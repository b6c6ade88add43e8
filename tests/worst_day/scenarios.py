"""The commands that are attacked, each from a state of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.functional.project import POLICY, WIDER_POLICY

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .world import Account

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy-Report-Only": "default-src 'self'",
}
"""What release 1 sends."""
OVERRIDES = ("--override", "tour", "--override", "reporting", "--reason", "a test")


@dataclass(frozen=True)
class Scenario:
    """`prepare` makes the state before and edits the project's files; then comes the command."""

    name: str
    prepare: Callable[[Account], None]
    command: tuple[str, ...]
    printed: tuple[str, ...] = ()
    """The command that finishes it when it was cut off, where that is another one."""
    again: tuple[str, ...] | None = ()
    """The command that has nothing to do afterwards, where that is another one; None: there is none."""
    code: int = 0
    goes_bare: bool = False
    """Is the point of it that responses go without headers?"""
    mends: bool = False
    """Does the command attach a release that is good elsewhere? Only what it changed is taken back then."""
    answers: Mapping[str, tuple[int, dict[str, str]]] | None = None
    """What the site that `urls` names answers, by live version."""

    def __str__(self) -> str:
        return self.name

    def command_of(self, account: Account) -> tuple[str, ...]:
        """The command, with the account's names."""
        return tuple(text.replace("FOREIGN", _foreign_function(account)) for text in self.command)


def _act(command: str, *more: str) -> tuple[str, ...]:
    return (command, "-e", "testing", "--yes", "-o", "json", *more)


def _two(account: Account) -> None:
    """Two distributions, which the configuration names."""
    second = f"second-{account.alias}"
    account.add_distribution()
    account.add_distribution(second, paths=())
    account.configure(environments={"testing": _named(account, second)})


def _named(account: Account, second: str) -> str:
    """Lines of the environment that name two distributions."""
    return f'distributions = [{{ alias = "{account.alias}" }}, {{ alias = "{second}" }}]\n'


def _releases(account: Account, number: int) -> None:
    """Publish so many releases, one policy each."""
    for n in range(1, number + 1):
        account.policy(POLICY if n == 1 else POLICY + f'img-src = ["https://{n}.example"]\n')
        account.must(*_act("publish", "--create", "--no-verify"))


def _first(account: Account) -> None:
    account.add_distribution()


def _second(account: Account) -> None:
    account.add_distribution()
    _releases(account, 1)
    account.policy(WIDER_POLICY)


def _second_of_two(account: Account) -> None:
    _two(account)
    _releases(account, 1)
    account.policy(WIDER_POLICY)


def _enforcing(account: Account) -> None:
    """Release 2 enforces what release 1 observed; a wider policy is to be observed beside it."""
    account.add_distribution()
    _releases(account, 1)
    account.must(*_act("promote", "--enforce", *OVERRIDES))
    account.policy(WIDER_POLICY)


def _added_to_enforced(account: Account) -> None:
    """A distribution that the configuration brings in, where release 2 enforces."""
    _enforcing(account)
    account.policy(POLICY)
    second = f"second-{account.alias}"
    account.add_distribution(second, paths=())
    account.configure(environments={"testing": _named(account, second)})


def _another_event(account: Account) -> None:
    account.add_distribution()
    account.configure(event="viewer-response")
    _releases(account, 1)
    account.configure(event="origin-response")


def _site(account: Account, alias: str = "", lines: str = "") -> None:
    """The environment has a page at that alias, or at its first one."""
    url = f"http://{alias or account.alias}/"
    account.configure(environments={"testing": f'urls = ["{url}"]\n{lines}'})


def _foreign(account: Account) -> None:
    distribution = account.add_distribution(paths=())
    account.attach(distribution, account.create_function(f"old-{account.account}"))
    _site(account)


def _foreign_function(account: Account) -> str:
    return f"arn:aws:lambda:us-east-1:{account.account}:function:old-{account.account}"


def _adopted(account: Account) -> None:
    _foreign(account)
    account.must(*_act("publish", "--create", "--no-verify", "--replace", _foreign_function(account)))


def _promotable(account: Account) -> None:
    _two(account)
    _releases(account, 1)


def _two_releases(account: Account) -> None:
    _two(account)
    _releases(account, 2)


def _three_releases(account: Account) -> None:
    _two(account)
    _releases(account, 3)


def _breaks_the_site(account: Account) -> None:
    account.add_distribution(paths=())
    _site(account)
    _releases(account, 1)
    account.policy(WIDER_POLICY)


def _attached_to_more(account: Account) -> None:
    """A distribution that the configuration brings in: release 1 is attached there, and breaks it."""
    second = f"second-{account.alias}"
    account.add_distribution(paths=())
    account.add_distribution(second, paths=())
    _releases(account, 1)
    _site(account, second, _named(account, second))


def _old_versions(account: Account) -> None:
    account.add_distribution(paths=())
    _releases(account, 5)
    account.must(*_act("rollback"))
    account.policy(POLICY + 'img-src = ["https://6.example"]\n')
    account.must(*_act("publish"))


def _by(account: Account, deliver: str) -> None:
    account.configure(environments={"testing": f'deliver = "{deliver}"\n'})


def _to_policy(account: Account) -> None:
    """Live by the function, with a policy of the team's own on a behavior."""
    account.team_has_a_policy(account.add_distribution())
    _releases(account, 1)
    _by(account, "response-headers-policy")


def _to_function(account: Account) -> None:
    account.team_has_a_policy(account.add_distribution())
    _by(account, "response-headers-policy")
    _releases(account, 1)
    _by(account, "lambda-edge")


SCENARIOS = (
    Scenario("the means changes to a policy", _to_policy, _act("publish")),
    Scenario("the means changes to the function", _to_function, _act("publish")),
    Scenario("first publish", _first, _act("publish", "--create")),
    Scenario("second publish", _second, _act("publish")),
    Scenario("publish to two distributions", _second_of_two, _act("publish")),
    Scenario("publish beside an enforced policy", _enforcing, _act("publish")),
    Scenario(
        "added to an enforced policy",
        _added_to_enforced,
        _act("publish", "--override", "unobserved", "--reason", "a test"),
    ),
    Scenario("another event", _another_event, _act("publish")),
    Scenario(
        "adoption",
        _foreign,
        _act("publish", "--create", "--replace", "FOREIGN"),
        answers={"headers:1": (200, HEADERS)},
    ),
    Scenario("promote --enforce", _promotable, _act("promote", "--enforce", *OVERRIDES)),
    Scenario(
        "rollback",
        _two_releases,
        _act("rollback"),
        printed=_act("rollback", "--from", "2"),
        again=_act("rollback", "--from", "2"),
    ),
    Scenario("rollback --to", _three_releases, _act("rollback", "--to", "1")),
    Scenario("rollback --from", _two_releases, _act("rollback", "--from", "2")),
    Scenario(
        "rollback of the first release",
        _adopted,
        _act("rollback"),
        answers={"headers:1": (200, HEADERS)},
        printed=_act("rollback", "--from", "1"),
        again=_act("rollback", "--from", "1"),
    ),
    Scenario(
        "automatic rollback",
        _breaks_the_site,
        _act("publish"),
        again=_act("rollback", "--from", "2"),
        code=7,
        answers={"headers:1": (200, HEADERS), "headers:2": (502, {})},
    ),
    Scenario(
        "automatic rollback of wrong headers",
        _breaks_the_site,
        _act("publish"),
        again=_act("rollback", "--from", "2"),
        code=7,
        answers={"headers:1": (200, HEADERS), "headers:2": (200, {**HEADERS, "Referrer-Policy": "origin"})},
    ),
    Scenario(
        "automatic detachment of what was added",
        _attached_to_more,
        _act("publish"),
        again=None,
        mends=True,
        code=7,
        goes_bare=True,
        answers={"headers:1": (502, {})},
    ),
    Scenario("detach", _two_releases, _act("detach"), goes_bare=True),
    Scenario("prune", _old_versions, _act("prune", "--keep", "1")),
)
BY_NAME = {scenario.name: scenario for scenario in SCENARIOS}
