"""[environments.NAME]: one environment each, and rules between them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

from edgerollout.config.excerpt import without_user
from edgerollout.config.function import FUNCTION_KEYS, read_function
from edgerollout.policy.wording import did_you_mean, listed, printable, there_are
from edgerollout.release.facts.environment import (
    AUTO,
    LAMBDA_EDGE,
    RESPONSE_HEADERS_POLICY,
    DistributionSelector,
    Environment,
    Gates,
    OnFailure,
    TriggerOwner,
)
from edgerollout.release.facts.tfvars import FILE

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping
    from pathlib import Path

    from edgerollout.config.section import Section

TOP_KEYS = ("default", "function", "environments", "lint", "tour")
ENVIRONMENT_KEYS = (
    "account",
    "distributions",
    "urls",
    "after",
    "confirm",
    "exclude",
    "profile",
    "role_arn",
    "gates",
    "invalidate",
    "on_failure",
    "deliver",
    "triggers",
    "tfvars",
    "function",
)
GATES_KEYS = ("soak", "tour", "evidence_max_age")
DISTRIBUTION_KEYS = ("id", "alias")
ON_FAILURE: tuple[OnFailure, ...] = ("rollback", "stop")
TRIGGERS: tuple[TriggerOwner, ...] = ("edgerollout", "terraform")
DELIVER: tuple[str, ...] = (LAMBDA_EDGE, RESPONSE_HEADERS_POLICY, AUTO)
TFVARS_ENDING = ".tfvars.json"

Word = TypeVar("Word", bound=str)

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}")
_ACCOUNT = re.compile(r"\d{12}")
_DISTRIBUTION_ID = re.compile(r"[A-Z0-9]{8,32}")
_ALIAS = re.compile(r"(?:\*\.)?(?:[a-z0-9_](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{1,63}")
_ROLE_ARN = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+")


@dataclass(frozen=True)
class Environments:
    """The environments in the order written, and the name of the default one."""

    by_name: Mapping[str, Environment]
    names: tuple[str, ...]
    """Every name the file mentions, also of environments that have problems."""
    default: str | None


def is_environment_name(text: str) -> bool:
    """Whether an environment may have this name."""
    return _NAME.fullmatch(text) is not None


def is_account(text: str) -> bool:
    """Whether it is an AWS account's number."""
    return _ACCOUNT.fullmatch(text) is not None


def is_distribution_id(text: str) -> bool:
    """Whether it has the shape of a distribution's id."""
    return _DISTRIBUTION_ID.fullmatch(text) is not None and not text.isdecimal()


def is_alias(text: str) -> bool:
    """Whether it can be an alias of a distribution: a host name, in any case, or `*.` and a host name."""
    return _ALIAS.fullmatch(text.lower()) is not None and not _is_cloudfronts(text)


def host_in(text: str) -> str | None:
    """The alias in pasted text: a URL, a host with a port or a path. None if there is no alias."""
    try:
        host = urlsplit(text if "//" in text else f"//{text}").hostname
    except ValueError:
        return None
    host = (host or "").rstrip(".")
    return host if is_alias(host) else None


def wrong_id(text: str) -> tuple[str, str]:
    """What is wrong with an invalid distribution id, and what to write."""
    named = f'"{printable(without_user(text))}"'
    identifier = text.rpartition("/")[2].upper()
    if is_account(text):
        return f"{named} is an account, not a distribution", "a distribution's id begins with E"
    if text.startswith("arn:") and is_distribution_id(identifier):
        return f"{named} is an ARN, not an id", f'write id = "{identifier}"'
    if (host := host_in(text)) is not None:
        return f"{named} is not a distribution id", f'write alias = "{host}"'
    if is_distribution_id(text.upper()):
        return f"{named} is not a distribution id", f'write id = "{text.upper()}"'
    return f"{named} is not a distribution id", 'for example "E1A2B3C4D5E6F7"'


