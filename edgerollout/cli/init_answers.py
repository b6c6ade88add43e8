"""From flags, questions and defaults to the answers that a project is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from edgerollout.config.environments import (
    host_in,
    is_account,
    is_alias,
    is_distribution_id,
    is_environment_name,
    is_web_url,
    wrong_alias,
    wrong_id,
)
from edgerollout.errors import UsageError
from edgerollout.policy.wording import did_you_mean, listed, printable
from edgerollout.release.facts.environment import DistributionSelector
from edgerollout.scaffold.answers import STAGES, EnvironmentAnswers, InitAnswers, Pipeline, Runtime

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from edgerollout.cli.asking import Asker

SANDBOX_ACCOUNT = "123456789012"

_T = TypeVar("_T", bound=str)


@dataclass(frozen=True)
class InitFlags:
    """The flags as typed. A value that begins with `ENV=` is for that environment."""

    names: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    distributions: tuple[str, ...] = ()
    urls: tuple[str, ...] = ()
    runtime: str | None = None
    pipeline: str | None = None
    from_live: bool = False
    lock: bool = False
    force: bool = False
    nested: bool = False


@dataclass(frozen=True)
class Interview:
    """Completes the flags with questions. `asker` is None where nobody can be asked; with `sandbox`
    everything has a default.

    Every method raises UsageError for an invalid flag and for a missing one.
    """

    flags: InitFlags
    asker: Asker | None
    sandbox: bool = False
    say: Callable[[str], None] = lambda _: None
    """Prints a line that says how an answer was understood."""

    def names(self) -> tuple[str, ...]:
        """The environments, in the order in which policies travel."""
        named = tuple(dict.fromkeys(name for word in self.flags.names for name in _listed(word)))
        if not named:
            named = self._names_beside_values()
        if not named:
            if self.asker is not None:
                answer = self.asker.ask(
                    "The first environment (init --add adds others later)", STAGES[0], _wrong_names
                )
                named = tuple(dict.fromkeys(_listed(answer)))
            elif self.sandbox:
                named = STAGES[:1]
            else:
                raise _missing("-e", "which environments?", "-e testing; init --add adds others later")
        for name in named:
            if not is_environment_name(name):
                raise UsageError(
                    f"-e {printable(name)}: not an environment's name",
                    hint="Letters, digits, - and _, at most 32.",
                )
        return named

    def runtime(self) -> Runtime:
        if self.flags.runtime is not None or self.asker is None:
            return _runtime(self.flags.runtime or "python3.13", "--runtime ")
        return _runtime(
            self.asker.ask(
                "Runtime of the edge function", "python3.13", lambda answer: _wrong(_runtime, answer)
            )
        )

    def pipeline(self) -> Pipeline:
        if self.flags.pipeline is not None or self.asker is None:
            return _pipeline(self.flags.pipeline or "github", "--ci ")
        return _pipeline(
            self.asker.ask("CI workflow: github or none", "github", lambda answer: _wrong(_pipeline, answer))
        )

    def from_live(self) -> bool:
        if self.flags.from_live or self.asker is None or self.sandbox:
            return self.flags.from_live
        return self.asker.agreed("Start with the headers of the site as it is (reads AWS and its pages)?")

    def selectors(self, names: tuple[str, ...]) -> Mapping[str, tuple[DistributionSelector, ...]]:
        """The distributions of every environment."""
        aliases = self._by_environment("--alias", self.flags.aliases, names, _wrong_alias)
        ids = self._by_environment("--distribution", self.flags.distributions, names, _wrong_id)
        found: dict[str, tuple[DistributionSelector, ...]] = {}
        for name in names:
            own = (
                *(DistributionSelector(alias=self._alias(alias)) for alias in aliases.get(name, ())),
                *(DistributionSelector(id=identity) for identity in ids.get(name, ())),
            )
            found[name] = tuple(dict.fromkeys(own)) or (self._selector(name, names),)
        return found

    def _selector(self, name: str, names: tuple[str, ...]) -> DistributionSelector:
        default = _host(name) if self.sandbox else None
        if self.asker is None:
            if default is None:
                of = f"{name}=" if len(names) > 1 else ""
                raise _missing(
                    "--alias", f"which distribution is {name}?", f"--alias {of}HOST, or --distribution {of}ID"
                )
            return DistributionSelector(alias=default)
        answer = self.asker.ask(
            f"{name}: distribution, by its alias (a host) or id", default, _wrong_distribution
        )
        if is_distribution_id(answer):
            return DistributionSelector(id=answer)
        return DistributionSelector(alias=self._alias(answer))

    def _alias(self, text: str) -> str:
        """The alias in what was typed or pasted; a note where only a part of it is used."""
        if is_alias(text):
            return text.lower()
        host = host_in(text) or text
        self.say(f"note: the alias is {host}, without the URL's scheme, port and path")
        return host

    def accounts(
        self,
        names: tuple[str, ...],
        known: str | None,
        why_unknown: str | None = None,
        *,
        offered: str | None = None,
    ) -> Mapping[str, str]:
        """The account of every environment. `known` is that of the credentials, None without credentials;
        `offered` is the default of the first question.
        """
        given = self._by_environment("--account", self.flags.accounts, names, _wrong_account, shared=True)
        found: dict[str, str] = {}
        default = known or offered or (SANDBOX_ACCOUNT if self.sandbox else None)
        for name in names:
            if name in given:
                found[name] = given[name][-1]
            elif self.asker is not None and (known is None or len(names) > 1):
                found[name] = self.asker.ask(f"{name}: AWS account", default, _wrong_account)
            elif default is not None:
                found[name] = default
            else:
                raise _missing(
                    "--account", f"which account is {name} in?", "--account 123456789012", why_unknown
                )
            default = found[name]
        return found

    def urls(self, names: tuple[str, ...], hosts: Mapping[str, str | None]) -> Mapping[str, tuple[str, ...]]:
        """The pages of every environment. `hosts` has a host that surely answers, by environment."""
        given = self._by_environment("--url", self.flags.urls, names, _wrong_url)
        found: dict[str, tuple[str, ...]] = {}
        for name in names:
            host = hosts.get(name)
            default = None if host is None else f"https://{host}/"
            if name in given:
                found[name] = given[name]
            elif self.asker is not None:
                found[name] = (self.asker.ask(f"{name}: a page to look at", default, _wrong_url),)
            else:
                found[name] = () if default is None else (default,)
        return found

    def _names_beside_values(self) -> tuple[str, ...]:
        """The environments that `ENV=` names; the usual names come in their usual order."""
        words = (*self.flags.aliases, *self.flags.distributions, *self.flags.accounts, *self.flags.urls)
        named = dict.fromkeys(name for word in words if (name := _split(word)[0]) is not None)
        if named.keys() <= set(STAGES):
            return tuple(name for name in STAGES if name in named)
        return tuple(named)

    def _by_environment(
        self,
        option: str,
        words: Sequence[str],
        names: tuple[str, ...],
        wrong: Callable[[str], str | None],
        *,
        shared: bool = False,
    ) -> Mapping[str, tuple[str, ...]]:
        """The values of a flag, by environment. `shared`: a value without ENV= is for all of them."""
        found: dict[str, tuple[str, ...]] = {}
        for word in words:
            name, value = _split(word)
            problem = wrong(value)
            if problem is not None:
                raise UsageError(f"{option} {printable(word)}: {problem}")
            if name is None and len(names) > 1 and not shared:
                raise UsageError(
                    f"{option} {printable(word)}: for which environment?",
                    hint=f"{option} {names[0]}={printable(value)}",
                )
            if name is not None and name not in names:
                raise UsageError(
                    f"{option} {printable(word)}: the environment {printable(name)} does not exist",
                    hint=did_you_mean(name, names)
                    or f"The environments are {listed(names)} (-e adds another).",
                )
            for environment in names if name is None else (name,):
                found[environment] = (*found.get(environment, ()), value)
        return found


def answers_of(
    names: Iterable[str],
    accounts: Mapping[str, str],
    selectors: Mapping[str, tuple[DistributionSelector, ...]],
    urls: Mapping[str, tuple[str, ...]],
    runtime: Runtime,
    pipeline: Pipeline,
) -> InitAnswers:
    """All answers together."""
    return InitAnswers(
        tuple(EnvironmentAnswers(name, accounts[name], selectors[name], urls[name]) for name in names),
        runtime,
        pipeline,
    )


def sure_host(selectors: Iterable[DistributionSelector]) -> str | None:
    """A host that the distributions surely serve: an alias without an asterisk."""
    return next(
        (selector.alias for selector in selectors if selector.alias and not selector.alias.startswith("*.")),
        None,
    )


def _split(word: str) -> tuple[str | None, str]:
    """Splits `testing=www.example.com`; an `=` inside a URL does not count."""
    name, sign, value = word.partition("=")
    return (name, value) if sign and is_environment_name(name) else (None, word)


def _listed(text: str) -> list[str]:
    return text.replace(",", " ").split()


def _host(name: str) -> str:
    return "www.example.com" if name == "production" else f"{name.lower().replace('_', '-')}.example.com"


def _missing(flag: str, question: str, hint: str, why: str | None = None) -> UsageError:
    return UsageError(
        f"{flag} is missing: {question}",
        why=why or "nobody can be asked here (no terminal, or --yes)",
        hint=f"Add: {hint}",
    )


def _runtime(text: str, flag: str = "") -> Runtime:
    match text:
        case "python3.13" | "nodejs22.x":
            return text
        case _:
            raise UsageError(
                f'{flag}"{printable(text)}" is not a runtime for which init has a handler',
                hint="python3.13 or nodejs22.x; the configuration accepts others with your own handler.",
            )


def _pipeline(text: str, flag: str = "") -> Pipeline:
    match text:
        case "github" | "none":
            return text
        case _:
            raise UsageError(
                f'{flag}"{printable(text)}": this workflow does not exist', hint="github or none"
            )


def _wrong(read: Callable[[str], _T], text: str) -> str | None:
    try:
        read(text)
    except UsageError as error:
        return f"{error.summary}: {error.hint}"
    return None


def _wrong_names(text: str) -> str | None:
    bad = [name for name in _listed(text) if not is_environment_name(name)]
    return f"{bad[0]} is not a name: letters, digits, - and _, at most 32" if bad else None


def _wrong_account(text: str) -> str | None:
    return None if is_account(text) else "an account has 12 digits"


def _wrong_alias(text: str) -> str | None:
    return None if is_alias(text) or host_in(text) is not None else ": ".join(wrong_alias(text))


def _wrong_id(text: str) -> str | None:
    return None if is_distribution_id(text) else ": ".join(wrong_id(text))


def _wrong_distribution(text: str) -> str | None:
    if is_distribution_id(text):
        return None
    return _wrong_id(text) if is_account(text) or text.startswith("arn:") else _wrong_alias(text)


def _wrong_url(text: str) -> str | None:
    return None if is_web_url(text) else "not a URL to visit: https://HOST/PATH"
