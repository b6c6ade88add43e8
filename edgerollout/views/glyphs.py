"""The few signs the views draw with, and what stands for them where a stream cannot take them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Glyphs:
    """Signs of one column each, except the ASCII ones. A word always stands beside them.

    What is done has none of a diff's marks, `+`, `-` and `~`, which say what a plan changes.
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
    """The typographic signs where `encoding` can carry every one of them, else ASCII."""
    signs = "".join((*TYPOGRAPHIC.spinner, "✔✖↻·→…"))
    try:
        signs.encode(encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return ASCII
    return TYPOGRAPHIC