def wrong_alias(text: str) -> tuple[str, str]:
    """What is wrong with an invalid alias, and what to write."""
    named = f'"{printable(without_user(text))}"'
    if (host := host_in(text)) is not None:
        kind = "a URL" if "//" in text else "more than a host"
        return f"{named} is {kind}, an alias is a host name", f'write alias = "{host}"'
    if _is_cloudfronts(text):
        return f"{named} is CloudFront's own name, not an alias", 'name it by its id: id = "E…"'
    if is_distribution_id(text):
        return f"{named} is not a host name", f'write id = "{text}"'
    return f"{named} is not a host name", 'for example "www.example.com"'


def _is_cloudfronts(text: str) -> bool:
    return text.lower().rstrip("./").endswith(".cloudfront.net")


def is_web_url(text: str) -> bool:
    """Whether it is an http(s) URL that can be visited."""
    try:
        parts = urlsplit(text)
        return (
            parts.scheme in ("https", "http")
            and bool(parts.hostname)
            and text.isprintable()
            and " " not in text
        )
    except ValueError:
        return False


def read_environments(top: Section, root: Path, today: dt.date | None = None) -> Environments:
    """All of edgerollout.toml; problems are noted, and environments without account or function left out."""
    top.refuse_unknown(TOP_KEYS)
    function = top.table("function")
    if function is not None:
        function.refuse_unknown(FUNCTION_KEYS)
    sections = top.tables_in("environments")
    if not sections and top.data.get("environments", {}) == {}:
        top.note("environments", "there is no environment", "start with [environments.testing]")
    default = _read_default(top, tuple(sections))
    _check_after(sections)
    by_name: dict[str, Environment] = {}
    for name, section in sections.items():
        environment = _read_environment(name, section, function, top, root, today)
        if environment is not None:
            by_name[name] = environment
    _check_disjoint(by_name, sections)
    return Environments(by_name=by_name, names=tuple(sections), default=default)


def _read_default(top: Section, names: tuple[str, ...]) -> str | None:
    default = top.string("default")
    if default is not None and names and default not in names:
        top.note("default", *_unknown_environment(default, names))
        return None
    return default


def _read_environment(
    name: str,
    section: Section,
    default: Section | None,
    top: Section,
    root: Path,
    today: dt.date | None,
) -> Environment | None:
    section.refuse_unknown(ENVIRONMENT_KEYS)
    if not is_environment_name(name):
        hint = "letters, digits, - and _, at most 32"
        section.file.note(section.path, "not an environment's name", hint, "key")
        return None
    own = section.table("function")
    if own is not None:
        own.refuse_unknown(FUNCTION_KEYS)
    function = read_function(name, own, default, top, root, today)
    account = _read_account(section)
    distributions = _read_distributions(section)
    urls = _read_urls(section)
    after = section.string("after")
    confirm = section.boolean("confirm", default=False)
    exclude = section.strings("exclude") or ()
    profile = section.string("profile")
    role_arn = _read_role_arn(section)
    gates = _read_gates(section)
    invalidate = _read_invalidate(section)
    on_failure = _read_on_failure(section)
    triggers = _read_triggers(section)
    deliver = _read_word(section, "deliver", DELIVER, 'there is no means "{}"')
    tfvars = _read_tfvars(section, triggers, name, root)
    if function is None or account is None:
        return None
    return Environment(
        name=name,
        account=account,
        function=function,
        distributions=distributions,
        urls=urls,
        after=after,
        confirm=confirm,
        exclude=exclude,
        profile=profile,
        role_arn=role_arn,
        gates=gates,
        invalidate=invalidate,
        on_failure=on_failure,
        triggers=triggers,
        tfvars=tfvars,
        deliver=deliver,
        deliver_named="deliver" in section,
    )


def _read_account(section: Section) -> str | None:
    if "account" not in section:
        section.file.missing(
            section.at("account"), 'the AWS account of the environment, for example "123456789012"'
        )
        return None
    account = section.string("account")
    if account is not None and not is_account(account):
        digits = "".join(character for character in account if character.isdecimal())
        hint = f'write account = "{digits}"' if is_account(digits) else "12 digits, in quotes"
        section.note("account", f'"{printable(account)}" is not an account', hint)
        return None
    return account


