"""A distribution that is added to an environment which enforces: nobody is enforced unobserved."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.request import urlopen

import pytest

from edgerollout.release.facts.fields import Fields, parse_json
from edgerollout.release.facts.release import Release
from tests.fakes.evidence import clean

if TYPE_CHECKING:
    from .project import Project, Result

pytestmark = pytest.mark.sandbox

PUBLISH = ("publish", "-e", "testing", "--yes", "--no-verify", "-o", "json")
ASIDE = ("--override", "unobserved", "--reason", "tried by hand")
GATES = ("soak", "tour", "observable", "reporting", "drift")


class Enforcing:
    """A project whose testing environment enforces on one distribution and has another one added."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.first = project.distribution()
        project.configure(environments={"testing": self._environment(project.alias)})
        project.published("--no-verify")
        words = [word for gate in GATES for word in ("--override", gate)]
        enforced = project.run(
            "promote", "-e", "testing", "--enforce", "--yes", "--no-verify", *words, "--reason", "a test"
        )
        assert enforced.code == 0, enforced.err
        self.alias = f"added-{project.alias}"
        self.second = project.distribution(self.alias)
        project.configure(environments={"testing": self._environment(project.alias, self.alias)})
        project.forget_calls()

    @staticmethod
    def _environment(*aliases: str) -> str:
        names = ", ".join(f'{{ alias = "{alias}" }}' for alias in aliases)
        urls = json.dumps([f"https://{alias}/" for alias in aliases])
        return f'distributions = [{names}]\nurls = {urls}\ngates = {{ evidence_max_age = "1d" }}\n'

    def live(self) -> Release:
        number = self.project.run("status", "-e", "testing", "-o", "json").document["release"]
        found = self.project.functions.get_function(FunctionName=self.project.function, Qualifier=str(number))
        with urlopen(found["Code"]["Location"]) as answer, zipfile.ZipFile(io.BytesIO(answer.read())) as code:
            return Release.from_json(Fields(parse_json(code.read("release.json")), "release.json"))

    def evidence(self, **changes: Any) -> str:
        """Leave the evidence of a clean candidate tour of what is enforced, just now; its file's name."""
        policy = self.live().enforced
        assert policy is not None
        told = {
            "mode": "candidate",
            "environment": "testing",
            "account": self.project.account,
            "distributions": (self.first, self.second),
            "endpoint": self.project.server.endpoint_url,
            **changes,
        }
        pages = tuple(f"https://{text}/" for text in (self.project.alias, self.alias))
        (self.project.folder / "candidate.json").write_bytes(clean(policy, pages, **told))
        return "candidate.json"


def told(result: Result, severity: str) -> list[dict[str, Any]]:
    """What a run said of the plan at that severity."""
    return [event for event in result.events if event["type"] == "notice" and event["severity"] == severity]


@pytest.fixture
def enforcing(project: Project) -> Enforcing:
    return Enforcing(project)


def test_a_distribution_is_not_added_to_what_is_enforced_unless_somebody_looked_there(
    enforcing: Enforcing,
) -> None:
    project = enforcing.project

    planned = project.run("plan", "-e", "testing")
    refused = project.run(*PUBLISH)

    assert planned.code == 6
    assert "tour -e testing --candidate --live --evidence candidate-testing.json" in planned.out
    assert refused.code == 6
    assert refused.outcome["result"] == "refused"
    [finding] = told(refused, "error")
    assert "never observed there" in finding["message"]
    assert finding["distribution"] == enforcing.second
    assert project.writes() == {}


def test_what_was_set_aside_is_in_a_release_that_all_distributions_get(enforcing: Enforcing) -> None:
    project = enforcing.project

    done = project.run(*PUBLISH, *ASIDE)
    again = project.run(*PUBLISH, *ASIDE)
    plain = project.run(*PUBLISH)

    assert done.code == 0, done.out
    assert enforcing.live().overrides[-1].reason == "tried by hand"
    assert [override.gate for override in enforcing.live().overrides] == ["unobserved"]
    assert project.everywhere(enforcing.first) == project.everywhere(enforcing.second)
    assert (again.outcome["result"], plain.outcome["result"]) == ("nothing-to-do", "nothing-to-do")


