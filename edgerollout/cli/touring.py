"""From options to a verdict: which policy to tour on which site, and what the browser sees."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit, urlunsplit

from edgerollout.advice import CommandLine, advise
from edgerollout.config.tour_settings import TourSettings
from edgerollout.errors import Refused, UsageError
from edgerollout.policy.csp import Csp
from edgerollout.policy.effective import policies_of
from edgerollout.release.facts.evidence import WITHOUT_CSP
from edgerollout.tour.judgement import judge
from edgerollout.tour.model import Candidate, TourRequest
from edgerollout.tour.origin import origin_of
from edgerollout.tour.pages import normalised
from edgerollout.tour.proof import Subject, evidence_of
from edgerollout.tour.steps import steps_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping
    from pathlib import Path

    from edgerollout.advice import Hint
    from edgerollout.cli.invocation import Invocation
    from edgerollout.config.tour_settings import Screen
    from edgerollout.policy.csp import LayeredCsp
    from edgerollout.policy.headers import Header
    from edgerollout.release.facts.environment import Environment
    from edgerollout.release.facts.evidence import Disposition, Evidence
    from edgerollout.release.facts.release import Release
    from edgerollout.release.facts.snapshot import Function
    from edgerollout.release.status.status import Status
    from edgerollout.rollout.session import Session
    from edgerollout.tour.judgement import TourVerdict
    from edgerollout.tour.model import Gathered, TourEvent
    from edgerollout.tour.steps import PageStep
    from edgerollout.tour.suggestion import SuggestionChoices


@dataclass(frozen=True)
class TourOptions:
    """The user's options. `request` has those of the browser; its pages, steps and mode are set later.

    `urls` and the pages of `steps` are as the user wrote them, perhaps relative.
    """

    urls: tuple[str, ...]
    request: TourRequest
    choices: SuggestionChoices
    candidate: bool = False
    enforce: bool = False
    site: Path | None = None
    live: bool = False
    """For a candidate tour: tour the policy that the live release enforces, not the local one."""
    asks_aws: bool = True
    """Whether to read the live release: without it there is no evidence."""
    proves: bool = False
    """Whether a candidate tour is to write evidence, for which it has to call AWS."""
    steps: Mapping[str, tuple[PageStep, ...]] = field(default_factory=dict)
    devices: tuple[Screen, ...] = ()
    patience: int | None = None
    browser_arguments: tuple[str, ...] = ()


@dataclass(frozen=True)
class Toured:
    """A tour and its judgement. `environment` is None for a site that no configuration names; `evidence` is
    None where no gate could use the tour.
    """

    gathered: Gathered
    verdict: TourVerdict
    environment: Environment | None = None
    release: int | None = None
    evidence: Evidence | None = None


@dataclass(frozen=True)
class _Stage:
    """A site ready for a tour: its pages, the policy to check, and how to reach it.

    `policy` is None where it is read from the pages. `before` is the policy that the suggestions extend.
    `release` is the number of the live release with the policy.
    """

    request: TourRequest
    policy: Csp | None
    disposition: Disposition
    before: Csp | None
    environment: Environment | None = None
    subject: Subject | None = None
    release: int | None = None


def tour_site(invocation: Invocation, asked: TourOptions, emit: Callable[[TourEvent], None]) -> Toured:
    """Tour, and judge what was seen.

    Raises UsageError for options that cannot be combined, Refused where there is no policy to check.
    """
    from edgerollout.cli.live_network import ca_bundle
    from edgerollout.tour.browser import require_playwright
    from edgerollout.tour.gather import gather

    # Report what is missing on this machine before the first call of AWS.
    require_playwright()
    with _stage(invocation, asked) as stage:
        request = stage.request
        if request.sitemap and not request.only_resolved:
            request = replace(request, ca_bundle=ca_bundle(invocation, stage.environment))
        gathered = gather(request, clock=invocation.clock, emit=emit)
    policy, disposition = stage.policy, stage.disposition
    if policy is None:
        policy, disposition = policy_seen(gathered)
    verdict = judge(
        gathered,
        policy,
        own=stage.request.origins,
        disposition=disposition,
        before=stage.before,
        choices=asked.choices,
        # A tour of somebody else's page has no configuration.
        accept_unseen=() if stage.environment is None else invocation.project.tour.accept_unseen,
    )
    evidence = None if stage.subject is None else evidence_of(gathered, verdict, stage.subject)
    return Toured(gathered, verdict, stage.environment, stage.release, evidence)


def policy_seen(gathered: Gathered) -> tuple[Csp, Disposition]:
    """The policy of the visited pages: the report-only one where there is one, else the enforced one.

    Raises Refused where no page has a policy.
    """
    for visit in gathered.visits:
        if found := policies_of(visit.report_only):
            return found[0], "report"
    for visit in gathered.visits:
        if found := policies_of(visit.enforced):
            return found[0], "enforce"
    reasons = [reason for visit in gathered.visits for reason in visit.incomplete]
    raise Refused(
        "no page has a Content-Security-Policy to judge",
        why=reasons[0] if reasons else None,
        hint=advise(
            "Try the policy of your configuration without deploying it: ",
            CommandLine("tour", None, "--candidate"),
        ),
    )


@contextlib.contextmanager
def _stage(invocation: Invocation, asked: TourOptions) -> Iterator[_Stage]:
    if asked.site is not None and asked.candidate:
        raise UsageError(
            "--site and --candidate cannot be combined",
            why="a folder is served with the local policy as it is",
            hint="Leave --candidate out.",
        )
    if asked.enforce and not (asked.candidate or asked.site):
        raise UsageError("--enforce needs --candidate or --site", hint="A deployed site enforces itself.")
    if asked.urls and not (asked.site or asked.candidate or _names_environment(invocation)):
        asked = replace(asked, request=_with_settings(asked, TourSettings()))
        yield _Stage(_request(invocation, asked, asked.urls, ()), None, "report", None)
        return
    asked = replace(asked, request=_with_settings(asked, invocation.project.tour))
    if asked.site is not None:
        with _previewed(invocation, asked, asked.site) as stage:
            yield stage
    elif asked.candidate:
        yield _candidate(invocation, asked)
    else:
        yield _deployed(invocation, asked)


def _with_settings(asked: TourOptions, settings: TourSettings) -> TourRequest:
    """The request with the settings for pages in edgerollout.toml, as far as the user gives no others."""
    request = asked.request
    more, devices = asked.patience or settings.patience or 0, asked.devices or settings.devices
    return replace(
        request,
        endless=settings.endless,
        devices=devices,
        loads=max(request.loads, len(devices)),
        dark=settings.dark,
        settle_most=more or request.settle_most,
        page_timeout=request.page_timeout + 3 * more,
        browser_arguments=(*settings.browser_arguments, *asked.browser_arguments),
    )


def _names_environment(invocation: Invocation) -> bool:
    """Whether the user named an environment: a tour of a URL needs no configuration."""
    return invocation.options.env is not None or invocation.sandbox


@contextlib.contextmanager
def _previewed(invocation: Invocation, asked: TourOptions, site: Path) -> Iterator[_Stage]:
    """A folder, served through the handler on loopback during the tour."""
    from edgerollout.cli.previewing import PreviewChoices, open_preview

    environment = invocation.environment().environment
    choices = PreviewChoices(site=site, enforce=asked.enforce)
    with open_preview(invocation, environment, choices) as preview:
        running, release = preview.running, preview.served.release
        layered = release.enforced if asked.enforce else release.report_only
        if layered is None:
            raise Refused(f"the policy of {environment.name} has no [csp] to judge")
        world = frozenset(map(origin_of, (*environment.urls, *alias_urls(environment))))
        asked = replace(asked, urls=asked.urls or (running.url,))
        urls, steps = _placed(asked, running.url, own=(), stood_in_for=world)
        request = replace(
            asked.request,
            urls=urls,
            steps=steps,
            mode="preview",
            resolve={f"localhost:{running.port}": ("127.0.0.1", running.port)},
            ca_file=running.ca_file,
        )
        disposition: Disposition = "enforce" if asked.enforce else "report"
        policy = layered.effective if asked.enforce else layered.effective.for_report_only()
        yield _Stage(request, policy, disposition, layered.effective, environment)


def _candidate(invocation: Invocation, asked: TourOptions) -> _Stage:
    """A policy, injected into the pages of the live site; nothing is deployed.

    It is the local policy, or with `asked.live` the one that the live release enforces.
    """
    environment = invocation.environment().environment
    local = invocation.project.policy_of(environment)
    layered, headers, subject, release = local.csp, local.headers, None, None
    if asked.live or asked.proves:
        there = _there(invocation, environment)
        if asked.live:
            release, layered, headers = _enforced(there)
        subject = there.subject(layered.digest) if asked.proves else None
    csp = layered.effective
    if csp.is_empty:
        raise Refused(
            f"the policy of {environment.name} has no [csp] to try", hint="Write one into config/policy.toml."
        )
    request = _request(invocation, asked, _pages(environment, asked), environment.urls)
    request = replace(
        request,
        mode="candidate",
        origins=(*request.origins, *environment.urls),
        candidate=Candidate(csp, enforced=asked.enforce, headers=headers),
    )
    policy = csp if asked.enforce else csp.for_report_only()
    return _Stage(
        request, policy, "enforce" if asked.enforce else "report", csp, environment, subject, release
    )


@dataclass(frozen=True)
class _There:
    """What AWS says about an environment, for a tour."""

    environment: Environment
    status: Status
    endpoint: str
    session: Session
    function: Function | None

    def subject(self, digest: str, release: int | None = None) -> Subject:
        """The subject of evidence about the policy with that digest."""
        return Subject(
            environment=self.environment.name,
            account=self.environment.account,
            distributions=tuple(distribution.id for distribution in self.status.distributions),
            endpoint=self.endpoint,
            release=release,
            digest=digest,
        )

    def live_release(self, hint: Hint) -> tuple[int, Release]:
        """The live release and its number. Raises Refused where no release is live."""
        from edgerollout.rollout.reading import needed_release

        live, environment = self.status.live, self.environment
        if self.function is None or live is None or live.digest is None:
            raise Refused(f"no release of ours is live in {environment.name}", hint=hint)
        return live.number, needed_release(self.session.aws, self.function, live.number, environment)


def _there(invocation: Invocation, environment: Environment) -> _There:
    from edgerollout.cli.means import with_means
    from edgerollout.cli.reading import endpoint_kind, reading_session
    from edgerollout.release.status.status import status_of
    from edgerollout.rollout.reading import take_snapshot

    session = reading_session(invocation, environment)
    environment, read = with_means(invocation, session, environment)
    snapshot = take_snapshot(session, environment, invocation.siblings(environment), read=read)
    status, endpoint = status_of(environment, snapshot), endpoint_kind(invocation, session)
    return _There(environment, status, endpoint, session, snapshot.function)


def _enforced(there: _There) -> tuple[int, LayeredCsp, tuple[Header, ...]]:
    """The live release, the policy that it enforces, and its headers. Raises Refused where there is none."""
    environment = there.environment
    number, release = there.live_release(
        advise("Publish first: ", CommandLine("publish", environment.name), ". Or leave --live out.")
    )
    if release.enforced is None:
        raise Refused(
            f"release {number} of {environment.name} enforces no policy",
            hint="To try the local one, leave --live out.",
        )
    return number, release.enforced, release.headers


def _deployed(invocation: Invocation, asked: TourOptions) -> _Stage:
    """The policy that an environment sends, from its live release."""
    environment = invocation.environment().environment
    request = _request(invocation, asked, _pages(environment, asked), environment.urls)
    request = replace(request, origins=(*request.origins, *environment.urls))
    before = invocation.project.policy_of(environment).csp.effective
    if not asked.asks_aws:
        return _Stage(request, None, "report", before, environment)
    there = _there(invocation, environment)
    number, release = there.live_release(
        advise(
            "Publish first: ",
            CommandLine("publish", environment.name),
            ". To try the policy beforehand: ",
            CommandLine("tour", environment.name, "--candidate"),
        )
    )
    observed = release.report_only
    if observed is None and not release.observed:
        enforced = None if release.enforced is None else release.enforced.effective
        return _Stage(request, enforced, "enforce", before, environment, release=number)
    subject = there.subject(WITHOUT_CSP if observed is None else observed.digest, number)
    subject = replace(subject, observed=release.observed)
    policy = Csp() if observed is None else observed.effective.for_report_only()
    return _Stage(request, policy, "report", before, environment, subject, number)


def _pages(environment: Environment, asked: TourOptions) -> tuple[str, ...]:
    """The requested pages: those given, else the environment's."""
    urls = asked.urls or environment.urls
    if not urls:
        raise UsageError(
            f"{environment.name} names no page to tour",
            hint=f"Add urls to [environments.{environment.name}] in edgerollout.toml, or give URLs.",
        )
    return urls