def _read_distributions(section: Section) -> tuple[DistributionSelector, ...]:
    tables = section.tables("distributions", _selector_of)
    if not tables and ("distributions" not in section or section.data["distributions"] == []):
        example = 'for example distributions = [{ alias = "www.example.com" }]'
        section.file.missing(section.at("distributions"), example)
    found: list[DistributionSelector] = []
    for table in tables or ():
        selector = _read_selector(table)
        if selector in found:
            table.file.note(table.path, f"{selector} is listed twice", "keep one of the two")
        elif selector is not None:
            found.append(selector)
    return tuple(found)


def _selector_of(value: object) -> str | None:
    """A distribution as the file should name it, for a string that was written instead."""
    match value:
        case str() if is_distribution_id(value):
            return f'{{ id = "{value}" }}'
        case str() if (host := host_in(value)) is not None:
            return f'{{ alias = "{host}" }}'
        case {"id": str() as identifier} if is_distribution_id(identifier):
            return f'{{ id = "{identifier}" }}'
        case {"alias": str() as alias} if is_alias(alias):
            return f'{{ alias = "{alias}" }}'
        case _:
            return None


def _read_selector(table: Section) -> DistributionSelector | None:
    table.refuse_unknown(DISTRIBUTION_KEYS)
    if ("id" in table) == ("alias" in table):
        table.file.note(
            table.path, "a distribution is named by its id or by one alias", "give one of the two"
        )
        return None
    if "id" in table:
        identifier = table.string("id")
        if identifier is not None and not is_distribution_id(identifier):
            table.note("id", *wrong_id(identifier))
            return None
        return None if identifier is None else DistributionSelector(id=identifier)
    alias = table.string("alias")
    if alias is None:
        return None
    if not is_alias(alias):
        # Not accepted: reviewers read this file and editors check it, and it selects the
        # distribution that is changed. `init` accepts it where a person types it, and says so.
        table.note("alias", *wrong_alias(alias))
        return None
    return DistributionSelector(alias=alias.lower())


def _read_urls(section: Section) -> tuple[str, ...]:
    urls = section.strings("urls") or ()
    for index, url in enumerate(urls):
        if not is_web_url(url):
            section.file.note(
                (*section.at("urls"), index),
                f'"{printable(without_user(url))}" is not a URL to visit',
                f'did you mean "https://{printable(url)}"?' if _ALIAS.match(url) else "https://HOST/PATH",
            )
    return urls


def _read_invalidate(section: Section) -> tuple[str, ...]:
    paths = section.strings("invalidate")
    if paths is None:
        return ("/*",)
    if not paths and section.data["invalidate"] == []:
        section.note("invalidate", "nothing would be invalidated", 'leave it out for ["/*"]')
    for index, path in enumerate(paths):
        # CloudFront accepts a wildcard only as the last character of an invalidation path.
        if not path.startswith("/") or "*" in path[:-1]:
            section.file.note(
                (*section.at("invalidate"), index),
                f'"{printable(path)}" is not an invalidation path',
                "begin with / and use * only at the end",
            )
    return paths


def _read_role_arn(section: Section) -> str | None:
    role_arn = section.string("role_arn")
    if role_arn is not None and not _ROLE_ARN.fullmatch(role_arn):
        section.note(
            "role_arn", f'"{printable(role_arn)}" is not a role ARN', '"arn:aws:iam::ACCOUNT:role/NAME"'
        )
        return None
    return role_arn


def _read_gates(section: Section) -> Gates:
    table = section.table("gates")
    if table is None:
        return Gates()
    table.refuse_unknown(GATES_KEYS)
    soak = table.duration("soak")
    age = table.duration("evidence_max_age")
    defaults = Gates()
    return Gates(
        soak=defaults.soak if soak is None else soak,
        tour=table.boolean("tour", default=defaults.tour),
        evidence_max_age=defaults.evidence_max_age if age is None else age,
    )