def test_clean_evidence_of_a_candidate_tour_lets_it_be_added_without_a_new_release(
    enforcing: Enforcing,
) -> None:
    project = enforcing.project
    versions = project.versions()

    done = project.run(*PUBLISH, "--evidence", enforcing.evidence())

    assert done.code == 0, done.out
    assert project.versions() == versions
    assert project.everywhere(enforcing.first) == project.everywhere(enforcing.second)


OTHER = {
    "of another policy": {"digest": "0" * 64},
    "of a deployed site": {"mode": "deployed", "release": 2},
    "of another account": {"account": "999999999999"},
    "of another distribution": {"distributions": ("EOTHER",)},
    "of other pages": {"asked": (), "pages": ()},
    "too old": {
        "started": datetime.now(UTC) - timedelta(days=2),
        "ended": datetime.now(UTC) - timedelta(days=2),
    },
    "gathered elsewhere": {"endpoint": "aws"},
}


def test_evidence_of_anything_else_does_not_do(enforcing: Enforcing) -> None:
    for what, changes in OTHER.items():
        refused = enforcing.project.run(*PUBLISH, "--evidence", enforcing.evidence(**changes))
        assert refused.code == 6, what
        [finding] = told(refused, "error")
        assert "the evidence is not accepted" in finding["message"], what
    missing = enforcing.project.run("plan", "-e", "testing", "--evidence", "none.json")
    assert missing.code == 2
    assert "none.json" in missing.err
    assert enforcing.project.writes() == {}


def test_a_distribution_that_lost_its_triggers_gets_them_back(enforcing: Enforcing) -> None:
    project = enforcing.project
    assert project.run(*PUBLISH, *ASIDE).code == 0
    for path in ("/api/*", None):
        _strip(project, enforcing.second, path)

    mended = project.run(*PUBLISH, "--again")

    assert mended.code == 0, mended.out
    assert project.everywhere(enforcing.second) == project.everywhere(enforcing.first)
    assert enforcing.live().overrides == ()


def test_what_is_only_observed_goes_to_an_added_distribution_at_once(project: Project) -> None:
    first = project.distribution()
    project.published()
    alias = f"added-{project.alias}"
    second = project.distribution(alias)
    names = f'[{{ alias = "{project.alias}" }}, {{ alias = "{alias}" }}]'
    project.configure(environments={"testing": f"distributions = {names}\n"})

    assert project.run(*PUBLISH).code == 0
    assert project.everywhere(second) == project.everywhere(first)


def test_a_behavior_that_a_colleague_added_is_told_and_gets_its_headers(enforcing: Enforcing) -> None:
    project = enforcing.project
    assert project.run(*PUBLISH, *ASIDE).code == 0
    _strip(project, enforcing.second, "/api/*")

    done = project.run(*PUBLISH)

    assert done.code == 0, done.out
    [warning] = told(done, "warning")
    assert "/api/* had no release so far" in warning["message"]


def test_a_behavior_that_somebody_elses_function_has_is_no_behavior_of_ours(enforcing: Enforcing) -> None:
    project = enforcing.project
    assert project.run(*PUBLISH, *ASIDE).code == 0
    theirs = project.create_function(f"theirs-{project.account}")
    trigger = {"LambdaFunctionARN": theirs, "EventType": "origin-response"}
    project.change(enforcing.second, {"LambdaFunctionAssociations": {"Quantity": 1, "Items": [trigger]}})

    planned = project.run("plan", "-e", "testing", "-o", "json").document

    assert "behaviors-unobserved" not in {finding["rule"] for finding in planned["findings"]}


def test_promote_does_not_bring_it_there_either(enforcing: Enforcing) -> None:
    project = enforcing.project

    refused = project.run("promote", "-e", "testing", "--enforce", "--yes", "-o", "json")

    assert refused.code == 6
    assert any("never observed there" in item["message"] for item in told(refused, "error"))
    assert project.writes() == {}


def _strip(project: Project, distribution: str, path: str | None) -> None:
    """Take every function off a behavior, as a colleague would; None is the default one."""
    none = {"Quantity": 0}
    if path is None:
        project.change(distribution, {"LambdaFunctionAssociations": none})
        return
    found = project.cloudfront.get_distribution_config(Id=distribution)
    config = found["DistributionConfig"]
    for behavior in config["CacheBehaviors"]["Items"]:
        if behavior["PathPattern"] == path:
            behavior["LambdaFunctionAssociations"] = none
    project.cloudfront.update_distribution(Id=distribution, IfMatch=found["ETag"], DistributionConfig=config)
