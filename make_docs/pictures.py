"""The pictures of README and docs/, drawn from what the program itself shows on a sandbox of its own.

A terminal is a real one (a pty), the answers are typed into it, and the report is opened in a real Chromium.
"""

from __future__ import annotations

import fcntl
import os
import pty
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
from pathlib import Path

from make_docs.terminal import Screen, Style, svg

ROOT = Path(__file__).parents[1]
ASSETS = ROOT / "docs" / "assets"
COLUMNS = 106
_CLICKS = """\
[[page]]
url   = "https://testing.example.com/app/tickets"
steps = [{ click = "text=Buy" }]
"""
_PROGRAM = (sys.executable, "-m", "edgerollout")
_REPORT = (1120, 1080)
"""Width and height of what is shown of the report."""


def write() -> None:
    """Draw all of them. Raises CalledProcessError where a command ends as it should not."""
    ASSETS.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part in ("config", "handler"):
            shutil.copytree(ROOT / part, folder / part)
        (folder / "clicks.toml").write_text(_CLICKS, encoding="utf-8")
        try:
            _run(folder, "sandbox up --deploy-seconds 0.6 --invalidation-seconds 0.4")
            _run(folder, "--sandbox publish -e testing --create --yes")
            _draw_publish(folder)
            _draw_tour(folder)
        finally:
            _run(folder, "sandbox down")


def _draw_publish(folder: Path) -> None:
    policy = folder / "config" / "policy.toml"
    text = policy.read_text(encoding="utf-8")
    line = "object-src      = [\"'none'\"]\n"
    assert line in text, "the sample policy has another shape"
    fonts = 'font-src        = ["\'self\'", "https://fonts.example.com"]\n'
    policy.write_text(text.replace(line, fonts + line, 1), encoding="utf-8")
    _terminal(
        folder, "publish", "--sandbox publish -e testing", "A publish: the plan, a question, what is live now"
    )


def _draw_tour(folder: Path) -> None:
    tour = "--sandbox tour -e testing --max-pages 6 --steps clicks.toml --html tour.html"
    _run(folder, tour, code=6)
    _photograph(folder / "tour.html", ASSETS / "tour-report.png")


def _run(folder: Path, words: str, *, code: int = 0) -> None:
    ended = subprocess.run((*_PROGRAM, *words.split()), cwd=folder, check=False, capture_output=True)
    if ended.returncode != code:
        raise subprocess.CalledProcessError(ended.returncode, words, ended.stdout, ended.stderr)


def _terminal(folder: Path, name: str, words: str, title: str) -> None:
    """Run a command at a terminal, answer yes to its questions, and draw the terminal after it."""
    screen = Screen()
    screen.style = Style(bold=True)
    screen.write(f"$ edgerollout {words}\r\n\x1b[0m")
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(folder)
        kept = {key: os.environ[key] for key in ("PATH", "HOME", "PYTHONPATH", "LANG") if key in os.environ}
        os.execve(
            _PROGRAM[0], (*_PROGRAM, *words.split()), kept | {"TERM": "xterm-256color", "LANG": "C.UTF-8"}
        )
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 60, COLUMNS, 0, 0))
    written = bytearray()
    while chunk := _read(terminal):
        written += chunk
        if b"[y/N]" in chunk:
            os.write(terminal, b"y\n")
    _, status = os.waitpid(child, 0)
    ended = os.waitstatus_to_exitcode(status)
    if ended:
        raise subprocess.CalledProcessError(ended, words, bytes(written))
    screen.write(written.decode())
    (ASSETS / f"{name}.svg").write_text(svg(screen, columns=COLUMNS, title=title), encoding="utf-8")


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # what Linux answers when the other side is closed
        return b""


def _photograph(page: Path, picture: Path) -> None:
    """A picture of the top of an HTML file in a browser."""
    from playwright.sync_api import sync_playwright

    from edgerollout.tour.browser import VARIABLE, find_browser

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_browser(os.environ.get(VARIABLE)), args=["--no-sandbox"]
        )
        width, height = _REPORT
        opened = browser.new_page(viewport={"width": width, "height": height})
        opened.goto(page.as_uri())
        opened.screenshot(path=picture)
        browser.close()
