from __future__ import annotations

import os
import pty
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from .project import POLICY, REPOSITORY, WIDER_POLICY

if TYPE_CHECKING:
    from .conftest import Site
    from .project import Project

pytestmark = pytest.mark.sandbox


def test_the_first_publish_makes_role_function_and_release_and_puts_it_on_every_behavior(
    project: Project,
) -> None:
    distribution = project.distribution(paths=("/api/*", "/app/*"))
    project.forget_calls()

    result = project.run("publish", "-e", "testing", "--create", "--yes")

    assert result.code == 0, result.err
    assert project.writes() == {
        "iam:CreateRole": 1,
        "iam:AttachRolePolicy": 1,
        "lambda:CreateFunction": 1,
        "lambda:PublishVersion": 1,
        "cloudfront:UpdateDistribution": 1,
        "cloudfront:CreateInvalidation": 1,
    }
    assert project.calls()["cloudfront:GetDistributionConfig"] == 1
    assert project.triggers(distribution) == {
        path: {"origin-response": f"{project.function}:1"} for path in ("/api/*", "/app/*", "*")
    }
    assert project.invalidations(distribution)[0].startswith("edgerollout-1-")
    assert result.out == ""
    assert "release 1 is live in testing" in result.err


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
@pytest.mark.parametrize(("answer", "code"), [(b"y\n", 0), (b"n\n", 130)])
def test_at_a_terminal_the_first_publish_offers_to_make_role_and_function(
    project: Project, answer: bytes, code: int
) -> None:
    project.distribution()
    project.forget_calls()
    master, slave = pty.openpty()
    process = project.start("publish", "-e", "testing", stdin=slave)
    os.write(master, answer)
    _, err = process.communicate(timeout=300)
    os.close(master)
    os.close(slave)

    assert process.returncode == code, err
    assert "Will create role" in err
    if code:
        assert "nothing was changed" in err
        assert project.writes() == {}
    else:
        assert "release 1 is live in testing" in err


def test_where_nobody_is_asked_the_first_publish_names_the_one_command(project: Project) -> None:
    project.distribution()

    result = project.run("publish", "-e", "testing", "--yes")

    assert result.code == 6
    assert "next:  edgerollout publish -e testing --create" in result.err


def test_a_second_publish_has_nothing_to_do_and_hardly_asks(published: tuple[Project, str]) -> None:
    project, _ = published

    result = project.run("publish", "-e", "testing", "--yes")

    assert result.code == 0
    assert "nothing to do: release 1 is live in testing" in result.err
    assert project.calls() == {
        "sts:GetCallerIdentity": 1,
        "cloudfront:ListDistributions": 1,
        "lambda:GetFunction": 1,
        "lambda:ListVersionsByFunction": 1,
        "cloudfront:ListInvalidations": 1,
        "cloudfront:GetInvalidation": 1,
    }


def test_a_changed_policy_becomes_release_2_by_one_update(published: tuple[Project, str]) -> None:
    project, distribution = published
    project.policy(WIDER_POLICY)

    result = project.run("publish", "-e", "testing", "--yes")

    assert result.code == 0, result.err
    assert project.writes() == {
        "lambda:UpdateFunctionCode": 1,
        "lambda:PublishVersion": 1,
        "cloudfront:UpdateDistribution": 1,
        "cloudfront:CreateInvalidation": 1,
    }
    assert project.everywhere(distribution) == {"origin-response:2"}
    assert "release 2 is live in testing (before: release 1)" in result.err


def test_a_policy_that_comes_back_is_a_new_release(published: tuple[Project, str]) -> None:
    project, distribution = published
    project.policy(WIDER_POLICY)
    project.published()
    project.policy(POLICY)

    project.published()

    assert project.versions() == [1, 2, 3]
    assert project.everywhere(distribution) == {"origin-response:3"}


def test_a_list_in_another_order_changes_nothing(published: tuple[Project, str]) -> None:
    project, _ = published
    project.policy(POLICY + 'img-src = ["https://a.example", "https://b.example"]\n')
    project.published()
    project.forget_calls()
    project.policy(POLICY + 'img-src = ["https://B.example", "https://a.example"]\n')

    result = project.run("publish", "-e", "testing", "--yes")

    assert (result.code, project.writes()) == (0, {})


def test_a_behavior_added_later_is_covered_by_the_next_publish(published: tuple[Project, str]) -> None:
    project, distribution = published
    found = project.cloudfront.get_distribution_config(Id=distribution)
    config = found["DistributionConfig"]
    config["CacheBehaviors"]["Items"].append(project.behavior("/new/*"))
    config["CacheBehaviors"]["Quantity"] += 1
    project.cloudfront.update_distribution(Id=distribution, IfMatch=found["ETag"], DistributionConfig=config)
    status = project.run("status", "-e", "testing", "--detailed-exitcode")
    assert status.code == 3
    assert "/new/*" in status.out

    result = project.run("publish", "-e", "testing", "--yes")

    assert result.code == 0, result.err
    assert project.versions() == [1]
    assert project.triggers(distribution)["/new/*"] == {"origin-response": f"{project.function}:1"}