def _read_on_failure(section: Section) -> OnFailure:
    return _read_word(section, "on_failure", ON_FAILURE, '"{}" is not an action on failure')


def _read_triggers(section: Section) -> TriggerOwner:
    return _read_word(section, "triggers", TRIGGERS, '"{}" cannot own the triggers')


def _read_word(section: Section, key: str, words: tuple[Word, ...], wrong: str) -> Word:
    """One of a few words, by default the first; `wrong` is the message for any other."""
    text = section.string(key)
    known = next((word for word in words if word == text), None)
    if known is None and text is not None:
        hint = did_you_mean(text, words) or f"use {listed(words, 'or')}"
        section.note(key, wrong.format(printable(text)), hint)
    return known or words[0]


def _read_tfvars(section: Section, triggers: TriggerOwner, name: str, root: Path) -> Path | None:
    text = section.string("tfvars")
    if triggers == "edgerollout":
        if text is not None and "triggers" not in section:
            section.note("tfvars", "only Terraform reads it", 'add triggers = "terraform"', "key")
        return None
    if text is None:
        return tfvars_file(root, name)
    if not text.endswith(TFVARS_ENDING):
        section.note(
            "tfvars", f'"{printable(text)}" is not a file of tfvars in JSON', f"end it in {TFVARS_ENDING}"
        )
    return root / text


def tfvars_file(root: Path, environment: str) -> Path:
    """An environment's default tfvars: in the folder that calls the modules for it."""
    return root / "terraform" / "apply" / environment / FILE


def _check_after(sections: Mapping[str, Section]) -> None:
    """Note every `after` that does not name an environment, and every circle, once."""
    after: dict[str, str] = {}
    for name, section in sections.items():
        before = section.data.get("after")
        if not isinstance(before, str) or not before:
            continue
        if before in sections:
            after[name] = before
        else:
            section.note("after", *_unknown_environment(before, tuple(sections)))
    told: set[str] = set()
    for name in after:
        circle = _circle(name, after)
        if circle and not told.intersection(circle):
            told.update(circle)
            path = " → ".join((*circle, circle[0]))
            sections[name].note("after", f"after goes in a circle: {path}", "the first has no after")


def _circle(start: str, after: Mapping[str, str]) -> tuple[str, ...]:
    """The environments on the path from `start` back to itself; () if there is none."""
    passed = [start]
    name = after.get(start)
    while name is not None and name not in passed:
        passed.append(name)
        name = after.get(name)
    return tuple(passed) if name == start else ()


def _check_disjoint(environments: Mapping[str, Environment], sections: Mapping[str, Section]) -> None:
    """Note functions and distributions that two environments of one account share: their triggers
    would overwrite each other, and a rollback of one would roll back the other.
    """
    functions: dict[tuple[str, str], str] = {}
    distributions: dict[tuple[str, DistributionSelector], str] = {}
    files: dict[Path, str] = {}
    for name, environment in environments.items():
        section = sections[name]
        other = functions.setdefault((environment.account, environment.function.name), name)
        if other != name:
            own = section.table("function")
            section.file.note(
                own.at("name") if own is not None and "name" in own else section.path,
                f"{other} and {name} are both the function {environment.function.name}"
                f" of account {environment.account}",
                "put {environment} into its name",
            )
        if environment.tfvars is not None:
            other = files.setdefault(environment.tfvars, name)
            if other != name:
                section.note(
                    "tfvars", f"{other} and {name} write the same tfvars", "each needs a file of its own"
                )
        for selector in environment.distributions:
            other = distributions.setdefault((environment.account, selector), name)
            if other != name:
                section.note(
                    "distributions",
                    f"{other} and {name} both name {selector}",
                    "each belongs to one environment",
                )


def _unknown_environment(name: str, known: tuple[str, ...]) -> tuple[str, str]:
    hint = did_you_mean(name, known) or there_are(known)
    return f'there is no environment "{printable(name)}"', hint
