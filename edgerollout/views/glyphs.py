"""The few signs that the views draw, and their ASCII forms for streams that cannot write them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Glyphs:
    """Signs, one column wide except in ASCII. There is always a word beside a sign.

    `done` must not be `+`, `-` or `~`: these are the marks of a diff, which say what a plan changes.
    """

    done: str
    failed: str
    warning: str
    note: str
    retry: str
    waiting: str
    arrow: str
    dot: str
    ellipsis: str
    spinner: tuple[str, ...]


TYPOGRAPHIC = Glyphs(
    done="✔",
    failed="✖",
    warning="!",
    note="i",
    retry="↻",
    waiting="·",
    arrow="→",
    dot="·",
    ellipsis="…",
    spinner=tuple("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"),
)

ASCII = Glyphs(
    done="ok",
    failed="x",
    warning="!",
    note="i",
    retry="~",
    waiting=".",
    arrow="->",
    dot="|",
    ellipsis="...",
    spinner=tuple("|/-\\"),
)


def glyphs_for(encoding: str | None) -> Glyphs:
    """The typographic signs if `encoding` can write all of them, otherwise ASCII."""
    signs = "".join((*TYPOGRAPHIC.spinner, "✔✖↻·→…"))
    try:
        signs.encode(encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return ASCII
    return TYPOGRAPHIC
