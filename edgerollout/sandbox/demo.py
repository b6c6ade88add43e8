"""`sandbox demo`: the main job from start to end, on a sandbox of its own, with the real commands.

Nothing is acted: every `$` line is this tool run as a user runs it, every header was asked for over
TLS at the local edge, and the demo fails when a step does not come out as it says.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from edgerollout.errors import EdgerolloutError, ExitCode
from edgerollout.probe.http import HttpProbe

if TYPE_CHECKING:
    from collections.abc import Callable

    from edgerollout.clock import Clock
    from edgerollout.rollout.ports import Probed

SITE = "https://testing.example.com"
PAGE = f"{SITE}/"
UNCACHED = f"{SITE}/api/health.json"
"""Behind a behavior without caching: every request reaches the origin, and so the function."""

_CSP = "content-security-policy-report-only"
_SHOWN = (
    _CSP,
    "strict-transport-security",
    "x-content-type-options",
    "x-frame-options",
    "referrer-policy",
    "permissions-policy",
)
_NEW_SOURCE = "https://fonts.example.com"
_GLANCE = 0.2
"""Seconds between two looks at the site while a publish runs."""


class DemoFailed(EdgerolloutError):
    """A step of the demo did not come out as it should: a bug, never the user's doing."""


@dataclass(frozen=True)
class Sighting:
    """What a visitor saw for the first time, so many seconds after the publish began."""

    at: float
    what: str


class Say(Protocol):
    """Prints a line for people."""

    def __call__(self, text: str, *, strong: bool = False) -> None: ...


