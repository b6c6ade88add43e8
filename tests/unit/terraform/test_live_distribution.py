from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from edgerollout.release.snapshot import DEFAULT_BEHAVIOR, Trigger
from edgerollout.terraform.live_distribution import LiveDistribution, identifier, read_live, unique
from tests.fakes.documents import document
from tests.unit.release.builders import FOREIGN_ARN, FUNCTION_ARN

if TYPE_CHECKING:
    from collections.abc import Collection


def read(xml: bytes, event: str = "origin-response", excluded: Collection[str] = ()) -> LiveDistribution:
    return read_live(xml, label="www", function_arn=FUNCTION_ARN, event=event, tags={}, excluded=excluded)


def with_default(xml: bytes, element: str) -> bytes:
    """The document with an element more in its default behavior."""
    end = b"</DefaultCacheBehavior>"
    return xml.replace(end, element.encode() + end)


def test_a_grown_distribution_is_modelled_in_full(live_xml: bytes) -> None:
    assert read(live_xml).unmodelled == ()


def test_values_of_origin_headers_are_nowhere(live_xml: bytes) -> None:
    found = read(live_xml)
    assert [(one.variable, one.origin, one.header) for one in found.secrets] == [
        ("www_backend_x_origin_verify", "backend", "X-Origin-Verify")
    ]
    assert b"never-shown" in live_xml
    assert "never-shown" not in repr(found)


def test_failover_and_error_pages_are_as_found(live_xml: bytes) -> None:
    arguments = read(live_xml).arguments
    assert arguments["origin_groups"] == [
        {
            "origin_id": "site-with-fallback",
            "status_codes": [403, 404, 500, 502, 503, 504],
            "members": ["site", "site-fallback"],
        }
    ]
    assert [one["error_code"] for one in arguments["custom_error_responses"]] == [403, 404]  # type: ignore[index,union-attr,call-overload]


@pytest.mark.parametrize(
    ("extra", "path"),
    [
        ("<NewIn2031><Mode>bold</Mode></NewIn2031>", "DefaultCacheBehavior/NewIn2031/Mode"),
        ("<NewIn2031>bold</NewIn2031>", "DefaultCacheBehavior/NewIn2031"),
    ],
)
def test_what_the_module_cannot_say_is_named(live_xml: bytes, extra: str, path: str) -> None:
    assert read(with_default(live_xml, extra)).unmodelled == (path,)


def test_a_new_setting_that_is_off_is_no_obstacle(live_xml: bytes) -> None:
    assert read(with_default(live_xml, "<NewIn2031><Enabled>false</Enabled></NewIn2031>")).unmodelled == ()


@pytest.mark.parametrize("what", ["staging", "multi_tenant"])
def test_staging_and_multi_tenant_distributions_are_not_modelled(what: str) -> None:
    xml = document(extra="", **{what: True})  # type: ignore[arg-type]
    assert read(xml).unmodelled


def test_our_triggers_are_left_to_the_module_and_others_kept() -> None:
    ours, other = Trigger("origin-response", f"{FUNCTION_ARN}:3"), Trigger("viewer-request", FOREIGN_ARN)
    found = read(document(["/a/*"], {DEFAULT_BEHAVIOR: [ours, other], "/a/*": [ours]}, extra=""))
    default = found.arguments["default_cache_behavior"]
    assert default["lambda_functions"] == [{"event_type": "viewer-request", "lambda_arn": FOREIGN_ARN}]  # type: ignore[index,call-overload]
    assert found.ours == {
        DEFAULT_BEHAVIOR: {"origin-response": ours.arn},
        "/a/*": {"origin-response": ours.arn},
    }
    assert found.taken == ()


def test_a_slot_of_somebody_else_is_told_unless_it_is_excluded() -> None:
    xml = document(["/a/*"], {"/a/*": [Trigger("origin-response", FOREIGN_ARN)]}, extra="")
    assert [(one.path, one.arn) for one in read(xml).taken] == [("/a/*", FOREIGN_ARN)]
    assert read(xml, excluded=["/a/*"]).taken == ()


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("www.example.com", "www_example_com"),
        ("*.example.com", "example_com"),
        ("4u.example", "site_4u_example"),
    ],
)
def test_names_are_ones_that_terraform_takes(text: str, name: str) -> None:
    assert identifier(text) == name


def test_names_that_come_out_the_same_are_numbered() -> None:
    assert unique("a", {"a", "a_2"}) == "a_3"
