from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from edgerollout.policy.severity import Severity
from edgerollout.release.facts.events import Noticed, StepFinished, StepKind, StepProgressed, StepStarted
from edgerollout.views.log import LogView
from tests.spelling import spell

from .sample import ASSETS, FAILING, HEADING, RUN, WWW, HandClock, papers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from edgerollout.release.facts.events import Event


def _logged(
    events: Iterable[tuple[float, Event]], *, quiet: bool = False, encoding: str = "utf-8"
) -> list[str]:
    out, err, streams = papers(encoding)
    clock = HandClock()
    view = LogView(streams, HEADING, clock, spell, quiet=quiet)
    view.start()
    for at, event in events:
        clock.seconds = at
        view.handle(event)
    view.stop()
    assert out.text == "", "stdout is data, a log is not"
    return err.text.splitlines()


def test_a_publish_is_logged_line_by_line(golden: Callable[[str, str], None]) -> None:
    golden("log", "\n".join(_logged(RUN)) + "\n")


def test_a_failing_run_is_logged_with_why_and_next(golden: Callable[[str, str], None]) -> None:
    golden("log-failing", "\n".join(_logged(FAILING)) + "\n")


def test_a_waiting_step_says_so_at_most_every_thirty_seconds() -> None:
    waiting = [(0.0, StepStarted(StepKind.AWAIT_DEPLOYED, "", WWW))]
    ticks = [
        (float(at), StepProgressed(StepKind.AWAIT_DEPLOYED, "InProgress", float(at), WWW))
        for at in range(1, 301)
    ]

    lines = _logged([*waiting, *ticks])

    beats = [float(line[1:8]) for line in lines if "still InProgress" in line]
    assert beats == [30.0, 60.0, 90.0, 120.0, 150.0, 180.0, 210.0, 240.0, 270.0, 300.0]


def test_however_many_wait_there_is_one_heartbeat_for_all() -> None:
    names = [f"E{number}" for number in range(20)]
    events: list[tuple[float, Event]] = [
        (0.0, StepStarted(StepKind.AWAIT_DEPLOYED, "", name)) for name in names
    ]
    events += [
        (float(at), StepProgressed(StepKind.AWAIT_DEPLOYED, "InProgress", float(at), name))
        for at in range(5, 66, 5)
        for name in names
    ]
    events += [
        (66.0, StepFinished(StepKind.AWAIT_DEPLOYED, "Deployed", 66.0, "E0")),
        (66.0, StepStarted(StepKind.INVALIDATE, "/*", "E0")),
        (97.0, StepProgressed(StepKind.AWAIT_DEPLOYED, "InProgress", 97.0, "E1")),
    ]

    lines = _logged(events)

    assert [line for line in lines if "still" in line] == [
        "[   30.0s]   still under way: await Deployed on 20 distributions for 30s",
        "[   60.0s]   still under way: await Deployed on 20 distributions for 1m 00s",
        (
            "[   97.0s]   still under way: await Deployed on 19 distributions for 1m 37s,"
            " invalidate on 1 distribution for 31s"
        ),
    ]


def test_what_was_said_of_one_distribution_is_a_sign_of_life_for_all() -> None:
    waiting = StepKind.AWAIT_DEPLOYED
    events: list[tuple[float, Event]] = [(0.0, StepStarted(waiting, "", name)) for name in (WWW, ASSETS)]
    events += [
        (20.0, Noticed(Severity.NOTE, "somebody else's change")),
        (40.0, StepProgressed(waiting, "InProgress", 40.0, WWW)),
        (51.0, StepProgressed(waiting, "InProgress", 51.0, ASSETS)),
    ]

    assert [float(line[1:8]) for line in _logged(events) if "still" in line] == [51.0]


def test_a_changed_status_is_a_line_at_once_and_restarts_the_heartbeat() -> None:
    step = StepKind.PUBLISH_VERSION

    lines = _logged(
        [
            (0.0, StepProgressed(step, "Pending", 0.0)),
            (29.0, StepProgressed(step, "Active", 29.0)),
            (31.0, StepProgressed(step, "Active", 31.0)),
        ]
    )

    assert [line[13:] for line in lines[1:]] == ["publish version: Pending", "publish version: Active"]


def test_what_aws_says_can_neither_add_lines_nor_move_the_cursor() -> None:
    lines = _logged([(0.0, Noticed(Severity.WARNING, "one\n::error::two\x1b[2J\u202e"))])

    assert lines[1:] == ["[    0.0s] ! warning: one ::error::two\\u001b[2J\\u202e"]


@pytest.mark.parametrize(
    ("detail", "sign"), [("2 ok", "✔"), ("1 wrong", "!"), ("1 ok, 1 stale", "!"), ("2 unreachable", "!")]
)
def test_a_check_that_found_something_is_not_ticked_off(detail: str, sign: str) -> None:
    lines = _logged([(2.0, StepFinished(StepKind.VERIFY, detail, 2.0, good=sign == "✔"))])

    assert lines[1:] == [f"[    2.0s] {sign} verify headers done in 2.0s, {detail}"]


def test_quiet_leaves_failures_warnings_the_rollback_and_the_outcome() -> None:
    assert [line[11:] for line in _logged(RUN, quiet=True) if line.startswith("[")] == [
        "! assets.staging.example.com: warning: another change to this distribution is propagating too"
    ]
    assert _logged(RUN, quiet=True)[1:] == _logged(RUN)[-7:]
    assert len([line for line in _logged(FAILING, quiet=True) if line.startswith("[")]) == 2


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
def test_a_stream_of_a_poor_encoding_gets_ascii_signs(encoding: str) -> None:
    text = "\n".join(_logged(RUN, encoding=encoding))

    assert text.isascii()
    assert "release 41 -> new" in text
