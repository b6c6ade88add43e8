"""What a sandbox holds before anybody has done anything."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from edgerollout.errors import EdgerolloutError
from edgerollout.release.facts.environment import DistributionSelector, Environment
from edgerollout.sandbox.blueprint import UNRELATED_ALIAS, blueprint
from tests.sandbox.conftest import probe_of
from tests.spelling import said

if TYPE_CHECKING:
    from edgerollout.config import Project
    from edgerollout.sandbox.running import RunningSandbox


def environment(project: Project, name: str = "testing", **changes: Any) -> Environment:
    return replace(project.environments[name], **changes)


def test_a_distribution_that_is_named_by_id_answers_for_the_hosts_of_urls(project: Project) -> None:
    wanted = blueprint(
        [
            environment(
                project,
                distributions=(DistributionSelector(id="E1A2B3C4D5E6F7"),),
                urls=("https://shop.example.org/a", "https://shop.example.org/b"),
            )
        ]
    )

    (site,) = wanted.sites
    assert [(distribution.id, distribution.aliases) for distribution in site.distributions] == [
        ("E1A2B3C4D5E6F7", ("shop.example.org",))
    ]
    assert site.around.api_host == "api.shop.example.org"


def test_a_host_that_an_alias_covers_is_no_further_alias(project: Project) -> None:
    wanted = blueprint(
        [
            environment(
                project,
                distributions=(DistributionSelector(alias="*.example.org"),),
                urls=("https://shop.example.org/", "https://example.org/"),
            )
        ]
    )

    assert wanted.sites[0].distributions[0].aliases == ("*.example.org", "example.org")


def test_an_alias_goes_to_the_first_environment_that_names_it(project: Project) -> None:
    first = environment(project)
    second = replace(first, name="other", account="444444444444")

    assert [len(site.distributions) for site in blueprint([first, second]).sites] == [1, 0]


def test_the_unrelated_distribution_gives_way_to_a_configured_one(project: Project) -> None:
    own = environment(project, distributions=(DistributionSelector(alias=UNRELATED_ALIAS),))

    assert blueprint([own]).unrelated == ()


def test_the_digest_changes_with_what_would_be_made_only(project: Project) -> None:
    testing = environment(project)

    same = blueprint([replace(testing, confirm=True, exclude=("/api/*",))]).digest()
    other = blueprint([replace(testing, urls=("https://elsewhere.example.org/",))]).digest()

    assert blueprint([testing]).digest() == same
    assert blueprint([testing]).digest() != other


def cloudfront(sandbox: RunningSandbox, account: str) -> Any:
    return boto3.client(
        "cloudfront",
        endpoint_url=sandbox.endpoint_url,
        region_name="us-east-1",
        aws_access_key_id=f"AKIA{account}",
        aws_secret_access_key=sandbox.secret,
    )


@pytest.mark.sandbox
class TestSeeding:
    """Over a real sandbox."""

    def test_everything_is_deployed_and_nothing_has_been_called(self, sandbox: RunningSandbox) -> None:
        distributions = sandbox.plane.summary()["distributions"]

        assert isinstance(distributions, list)
        assert {distribution["status"] for distribution in distributions} == {"Deployed"}
        assert sandbox.calls.calls() == []

    def test_sites_have_several_behaviors_a_failover_group_error_pages_and_tags(
        self, sandbox: RunningSandbox, project: Project
    ) -> None:
        client = cloudfront(sandbox, project.environments["testing"].account)
        listed = client.list_distributions()["DistributionList"]["Items"]
        found = next(item for item in listed if "testing.example.com" in item["Aliases"]["Items"])

        config = client.get_distribution_config(Id=found["Id"])["DistributionConfig"]

        patterns = [behavior["PathPattern"] for behavior in config["CacheBehaviors"]["Items"]]
        assert patterns == ["/assets/*", "/app/*", "/api/*", "/legacy/*"]
        assert config["OriginGroups"]["Quantity"] == 1
        assert [response["ErrorCode"] for response in config["CustomErrorResponses"]["Items"]] == [403, 404]
        tags = client.list_tags_for_resource(Resource=found["ARN"])["Tags"]["Items"]
        assert {"Key": "purpose", "Value": "testing"} in tags

    def test_a_function_of_somebody_elses_is_on_the_unrelated_distribution_alone(
        self, sandbox: RunningSandbox, project: Project
    ) -> None:
        client = cloudfront(sandbox, project.environments["testing"].account)

        with_triggers = {
            alias
            for distribution in client.list_distributions()["DistributionList"]["Items"]
            for alias in distribution["Aliases"]["Items"]
            if distribution["DefaultCacheBehavior"]["LambdaFunctionAssociations"]["Quantity"]
        }

        assert with_triggers == {UNRELATED_ALIAS}

    def test_seeding_again_changes_nothing(self, sandbox: RunningSandbox, project: Project) -> None:
        before = sandbox.plane.summary()

        sandbox.seed(blueprint([project.environments["testing"]]))

        assert sandbox.plane.summary() == before

    def test_a_configuration_that_grew_is_added_to_what_is_there(
        self, sandbox: RunningSandbox, project: Project
    ) -> None:
        before = sandbox.resolver()
        testing = project.environments["testing"]
        named = DistributionSelector(id="E1A2B3C4D5E6F7")
        grown = replace(
            testing,
            distributions=(*testing.distributions, named),
            urls=(*testing.urls, "https://shop.example.org/"),
        )

        sandbox.seed(blueprint([grown]))

        client = cloudfront(sandbox, testing.account)
        made = client.get_distribution(Id="E1A2B3C4D5E6F7")["Distribution"]
        assert made["Status"] == "Deployed"
        assert made["DistributionConfig"]["Aliases"]["Items"] == ["shop.example.org"]
        assert set(before) < set(sandbox.resolver())
        assert probe_of(sandbox).headers("https://shop.example.org/").status == 200

    def test_a_new_host_in_urls_becomes_an_alias_of_the_distribution_there_is(
        self, sandbox: RunningSandbox, project: Project
    ) -> None:
        testing = project.environments["testing"]

        sandbox.seed(blueprint([replace(testing, urls=(*testing.urls, "https://beta.example.org/"))]))

        assert probe_of(sandbox).headers("https://beta.example.org/").status == 200
        assert probe_of(sandbox).headers("https://testing.example.com/").status == 200

    def test_a_host_of_urls_stays_with_the_distribution_that_had_it_first(
        self, sandbox: RunningSandbox, project: Project
    ) -> None:
        """As when an alias in the configuration was replaced, and `urls` was not."""
        before = sandbox.resolver()

        sandbox.seed(
            blueprint([environment(project, distributions=(DistributionSelector(alias="n.example.org"),))])
        )

        assert set(sandbox.resolver()) >= {*before, "n.example.org"}

    def test_windows_are_as_before_when_seeding_is_done(
        self, sandbox: RunningSandbox, project: Project
    ) -> None:
        before = sandbox.plane.settings.windows

        sandbox.seed(
            blueprint([environment(project, distributions=(DistributionSelector(alias="n.example.org"),))])
        )

        assert sandbox.plane.settings.windows == before

    def test_a_host_that_moved_to_another_account_is_refused_in_words(
        self, sandbox: RunningSandbox, project: Project
    ) -> None:
        with pytest.raises(EdgerolloutError, match=r"cannot serve testing\.example\.com") as caught:
            sandbox.seed(blueprint([environment(project, account="555555555555")]))

        assert "sandbox down" in said(caught.value.hint)
