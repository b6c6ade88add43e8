"""`edgerollout tour` as a front-end developer uses it: a folder, a browser, the loop until all is clean."""

from __future__ import annotations

import json
import tomllib
from typing import TYPE_CHECKING

import pytest

from tests.outside import chromium

if TYPE_CHECKING:
    from pathlib import Path

    from .project import Project

PAGE = """\
<!doctype html><title>hostile</title>
<style>p { color: teal }</style>
<script>document.title = "seen"</script>
<p style="margin: 0" onclick="this.remove()">text</p>
<img src="data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA=">
<script>new Worker(URL.createObjectURL(new Blob(["1"], { type: "text/javascript" })))</script>
<script>try { eval("1") } catch { document.title = "no eval" }</script>
"""
EMPTY = "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
POLICY = """\
# The policy of the harbour's site.
[csp]
default-src = ["'self'"]   # everything from here
object-src  = ["'none'"]
style-src   = [
  "'self'",
  "https://gone.example", # no page uses it any more
  "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='", # nor this
]
"""


@pytest.fixture
def site(project: Project) -> Path:
    """A built folder with a page that breaks most rules."""
    project.extra["EDGEROLLOUT_BROWSER"] = str(chromium())
    folder = project.folder / "dist"
    folder.mkdir()
    (folder / "index.html").write_text(PAGE)
    project.policy(POLICY)
    return folder


def test_what_a_tour_writes_makes_the_next_one_clean_with_the_policy_in_force(
    project: Project, site: Path
) -> None:
    words = ("tour", "--site", "dist", "--accept", "unsafe-eval", "--write", "--html", "report.html")
    first = project.run(*words, "-o", "json")
    assert first.code == 6, first.err
    assert "its detector works" in first.err
    assert "report: report.html" in first.err
    own = f"--endpoint-url {project.server.endpoint_url}"
    assert f"next: edgerollout tour -e testing --site dist {own}\n" in first.err
    written = (project.folder / "report.html").read_text()
    assert "Content-Security-Policy" in written
    assert 'class="frame"' in written
    document = first.document
    assert (document["schema"], document["mode"], document["complete"]) == ("1.0", "preview", True)
    assert {violation["kind"] for violation in document["violations"]} == {
        "url",
        "inline",
        "attribute",
        "eval",
    }
    assert {violation["suggestion"]["action"] for violation in document["violations"]} == {"allow"}
    samples = {violation["sample"] for violation in document["violations"] if violation["kind"] == "inline"}
    assert samples == {
        "p { color: teal }",
        'document.title = "seen"',
        "new Worker(URL.createObjectURL(new Blob(",
    } | {'try { eval("1") } catch { document.title'}
    gone = [("style-src", "https://gone.example"), ("style-src", f"'{EMPTY}'")]
    assert [(item["directive"], item["source"]) for item in document["unused"]] == gone
    written = (project.folder / "config" / "policy.toml").read_text()
    assert "# style attribute: margin: 0, on https://localhost" in written
    assert "https://gone.example" in written
    assert "# The policy of the harbour's site." in written
    assert "# everything from here" in written
    csp = tomllib.loads(written)["csp"]
    assert csp["default-src"] == ["'self'"]
    assert csp["worker-src"] == ["'self'", "blob:"]
    assert csp["img-src"] == ["'self'", "data:"]
    assert "'unsafe-inline'" not in str(csp)

    clean = project.run("tour", "--site", "dist", "--enforce", "--prune")
    assert clean.code == 0, clean.out
    assert "Nothing breaks on 1 page" in clean.out
    assert "next: edgerollout publish -e testing" in clean.out
    assert "policy.toml: 2 sources removed" in clean.err
    pruned = (project.folder / "config" / "policy.toml").read_text()
    csp["style-src"] = [item for item in csp["style-src"] if item not in {source for _, source in gone}]
    assert tomllib.loads(pruned)["csp"] == csp
    assert "any more" not in pruned


def report(number: int, **more: str) -> dict[str, object]:
    body = {
        "documentURL": "https://www.example.com/",
        "effectiveDirective": "img-src",
        "blockedURL": f"https://cdn.example.net/{number}.png",
        "originalPolicy": "default-src 'self'",
        "disposition": "report",
    }
    return {"type": "csp-violation", "url": "https://www.example.com/", "body": {**body, **more}}