def test_changing_the_event_takes_two_updates_and_never_leaves_a_behavior_bare(project: Project) -> None:
    project.configure(event="viewer-response")
    distribution = project.distribution()
    project.published()
    assert project.everywhere(distribution) == {"viewer-response:1"}
    assert project.invalidations(distribution) == []
    project.forget_calls()
    project.configure(event="origin-response")

    result = project.run("publish", "-e", "testing", "--yes", "-o", "json")

    assert result.code == 0, result.err
    assert project.everywhere(distribution) == {"origin-response:1"}
    assert project.writes() == {"cloudfront:UpdateDistribution": 2, "cloudfront:CreateInvalidation": 1}
    steps = [event["step"] for event in result.events if event["type"] == "step_finished"]
    assert steps == ["swap-triggers", "await-deployed", "invalidate", "swap-triggers", "await-deployed"]


def test_two_distributions_go_side_by_side_and_each_has_its_own_result(project: Project) -> None:
    aliases = (f"a-{project.alias}", f"b-{project.alias}")
    ids = [project.distribution(alias, paths=()) for alias in aliases]
    named = ", ".join(f'{{ alias = "{alias}" }}' for alias in aliases)
    project.configure(environments={"testing": f"distributions = [{named}]"})

    result = project.run("publish", "-e", "testing", "--create", "--yes", "-o", "json")

    assert result.code == 0, result.err
    assert [
        (distribution["id"], distribution["result"]) for distribution in result.outcome["distributions"]
    ] == [(identity, "completed") for identity in ids]
    assert project.writes()["cloudfront:UpdateDistribution"] == 2


def test_verify_says_ok_when_the_site_sends_the_release(project: Project, site: Site) -> None:
    project.configure(urls=(site.url,))
    project.distribution(paths=())
    site.headers = {
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Content-Security-Policy-Report-Only": "default-src 'self'",
    }

    result = project.run("publish", "-e", "testing", "--create", "--yes", "-o", "json")

    assert result.code == 0, result.err
    assert [event["detail"] for event in result.events if event.get("step") == "verify"][-1] == "1 ok"


def test_verify_finds_a_third_value_and_says_which_header(project: Project, site: Site) -> None:
    project.configure(environments={"testing": f'urls = ["{site.url}"]\non_failure = "stop"\n'})
    project.distribution(paths=())
    site.headers = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}
    project.published("--no-verify")
    project.policy(WIDER_POLICY)
    process = project.start("publish", "-e", "testing", "--yes")
    assert process.stderr is not None
    for line in process.stderr:
        if "update behaviors done" in line:
            site.headers["Content-Security-Policy-Report-Only"] = "default-src 'none'"
            break
    _, err = process.communicate(timeout=300)

    assert process.returncode == 9, err
    assert "content-security-policy-report-only: not that of the release, is default-src 'none'" in err
    assert "the live headers are wrong" in err


def test_a_site_that_cannot_be_reached_undoes_nothing_and_ends_with_9(project: Project) -> None:
    project.configure(urls=("http://127.0.0.1:1/",))
    distribution = project.distribution(paths=())

    result = project.run("publish", "-e", "testing", "--create", "--yes")

    assert result.code == 9
    assert "connection refused" in result.err
    assert "Nothing was undone" in result.err
    assert project.everywhere(distribution) == {"origin-response:1"}


def test_a_release_that_a_colleague_put_back_by_hand_has_the_caches_cleared(
    published: tuple[Project, str],
) -> None:
    project, distribution = published
    project.policy(WIDER_POLICY)
    project.publish_here()
    first = f"arn:aws:lambda:us-east-1:{project.account}:function:{project.function}:1"
    project.move(distribution, first)
    project.policy(POLICY)

    done = project.run("publish", "-e", "testing", "--yes", "-o", "json")
    again = project.run("publish", "-e", "testing", "--yes", "-o", "json")

    assert (done.outcome["result"], again.outcome["result"]) == ("completed", "nothing-to-do")
    assert project.everywhere(distribution) == {"origin-response:1"}
    assert [invalidation.split("-")[1] for invalidation in project.invalidations(distribution)] == [
        "1",
        "2",
        "1",
    ]


_NOT_FOR_A_PUBLISH = (
    "boto3", "edgerollout.policy.lint", "edgerollout.policy.source", "edgerollout.release.facts.evidence",
    "edgerollout.sandbox", "edgerollout.terraform", "edgerollout.tour", "rich", "tenacity", "tomlkit",
)  # fmt: skip


def test_a_publish_imports_only_what_it_needs_and_never_looks_for_cyclic_garbage(
    published: tuple[Project, str],
) -> None:
    project, _ = published
    project.policy(WIDER_POLICY)
    where = ("--endpoint-url", project.server.endpoint_url)
    words = ("edgerollout", *where, "publish", "-e", "testing", "--yes", "--no-verify", "--no-preflight")
    code = (
        "import gc, sys\n"
        "from edgerollout.__main__ import main\n"
        f"sys.argv = {list(words)!r}\n"
        "looks = lambda: sum(generation['collections'] for generation in gc.get_stats())\n"
        "before = looks()\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code\n"
        f"print([name for name in {_NOT_FOR_A_PUBLISH!r} if name in sys.modules], looks() - before)\n"
    )

    done = subprocess.run(
        (sys.executable, "-c", code),
        cwd=project.folder,
        env={**project.variables, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout == "[] 0\n"
