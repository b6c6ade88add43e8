"""Flags, questions and defaults of init; what is missing or makes no sense names its flag."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest

from edgerollout.cli.asking import Asker
from edgerollout.cli.init_answers import InitFlags, Interview, answers_of, sure_host
from edgerollout.errors import ExitCode, Interrupted, UsageError
from edgerollout.release.facts.environment import DistributionSelector
from edgerollout.views.streams import Streams

if TYPE_CHECKING:
    from edgerollout.scaffold.answers import InitAnswers

ACCOUNT = "123456789012"


def complete(interview: Interview, known: str | None = None) -> InitAnswers:
    names = interview.names()
    selectors = interview.selectors(names)
    accounts = interview.accounts(names, known)
    urls = interview.urls(names, {name: sure_host(selector) for name, selector in selectors.items()})
    return answers_of(names, accounts, selectors, urls, interview.runtime(), interview.pipeline())


def summary(answers: InitAnswers) -> list[tuple[str, str, list[str], tuple[str, ...]]]:
    return [
        (environment.name, environment.account, list(map(str, environment.distributions)), environment.urls)
        for environment in answers.environments
    ]


class Terminal:
    """A person at a terminal, whose answers a test writes down beforehand."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *answers: str) -> None:
        self.seen = io.StringIO()
        monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{answer}\n" for answer in answers)))
        self.asker = Asker(Streams(stdout=io.StringIO(), stderr=self.seen, stdin_is_terminal=True))


# --- nobody to ask ---------------------------------------------------------------------------------------


def test_flags_say_it_all_for_one_environment() -> None:
    flags = InitFlags(names=("testing",), accounts=(ACCOUNT,), aliases=("T.Example.com",))

    assert summary(complete(Interview(flags, None))) == [
        ("testing", ACCOUNT, ["t.example.com"], ("https://t.example.com/",))
    ]


def test_words_are_given_to_environments_by_their_names() -> None:
    flags = InitFlags(
        names=("testing", "production"),
        accounts=(ACCOUNT, "production=999999999999"),
        aliases=("production=www.example.com", "production=assets.example.com"),
        distributions=("testing=E1A2B3C4D5E6F7",),
        urls=("testing=https://t.example.com/?a=b",),
    )

    assert summary(complete(Interview(flags, None))) == [
        ("testing", ACCOUNT, ["E1A2B3C4D5E6F7"], ("https://t.example.com/?a=b",)),
        (
            "production",
            "999999999999",
            ["www.example.com", "assets.example.com"],
            ("https://www.example.com/",),
        ),
    ]


def test_names_beside_values_are_environments_in_their_usual_order() -> None:
    flags = InitFlags(aliases=("production=www.example.com", "testing=t.example.com"))

    assert Interview(flags, None).names() == ("testing", "production")


def test_names_may_be_listed_in_one_word() -> None:
    assert Interview(InitFlags(names=("a,b", "c", "a")), None).names() == ("a", "b", "c")


def test_the_credentials_account_is_the_default() -> None:
    flags = InitFlags(names=("testing",), aliases=("t.example.com",))

    assert complete(Interview(flags, None), known="999999999999").environments[0].account == "999999999999"


def test_the_sandbox_has_a_default_for_everything() -> None:
    assert summary(complete(Interview(InitFlags(), None, sandbox=True))) == [
        ("testing", ACCOUNT, ["testing.example.com"], ("https://testing.example.com/",)),
    ]