def test_reports_from_browsers_are_judged_without_a_browser_and_written(project: Project) -> None:
    project.policy(POLICY)
    project.configure(urls=("https://www.example.com/",))
    project.write("reports.ndjson", "\n".join(json.dumps(report(n)) for n in range(50)) + "\n")
    result = project.run("tour", "--reports", "reports.ndjson", "-o", "json", "--write")
    assert result.code == 6, result.err
    document = result.document
    assert (document["mode"], document["complete"], len(document["violations"])) == ("reports", True, 50)
    (suggested,) = document["suggestions"]
    assert (suggested["directive"], suggested["source"]) == ("img-src", "https://cdn.example.net")
    assert (suggested["environment"], suggested["causes"], suggested["pages"]) == (None, 50, 1)
    markdown = project.run("tour", "--reports", "reports.ndjson", "-o", "markdown")
    assert markdown.out.startswith("#")
    again = project.run("tour", "--reports", "reports.ndjson", "-o", "json")
    assert again.code == 0, again.out
    assert again.document["dropped"] == {"reports about what the policy allows now": 50}


def test_the_overlay_gets_the_sources_where_that_is_asked_for(project: Project) -> None:
    project.policy(POLICY)
    project.configure(urls=("https://www.example.com/",))
    project.write("reports.json", json.dumps([report(1)]))
    project.run("tour", "--reports", "reports.json", "--write", "--overlay")
    document = tomllib.loads((project.folder / "config" / "policy.toml").read_text())
    assert document["environments"]["testing"]["csp"] == {"img-src": ["'self'", "https://cdn.example.net"]}
    assert "img-src" not in document["csp"]


def test_a_source_goes_to_the_environment_whose_it_is(project: Project) -> None:
    project.policy(POLICY)
    urls = 'urls = ["https://www.example.com/"]\n'
    project.function = "headers-{environment}"
    project.configure(
        environments={
            "testing": f'distributions = [{{ alias = "testing.example.com" }}]\n{urls}',
            "production": f'after = "testing"\n{urls}',
        }
    )
    hosts = ("https://api.testing.example.com/a.png", "https://cdn.example.net/b.png")
    reports = [report(1, blockedURL=host) for host in hosts]
    project.write("reports.json", json.dumps(reports))
    shown = project.run("tour", "--reports", "reports.json", "-e", "testing")
    first = project.run("tour", "--reports", "reports.json", "--write", "-e", "testing")
    told = (
        "    [csp] for every environment\n"
        "  + img-src https://cdn.example.net (new; keeps 'self' of default-src)\n"
        "    [environments.testing.csp] only for testing, as these hosts are under its own alias\n"
        "  + img-src https://api.testing.example.com\n"
    )
    assert f"policy.toml would gain 2 sources\n{told}" in shown.out
    assert f"policy.toml has gained 2 sources\n{told}" in first.out
    assert "2 things would break on 1 page · 2 fixed in policy.toml\n" in first.out
    document = tomllib.loads((project.folder / "config" / "policy.toml").read_text())
    assert document["csp"]["img-src"] == ["'self'", "https://cdn.example.net"]
    assert document["environments"]["testing"]["csp"]["img-src"] == ["https://api.testing.example.com"]

    project.write("reports.json", json.dumps([report(1, blockedURL="https://live.example.net/c.png")]))
    second = project.run("tour", "--reports", "reports.json", "--write", "-e", "production")
    assert "[environments.production.csp] only for production, as it comes after testing" in second.out
    assert "next: edgerollout promote -e production" in second.out
    document = tomllib.loads((project.folder / "config" / "policy.toml").read_text())
    assert document["environments"]["production"]["csp"]["img-src"] == ["https://live.example.net"]
    assert document["csp"]["img-src"] == ["'self'", "https://cdn.example.net"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--site", "nowhere"), "--site nowhere does not exist"),
        (("--site", ".", "--candidate"), "--site and --candidate cannot be combined"),
        (("--enforce",), "--enforce needs --candidate or --site"),
        (("--overlay",), "--overlay needs --write"),
        (("--prune", "/contact"), "--prune would do nothing here"),
        (("--granularity", "host"), "the granularity 'host' does not exist"),
        (("--header", "nonsense"), "--header 'nonsense' is not a header"),
        (("--storage-state", "none.json"), "--storage-state none.json cannot be read"),
        (("--pages", "none.txt"), "--pages none.txt cannot be read"),
        (("--steps", "none.toml"), "none.toml"),
        (("--origin", "api.example.com"), "--origin 'api.example.com' is not an origin"),
        (("--max-pages", "5", "--no-crawl"), "--max-pages would do nothing here"),
        (("--resolve", "nonsense"), "'nonsense' does not give an address for a host"),
        (("--ca-file", "none.pem"), "--ca-file none.pem cannot be used"),
        (("--screenshots",), "--screenshots would do nothing here"),
        (("--evidence", "e.json", "--no-evidence"), "--evidence would do nothing here"),
        (("--site", ".", "--strip-enforced"), "--strip-enforced would do nothing here"),
        (("/contact",), "'/contact' is not a page"),
        (("--reports", "none.ndjson", "--header", "A: b"), "--header does not work with it"),
        (("--reports", "none.ndjson", "--max-pages", "5"), "--reports visits no page"),
        (("--html", "no/such/r.html"), "--html no/such/r.html cannot be written"),
        (("--reports", "none.ndjson"), "none.ndjson cannot be read"),
        (("--reports", "none.ndjson", "--candidate"), "--reports visits no page"),
        (("-o", "live"), "a command that reads has no output 'live'"),
        (("--candidate",), "testing names no page to tour"),
    ],
)
def test_what_cannot_be_done_is_said_with_exit_code_2(
    project: Project, words: tuple[str, ...], said: str
) -> None:
    result = project.run("tour", *words)
    assert result.code == 2, result.err
    assert said in result.err
    assert result.out == ""