def alias_urls(environment: Environment) -> Iterator[str]:
    """The root URL of each alias by which the configuration names a distribution."""
    return (
        f"https://{distribution.alias}/"
        for distribution in environment.distributions
        if distribution.alias is not None
    )


def _request(
    invocation: Invocation, asked: TourOptions, urls: tuple[str, ...], more_own: tuple[str, ...]
) -> TourRequest:
    """The request for these pages and the pages of steps. `more_own` are other URLs of the site."""
    base = next((url for url in (*more_own, *urls) if origin_of(url)), None)
    if base is None:
        raise UsageError(f"{urls[0]!r} is not a page", hint="Give complete URLs: https://www.example.com/")
    pages, steps = _placed(replace(asked, urls=urls), base, own=(*more_own, *urls))
    return request_for_pages(invocation, replace(asked.request, steps=steps), pages)


def _placed(
    asked: TourOptions, base: str, *, own: tuple[str, ...], stood_in_for: Collection[str] = ()
) -> tuple[tuple[str, ...], Mapping[str, tuple[PageStep, ...]]]:
    """The requested pages and those of the steps, as complete URLs. Relative ones belong to `base`, and so do
    those of the origins that `base` replaces.

    Raises UsageError for a page of another site: the request could not be done there.
    """
    more = () if stood_in_for else (*own, *asked.request.origins)
    known = {origin for url in (base, *more) if (origin := origin_of(url))}

    def place(written: str, option: str) -> str:
        whole = urljoin(base, written)
        if origin_of(whole) in stood_in_for:
            parts = urlsplit(whole)
            whole = urljoin(base, urlunsplit(("", "", parts.path or "/", parts.query, parts.fragment)))
        if origin_of(whole) not in known:
            raise UsageError(
                f"{option}{written} is not a page of the toured site",
                why=f"that is {', '.join(sorted(known))}",
                hint="Give a path (/contact), or name the site's other origin with --origin.",
            )
        return normalised(whole)

    pages = tuple(place(url, "") for url in asked.urls)
    steps = steps_of((place(url, "--steps: "), taken) for url, taken in asked.steps.items())
    return tuple(dict.fromkeys((*pages, *steps))), steps


def request_for_pages(invocation: Invocation, request: TourRequest, urls: tuple[str, ...]) -> TourRequest:
    """The request for these pages, on the internet or in the sandbox."""
    request = replace(request, urls=urls)
    if not invocation.sandbox:
        return request
    from edgerollout.sandbox.daemon import up

    address = up(invocation.project, say=invocation.say_aside)
    resolve = {**address.resolver(invocation.project), **request.resolve}
    ca_file = request.ca_file or address.ca_file
    return replace(request, resolve=resolve, ca_file=ca_file, only_resolved=True)