def test_a_distribution_without_a_host_has_no_page_unless_one_is_named() -> None:
    flags = InitFlags(names=("testing",), accounts=(ACCOUNT,), distributions=("E1A2B3C4D5E6F7",))

    assert complete(Interview(flags, None)).environments[0].urls == ()
    assert sure_host((DistributionSelector(alias="*.example.com"),)) is None


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ({}, "-e is missing"),
        ({"names": ("testing",), "accounts": (ACCOUNT,)}, "--alias is missing"),
        ({"names": ("testing",), "aliases": ("t.example.com",)}, "--account is missing"),
        ({"names": ("te sting", "b!")}, "-e b!: not an environment's name"),
        (
            {"names": ("a", "b"), "aliases": ("t.example.com",)},
            "--alias t.example.com: for which environment?",
        ),
        ({"names": ("a",), "aliases": ("b=t.example.com",)}, "the environment b does not exist"),
        ({"names": ("a",), "aliases": ("a=",)}, '--alias a=: "" is not a host name'),
        ({"names": ("a",), "aliases": ("https://",)}, '"https://" is not a host name'),
        ({"names": ("a",), "aliases": ("d1.cloudfront.net",)}, "is CloudFront's own name"),
        ({"names": ("a",), "distributions": ("t.example.com",)}, 'write alias = "t.example.com"'),
        ({"names": ("a",), "distributions": (ACCOUNT,)}, "is an account, not a distribution"),
        ({"names": ("a",), "aliases": ("t.example.com",), "accounts": ("12",)}, "an account has 12 digits"),
        (
            {
                "names": ("a",),
                "aliases": ("t.example.com",),
                "accounts": (ACCOUNT,),
                "urls": ("t.example.com",),
            },
            "--url t.example.com: not a URL to visit",
        ),
        (
            {"names": ("a",), "aliases": ("t.example.com",), "accounts": (ACCOUNT,), "runtime": "ruby3.4"},
            '--runtime "ruby3.4" is not a runtime',
        ),
        (
            {"names": ("a",), "aliases": ("t.example.com",), "accounts": (ACCOUNT,), "pipeline": "gitlab"},
            '--ci "gitlab": this workflow does not exist',
        ),
    ],
)
def test_what_is_missing_or_makes_no_sense_names_its_flag(flags: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError) as caught:
        complete(Interview(InitFlags(**flags), None))

    assert words in caught.value.summary
    assert caught.value.exit_code is ExitCode.USAGE


# --- a person at a terminal ------------------------------------------------------------------------------


def test_everything_is_asked_with_its_default_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    typed = (
        "testing production",
        "t.example.com",
        "E1A2B3C4D5E6F7",
        ACCOUNT,
        "",
        "",
        "https://w.example.com/",
    )
    terminal = Terminal(monkeypatch, *typed, "", "none")

    answers = complete(Interview(InitFlags(), terminal.asker))

    assert summary(answers) == [
        ("testing", ACCOUNT, ["t.example.com"], ("https://t.example.com/",)),
        ("production", ACCOUNT, ["E1A2B3C4D5E6F7"], ("https://w.example.com/",)),
    ]
    assert (answers.runtime, answers.pipeline) == ("python3.13", "none")
    asked = terminal.seen.getvalue()
    for default in (
        "[testing]",
        f"[{ACCOUNT}]",
        "[https://t.example.com/]",
        "[python3.13]",
        "[github]",
    ):
        assert default in asked


def test_what_a_flag_says_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal(monkeypatch)
    flags = InitFlags(
        ("testing",), (ACCOUNT,), ("t.example.com",), (), ("https://t.example.com/",), "nodejs22.x", "none"
    )

    complete(Interview(flags, terminal.asker))

    assert terminal.seen.getvalue() == ""


def test_an_answer_that_does_not_fit_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal(monkeypatch, "", ACCOUNT, "t.example.com")

    selectors = Interview(InitFlags(names=("testing",)), terminal.asker).selectors(("testing",))

    assert selectors == {"testing": (DistributionSelector(alias="t.example.com"),)}
    assert "an answer is needed" in terminal.seen.getvalue()
    assert "is an account, not a distribution" in terminal.seen.getvalue()


@pytest.mark.parametrize(
    "pasted", ["https://user:secret@T.example.com:8443/a?b", "t.example.com/", "t.example.com:443"]
)
def test_of_a_pasted_url_the_host_is_taken_and_said(pasted: str) -> None:
    said: list[str] = []
    interview = Interview(InitFlags(names=("testing",), aliases=(pasted,)), None, say=said.append)

    assert interview.selectors(("testing",)) == {"testing": (DistributionSelector(alias="t.example.com"),)}
    assert said == ["note: the alias is t.example.com, without the URL's scheme, port and path"]


def test_nobody_answering_any_more_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal(monkeypatch)

    with pytest.raises(Interrupted, match="nothing was changed"):
        Interview(InitFlags(), terminal.asker).names()


@pytest.mark.parametrize(
    ("answer", "default", "agreed"),
    [("y", False, True), ("YES", False, True), ("", False, False), ("", True, True), ("no", True, False)],
)
def test_only_a_yes_is_a_yes(
    answer: str, *, default: bool, agreed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = Terminal(monkeypatch, answer)

    assert terminal.asker.agreed("Go on?", default=default) is agreed


def test_what_is_neither_yes_nor_no_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal(monkeypatch, "123456789012", "y")

    assert terminal.asker.agreed("Go on?")
    assert "y or n" in terminal.seen.getvalue()