def test_nothing_live_is_refused_with_what_to_do(project: Project) -> None:
    project.distribution()
    project.configure(urls=("https://www.example.com/",))
    result = project.run("tour")
    assert result.code == 6, result.err
    assert "no release of ours is live in testing" in result.err
    assert "--candidate" in result.err


def write_steps(project: Project, page: str) -> None:
    steps = f"[[page]]\nurl = {json.dumps(page)}\nsteps = [{{ click = '#go' }}]\n"
    (project.folder / "steps.toml").write_text(steps)


@pytest.mark.parametrize("page", ["/", "index.html", "https://www.example.com/"])
def test_steps_are_taken_in_a_folder_wherever_their_page_is_said_to_be(
    project: Project, site: Path, page: str
) -> None:
    project.configure(urls=("https://www.example.com/",))
    (site / "index.html").write_text("<!doctype html><button id=go>go</button><script src=/go.js></script>")
    (site / "go.js").write_text(
        "document.getElementById('go').onclick = () => { new Image().src = 'https://cdn.example.net/a.png' }"
    )
    write_steps(project, page)
    result = project.run("tour", "--site", "dist", "--steps", "steps.toml", "-o", "json")
    assert [violation["directive"] for violation in result.document["violations"]] == ["img-src"], result.out


@pytest.mark.parametrize("words", [("--site", "dist"), ("--candidate",), ("https://www.example.com/",)])
def test_steps_of_another_site_s_page_are_an_error_in_every_mode(
    project: Project, site: Path, words: tuple[str, ...]
) -> None:
    project.configure(urls=("https://www.example.com/",))
    write_steps(project, "https://www.example.org/contact")
    result = project.run("tour", *words, "--steps", "steps.toml")
    assert result.code == 2, result.err
    assert "https://www.example.org/contact is not a page of the toured site" in result.err
    (site / "pages.txt").write_text("# none\n")
    assert "has no page" in project.run("tour", *words, "--pages", "dist/pages.txt").err
    if "--site" in words:
        stranger = project.run("tour", *words, "https://www.example.org/")
        assert "https://www.example.org/ is not a page of the toured site" in stranger.err