class Demo:
    """One run of the demo, in a project folder of its own."""

    def __init__(self, samples: Path, clock: Clock, say: Say, *, keep: bool) -> None:
        self._samples = samples
        self._clock = clock
        self._say = say
        self._keep = keep
        self._step = 0
        self._began = clock.monotonic()
        self._root = Path(tempfile.mkdtemp(prefix="edgerollout-demo-"))

    def run(self) -> None:
        """Tell the whole story. Raises DemoFailed when it does not come out as told."""
        try:
            self._tell()
        finally:
            if self._keep:
                self._say("")
                self._say(f"The sandbox runs on, its project is in {self._root}")
                self._say(f"Stop it with: cd {self._root} && edgerollout sandbox down")
            else:
                self._edgerollout("sandbox", "down", quiet=True)
                shutil.rmtree(self._root, ignore_errors=True)

    def _tell(self) -> None:
        for name in ("config", "handler"):
            shutil.copytree(self._samples / name, self._root / name)
        self._heading("An AWS of its own: CloudFront, Lambda and an edge, on this machine only")
        self._edgerollout("sandbox", "up", "--deploy-seconds", "4")
        probe = self._probe()

        self._heading("What the site sends today")
        before = probe.headers(PAGE)
        self._show(before)
        self._expect(not before.values(_CSP), "the fresh site already sends a CSP")

        self._heading(
            "Publish the policy to testing: role, function, version, triggers, Deployed, invalidated"
        )
        self._edgerollout("--sandbox", "publish", "-e", "testing", "--create", "--yes")

        self._heading("What the site sends now")
        after = probe.headers(PAGE)
        self._show(after)
        self._expect(len(after.values(_CSP)) == 1, "the published site sends no CSP")

        self._heading("Publish again: nothing to do")
        self._edgerollout("--sandbox", "publish", "-e", "testing", "--yes")

        self._heading("The fonts come from another host: the policy changes")
        self._change_policy()
        sightings = self._watch(
            probe, lambda: self._edgerollout("--sandbox", "publish", "-e", "testing", "--yes")
        )
        self._say("")
        self._say("What visitors saw meanwhile (the reason for the wait and the invalidation):")
        for sighting in sightings:
            self._say(f"  {sighting.at:5.1f}s  {sighting.what}")
        stale = [one for one in sightings if "stale" in one.what]
        fresh = [one for one in sightings if one.what.startswith("the cached page: fresh")]
        self._expect(bool(stale and fresh), "the page was not seen stale first, and fresh afterwards")

        self._heading("A handler that throws is published: the site breaks, the release takes itself back")
        self._break_handler()
        self._edgerollout("--sandbox", "publish", "-e", "testing", "--yes", expected=ExitCode.ROLLED_BACK)
        mended = probe.headers(PAGE)
        self._expect(mended.status == 200 and len(mended.values(_CSP)) == 1, "the site is not as before")
        self._say(f"  GET {PAGE}  {mended.status}, with its headers: release 2 is live again")

        self._heading("What is live where")
        self._edgerollout("--sandbox", "status", "-e", "testing")
        self._say("")
        self._say(f"Done in {self._clock.monotonic() - self._began:.0f}s. Nothing left this machine.")

    def _heading(self, text: str) -> None:
        self._step += 1
        self._say("")
        self._say(f"{self._step}. {text}", strong=True)

    def _break_handler(self) -> None:
        path = self._root / "handler" / "python" / "index.py"
        path.write_text('def handler(event, context):\n    raise KeyError("oops")\n', encoding="utf-8")
        self._say('  handler/python/index.py: now does nothing but raise KeyError("oops")')

    def _edgerollout(self, *arguments: str, quiet: bool = False, expected: ExitCode = ExitCode.DONE) -> None:
        """Run the real command, in the demo's project; another exit code than expected fails the demo."""
        if not quiet:
            self._say(f"$ edgerollout {' '.join(arguments)}")
        finished = subprocess.run(
            (sys.executable, "-m", "edgerollout", *arguments),
            cwd=self._root,
            check=False,
            stdout=subprocess.DEVNULL if quiet else None,
            stderr=subprocess.DEVNULL if quiet else None,
        )
        if finished.returncode != expected and not quiet:
            raise DemoFailed(
                f"`edgerollout {' '.join(arguments)}` ended with exit code {finished.returncode}",
                hint="Please report this, with what is printed above.",
            )

    def _probe(self) -> HttpProbe:
        from edgerollout.config import load
        from edgerollout.sandbox.daemon import find

        project = load(self._root / "config")
        address = find(project)
        if address is None:
            raise DemoFailed("the sandbox that was just started does not answer")
        return HttpProbe(resolve=address.resolver(project), ca_file=address.ca_file)

    def _show(self, answer: Probed) -> None:
        if answer.status is None:
            raise DemoFailed(f"{answer.url} does not answer", why=answer.error)
        self._say(f"  GET {answer.url}  {answer.status}  {answer.cache or ''}")
        for name in _SHOWN:
            values = answer.values(name)
            self._say(f"    {name}: {values[0] if values else '(missing)'}")

    def _expect(self, holds: object, otherwise: str) -> None:
        if not holds:
            raise DemoFailed(otherwise, hint="Please report this, with what is printed above.")

    def _change_policy(self) -> None:
        path = self._root / "config" / "policy.toml"
        text = path.read_text(encoding="utf-8")
        line = "object-src      = [\"'none'\"]\n"
        self._expect(line in text, "the sample policy has another shape")
        path.write_text(
            text.replace(line, f'font-src        = ["\'self\'", "{_NEW_SOURCE}"]\n{line}', 1),
            encoding="utf-8",
        )
        self._say(f'  config/policy.toml: + font-src = ["\'self\'", "{_NEW_SOURCE}"]')

    def _watch(self, probe: HttpProbe, publish: Callable[[], None]) -> list[Sighting]:
        """Look at the site as visitors do while `publish` runs; every change of what they see."""
        sightings: list[Sighting] = []
        done = threading.Event()
        began = self._clock.monotonic()
        watcher = threading.Thread(target=self._look, args=(probe, began, sightings, done), daemon=True)
        watcher.start()
        try:
            publish()
        finally:
            done.set()
            watcher.join(timeout=10)
        self._glance(probe, began, sightings)
        return sightings

    def _look(self, probe: HttpProbe, began: float, sightings: list[Sighting], done: threading.Event) -> None:
        while not done.wait(_GLANCE):
            self._glance(probe, began, sightings)

    def _glance(self, probe: HttpProbe, began: float, sightings: list[Sighting]) -> None:
        for name, url in (("an uncached answer", UNCACHED), ("the cached page", PAGE)):
            answer = probe.headers(url)
            fresh = any(_NEW_SOURCE in value for value in answer.values(_CSP))
            told = (
                f"{name}: {'fresh' if fresh else 'stale'}, {'the new' if fresh else 'still the old'} policy"
            )
            last = next((one.what for one in reversed(sightings) if one.what.startswith(name)), None)
            if last is None or not told.startswith(last.partition(" (")[0]):
                sightings.append(
                    Sighting(self._clock.monotonic() - began, f"{told} ({answer.cache or answer.error})")
                )
