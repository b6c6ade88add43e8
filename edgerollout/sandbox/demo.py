"""`sandbox demo`: the main job from grade F to A+, on a sandbox of its own, with the real commands.

Everything is real: every `$` line runs this tool as a user does, every header comes from the local edge over
TLS, and the demo fails when a step does not have the stated result.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from edgerollout.advice import spelled
from edgerollout.errors import ExitCode
from edgerollout.net.network import Network
from edgerollout.probe.http import HttpProbe
from edgerollout.sandbox.demo_browser import NoBrowser, browser_for_demo
from edgerollout.sandbox.demo_stage import DemoFailed, DemoStage, Say
from edgerollout.sandbox.sightings import REPORT_ONLY, watched

if TYPE_CHECKING:
    from pathlib import Path

    from edgerollout.advice import Spell
    from edgerollout.clock import Clock
    from edgerollout.config import Project
    from edgerollout.net.answer import HttpAnswer
    from edgerollout.sandbox.daemon import SandboxAddress

PAGE = "https://testing.example.com/"
STAGING = "https://staging.example.com/"
UNCACHED = f"{PAGE}api/health.json"
"""Behind a behavior without caching: every request reaches the origin, and so the function."""

_ENFORCED = "content-security-policy"
_TESTING = ("-e", "testing", "--sandbox")
_TOUR = ("tour", *_TESTING, "--max-pages", "6", "--steps", "clicks.toml")
_CLICKS = f"""\
[[page]]
url   = "{PAGE}app/tickets"
steps = [{{ click = "text=Buy" }}]   # its handler is an attribute, which no browser judges before the click
"""
_BY_POLICY = 'deliver = "response-headers-policy"'
_FONTS = "https://fonts.example.com"

_ALL = "."
_GRADES = r"Observatory [A-F]|securityheaders style [A-F]\S*$"
_FINDINGS = r"^  \S+ (error|warning|note): |^\S+ \d+ (error|warning|note)"
_VERDICT = r"would break|decide: |^  \+ |^\S+ \d+/\d+ https|^\s*next:"
_GATES = r"^Promotion:|^\S+ (soak|tour|after|drift|observable|reporting|lint|headers): "
_WAY = r"set aside:|tour the site (done|: something)|rolling back to|^\S+ (completed|rolled back): |^  next:"


class Demo:
    """One run of the demo, in its own project folder."""

    def __init__(
        self, samples: Path, clock: Clock, say: Say, spell: Spell, *, keep: bool, install_browser: bool
    ) -> None:
        self._clock = clock
        self._say = say
        self._keep = keep
        self._install_browser = install_browser
        self._stage = DemoStage(samples, clock, say, spell)
        self._spell = spell

    def run(self) -> None:
        """Run the whole demo. Raises DemoFailed when a step has another result."""
        try:
            self._tell()
        finally:
            self._stage.leave(keep=self._keep)

    def _tell(self) -> None:
        left_out = self._find_browser()
        self._start()
        self._observe()
        if left_out is None:
            self._mend_by_tour()
            self._enforce()
            self._blank()
        else:
            self._mend_by_hand()
        self._throw()
        self._by_policy()

        self._stage.heading("What is live where")
        self._stage.run("status", *_TESTING)
        self._say("")
        self._say(f"Done in {self._stage.seconds():.0f}s. Nothing left this machine.")
        if left_out is not None:
            self._say_left_out(left_out)

    # --- the scenes --------------------------------------------------------------------------------------

    def _start(self) -> None:
        self._stage.heading("A local AWS: CloudFront, Lambda and an edge, on this machine only")
        # Fast enough for a demo, slow enough to be visible; the real CloudFront takes minutes.
        up = ("up", "-q", "--deploy-seconds", "1.5", "--invalidation-seconds", "0.8")
        self._stage.run("sandbox", *up, shows=_ALL)
        self._project, self._address = self._find_sandbox()
        network = Network(resolve=self._address.resolver(self._project), ca_file=self._address.ca_file)
        self._probe = HttpProbe(network)

        self._stage.heading("The site's grades today")
        before = self._probe.headers(PAGE)
        self._stage.expect(not before.values(REPORT_ONLY), "the fresh site already sends a CSP")
        self._stage.run("scan", *_TESTING, "-q", shows=_GRADES)

        self._stage.heading("Is the policy sound, and does the handler send it?")
        self._stage.run("lint", "-e", "testing", shows=_FINDINGS)
        self._stage.run("test", "-e", "testing", "-q", shows=r"cases")

    def _observe(self) -> None:
        self._stage.heading("Publish, report-only: function, version, triggers, Deployed, invalidated")
        self._stage.run("publish", *_TESTING, "--create", "--yes")
        after = self._probe.headers(PAGE)
        self._show(after)
        self._stage.expect(len(after.values(REPORT_ONLY)) == 1, "the published site sends no CSP")
        self._say("Again: there is nothing to do.")
        self._stage.run("publish", *_TESTING, "--yes", "-q", shows=_ALL)

    def _mend_by_tour(self) -> None:
        self._stage.heading("Tour the site in a real browser: what would the policy break?")
        (self._stage.root / "clicks.toml").write_text(_CLICKS, encoding="utf-8")
        self._stage.run(*_TOUR, "--write", expected=ExitCode.REFUSED, shows=_VERDICT)
        self._say("These sources, and a hash for each inline script and style, are in policy.toml now,")
        self._say(
            "except 'unsafe-eval': that is a decision. Here the decision is to repair the old timetable."
        )
        self._mend_page()

        self._stage.heading("Publish the repaired policy: visitors have the old one until invalidated")
        self._publish_watched()

        self._stage.heading("Tour again: clean, which is the evidence for the next step")
        self._stage.run(*_TOUR, shows=_VERDICT)

    def _enforce(self) -> None:
        self._stage.heading("Enforce exactly what was observed: gates first, a tour afterwards")
        self._stage.run("promote", *_TESTING, "--enforce", "--yes", shows=f"{_GATES}|{_WAY}")
        self._stage.run("verify", *_TESTING, "-q", shows=r"responses with the headers of release")

        self._stage.heading("The site's grades now")
        self._stage.run("scan", *_TESTING, "-q", "--min-grade", "A+", shows=_GRADES)

    def _blank(self) -> None:
        self._stage.heading("A policy without any script is enforced in a hurry, without its gates")
        good = self._stage.policy.read_text(encoding="utf-8")
        broken = re.sub(
            r"^script-src\s*=\s*\[.*?^\]",
            "script-src = [\"'none'\"]",
            good,
            count=1,
            flags=re.MULTILINE | re.DOTALL,
        )
        self._stage.expect(broken != good, "the policy has no script-src to take away")
        before = self._probe.headers(PAGE).values(_ENFORCED)
        self._edit(broken, "script-src = [\"'none'\"]")
        self._stage.run("publish", *_TESTING, "--yes", "-q", shows=_ALL)
        hurry = ("--override", "tour", "--override", "reporting", "--reason", "no time for a tour")
        self._stage.run(
            *("promote", *_TESTING, "--enforce", *hurry, "--yes"),
            expected=ExitCode.ROLLED_BACK,
            shows=f"^! |{_WAY}",
        )
        self._stage.expect(
            self._probe.headers(PAGE).values(_ENFORCED) == before, "the policy before is not enforced again"
        )
        self._say("  The browser found the page broken; the run took the release back.")
        self._edit(good, "as it was")

    def _mend_by_hand(self) -> None:
        self._stage.heading("The fonts come from another host: the old policy is seen until invalidated")
        text = self._stage.policy.read_text(encoding="utf-8")
        line = "object-src      = [\"'none'\"]\n"
        self._stage.expect(line in text, "the sample policy has another shape")
        font = f'font-src        = ["\'self\'", "{_FONTS}"]'
        self._edit(text.replace(line, f"{font}\n{line}", 1), f"+ {font}")
        self._publish_watched()
        self._stage.heading("The site's grades now, and once its policy is enforced")
        self._stage.run("scan", *_TESTING, "-q", shows=_GRADES)

    def _throw(self) -> None:
        self._stage.heading("A handler that throws is published without its tests, and is taken back")
        before = self._probe.headers(PAGE)
        good = self._stage.handler.read_text(encoding="utf-8")
        self._stage.handler.write_text(
            'def handler(event, context):\n    raise KeyError("oops")\n', encoding="utf-8"
        )
        self._say('  handler/python/index.py: now only raises KeyError("oops")')
        self._stage.run("test", "-e", "testing", "-q", expected=ExitCode.REFUSED, shows=r"^\S+ \d+ ")
        self._stage.run(
            *("publish", *_TESTING, "--yes", "--no-preflight"), expected=ExitCode.ROLLED_BACK, shows=_WAY
        )
        after = self._probe.headers(PAGE)
        same = all(after.values(name) == before.values(name) for name in (_ENFORCED, REPORT_ONLY))
        self._stage.expect(after.status == 200 and same, "the site is not as before")
        self._say(f"  GET {PAGE}  {after.status}, with the headers it had before")
        self._stage.handler.write_text(good, encoding="utf-8")

    def _by_policy(self) -> None:
        self._stage.heading("Staging gets a response headers policy of CloudFront: free, no function runs")
        settings = self._stage.root / "config" / "edgerollout.toml"
        text, table = settings.read_text(encoding="utf-8"), "[environments.staging]\n"
        self._stage.expect(table in text, "the sample configuration has another shape")
        settings.write_text(text.replace(table, f"{table}{_BY_POLICY}\n"), encoding="utf-8")
        self._say(f"  config/edgerollout.toml: + {_BY_POLICY}")
        first = ("--create", "--from-config", "--yes", "--sandbox")
        self._stage.run("publish", "-e", "staging", *first, shows=r"(policy|behaviors) done|is live in")
        after = self._probe.headers(STAGING)
        self._show(after)
        self._stage.expect(len(after.values(REPORT_ONLY)) == 1, "a policy does not send the CSP")

    # --- what they are made of ---------------------------------------------------------------------------

    def _find_browser(self) -> NoBrowser | None:
        try:
            browser = browser_for_demo(self._say, install=self._install_browser)
        except NoBrowser as none:
            self._say("There is no browser for a tour; the scenes that need one are left out.")
            return none
        from edgerollout.tour.browser import VARIABLE

        self._stage.set_variable(VARIABLE, str(browser))
        return None

    def _say_left_out(self, none: NoBrowser) -> None:
        self._say("")
        self._say("Left out, because there is no browser: the tours, enforcing what they prove, the")
        self._say("grade A+ that is live then, and the policy that blanks the page.")
        self._say(f"  {none.summary}{f': {none.why}' if none.why else ''}")
        if none.hint:
            self._say(f"  → {spelled(none.hint, self._spell)}")

    def _find_sandbox(self) -> tuple[Project, SandboxAddress]:
        from edgerollout.config import load
        from edgerollout.sandbox.daemon import find

        project = load(self._stage.root / "config")
        address = find(project)
        if address is None:
            raise DemoFailed("the sandbox that was just started does not answer")
        return project, address

    def _mend_page(self) -> None:
        from edgerollout.sandbox.blueprint import blueprint
        from edgerollout.sandbox.mended_page import PAGE as MENDED
        from edgerollout.sandbox.mended_page import mend

        testing = blueprint(self._project.environments.values()).sites[0]
        text = self._stage.policy.read_text(encoding="utf-8")
        for gone in mend(testing, self._address.endpoint_url, self._address.secret).gone:
            self._stage.expect(gone in text, f"the tour did not suggest {gone}")
            text = re.sub(rf'\n *"{re.escape(gone)}",[^\n]*', "", text)
        self._say(f"  {MENDED}: its scripts move to a file, without eval")
        self._edit(text, "- the hashes of the scripts that are gone")

    def _edit(self, text: str, told: str) -> None:
        self._stage.policy.write_text(text, encoding="utf-8")
        self._say(f"  config/policy.toml: {told}")

    def _show(self, answer: HttpAnswer) -> None:
        if answer.status is None:
            raise DemoFailed(f"{answer.url} does not answer", why=answer.error)
        self._say(f"  GET {answer.url}  {answer.status}  {answer.cache or ''}")
        for name in (REPORT_ONLY, "strict-transport-security", "x-content-type-options", "x-frame-options"):
            values = answer.values(name)
            self._say(f"    {name}: {values[0] if values else '(missing)'}")

    def _publish_watched(self) -> None:
        sightings = watched(
            self._probe,
            self._clock,
            {"an uncached answer": UNCACHED, "the cached page": PAGE},
            lambda: self._stage.run("publish", *_TESTING, "--yes", "-q", shows=_ALL),
        )
        self._say("What visitors saw meanwhile (why one waits and invalidates):")
        for sighting in sightings:
            told = "fresh, the new policy" if sighting.fresh else "stale, still the old policy"
            self._say(f"  {sighting.at:5.1f}s  {sighting.place}: {told} ({sighting.cache})")
        page = [sighting.fresh for sighting in sightings if sighting.place == "the cached page"]
        self._stage.expect(page == [False, True], "the page was not seen stale first, and fresh afterwards")
