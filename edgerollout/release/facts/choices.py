"""What a user chooses for a release. Each choice is declared once: its option, its help, whether it is saved.

The options of `plan`, `publish` and `promote`, the command that is printed to resume one, and the choices in
a saved plan all come from the declarations here. A new choice is one field.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Literal, Self

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgerollout.release.facts.fields import Fields

ReleasingCommand = Literal["plan", "publish", "promote", "advance"]

_KEY = "choice"
_PUBLISH: tuple[ReleasingCommand, ...] = ("plan", "publish")
_ALL: tuple[ReleasingCommand, ...] = (*_PUBLISH, "promote", "advance")


@dataclass(frozen=True)
class Spelling:
    """How a choice is written: its option, the commands that have it, and its help.

    `metavar` is the placeholder of its value, where it has one; `file`: the value is the path of a file.
    """

    option: str
    commands: tuple[ReleasingCommand, ...]
    help: str
    metavar: str | None = None
    file: bool = False

    @property
    def saved(self) -> bool:
        """Whether a saved plan keeps it: publishing a plan uses the choices that the plan was made with."""
        return "plan" in self.commands

    @property
    def negation(self) -> str:
        """The option that turns off a choice that is on by default."""
        return f"--no-{self.option.removeprefix('--')}"


def flag(option: str, *commands: ReleasingCommand, about: str, holds: bool = False) -> Any:
    """A field of `Choices` that is on or off; `holds`: it is on by default."""
    return field(default=holds, metadata={_KEY: Spelling(option, commands, about)})


def texts(option: str, metavar: str, *commands: ReleasingCommand, about: str) -> Any:
    """A field of `Choices` that may be given more than once."""
    return field(default=(), metadata={_KEY: Spelling(option, commands, about, metavar)})


def text(option: str, metavar: str, *commands: ReleasingCommand, about: str) -> Any:
    """A field of `Choices` that is a text, or None."""
    return field(default=None, metadata={_KEY: Spelling(option, commands, about, metavar)})


def file(option: str, *commands: ReleasingCommand, about: str) -> Any:
    """A field of `Choices` that is the path of a file, or None."""
    return field(default=None, metadata={_KEY: Spelling(option, commands, about, "FILE", file=True)})


@dataclass(frozen=True)
class Choices:
    """The choices of `plan`, `publish` and `promote`. Options and saved plans have them in this order."""

    enforce: bool = flag("--enforce", "promote", about="From report-only to enforced, in the environment.")
    create: bool = flag("--create", *_ALL, about="Create function and role where they are missing.")
    again: bool = flag("--again", *_ALL, about="Publish as a new release what counts as rolled back.")
    from_config: bool = flag(
        "--from-config",
        *_PUBLISH,
        about="Take config/policy.toml now; the soak restarts.",
    )
    restart_soak: bool = flag(
        "--restart-soak", "promote", about="Carry a policy although another one is being observed."
    )
    accepted_headers: tuple[str, ...] = texts(
        "--accept-header", "NAME", *_ALL, about="Accept a header that cannot be taken back."
    )
    replace: tuple[str, ...] = texts(
        "--replace",
        "ARN",
        *_PUBLISH,
        about="Take over the slot of this function (repeatable).",
    )
    overrides: tuple[str, ...] = texts(
        "--override", "NAME", *_ALL, about="Set a refusal aside (repeatable); needs --reason."
    )
    reason: str | None = text("--reason", "TEXT", *_ALL, about="Why; goes into the release for good.")
    evidence: str | None = file(
        "--evidence",
        *_ALL,
        about="A tour's. Default: .edgerollout/evidence/ENV.json",
    )
    after_status: str | None = file(
        "--after-status",
        "promote",
        "advance",
        about="`status -o json` of the environment before.",
    )
    preflight: bool = flag(
        "--preflight", *_ALL, about="Lint the policy and test the handler first.", holds=True
    )
    no_swap: bool = flag("--no-swap", *_ALL, about="Write Terraform's tfvars, leave the triggers to it.")
    tfvars: str | None = file("--tfvars", *_ALL, about="What Terraform reads. Default: the configured one.")

    @classmethod
    def declared(cls) -> Iterator[tuple[str, object, Spelling]]:
        """Each choice: its name, its default, how it is written."""
        for choice in fields(cls):
            yield choice.name, choice.default, choice.metadata[_KEY]

    def spelled(self) -> tuple[str, ...]:
        """The choices as options of a command line."""
        return tuple(word for declared in self.declared() for word in self._words(*declared))

    def _words(self, name: str, default: object, spelling: Spelling) -> Iterator[str]:
        match getattr(self, name):
            case bool() as said:
                if said is not default:
                    yield spelling.option if said else spelling.negation
            case tuple() as texts:
                for text in texts:
                    yield from (spelling.option, text)
            case str() as text:
                yield from (spelling.option, text)

    def to_json(self) -> dict[str, object]:
        """What a saved plan keeps."""
        kept = {name: getattr(self, name) for name, _, spelling in self.declared() if spelling.saved}
        return {name: list(said) if isinstance(said, tuple) else said for name, said in kept.items()}

    @classmethod
    def of_json(cls, said: object, document: str) -> Self:
        """The choices of a saved plan. A choice that a plan of an earlier version does not have was not made.

        Raises ValueError for anything else; `document` is its name in that message.
        """
        from edgerollout.release.facts.fields import Fields

        given = Fields(said, document)
        known = {name: default for name, default, spelling in cls.declared() if spelling.saved}
        given.only(*(name for name in given.names() if name in known))
        return cls(**{name: _read(given, name, known[name]) for name in given.names()})


def _read(given: Fields, name: str, default: object) -> Any:
    match default:
        case bool():
            return given.flag(name)
        case tuple():
            return given.texts(name)
        case _:
            return given.text_or_none(name)
