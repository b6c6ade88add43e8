from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import botocore.session
import pytest

from edgerollout.release.delivery.distribution_document import NAMESPACE
from edgerollout.release.facts.snapshot import DEFAULT_BEHAVIOR, Trigger
from edgerollout.terraform.live_distribution import (
    LiveDistribution,
    identifier,
    module_name,
    read_live,
    unique,
)
from tests.fakes.documents import document
from tests.unit.release.builders import FOREIGN_ARN, FUNCTION_ARN

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence


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
    assert [(secret.variable, secret.origin, secret.header) for secret in found.secrets] == [
        ("www_backend_x_origin_verify", "backend", "X-Origin-Verify")
    ]
    assert b"never-shown" in live_xml
    assert "never-shown" not in repr(found)


def test_variables_of_two_distributions_never_have_one_name(live_xml: bytes) -> None:
    other = "www_backend_x_origin_verify"
    found = read_live(
        live_xml, label="www", function_arn=FUNCTION_ARN, event="origin-response", tags={}, taken=[other]
    )
    assert [secret.variable for secret in found.secrets] == [f"{other}_2"]
    assert f"var.{other}_2" in repr(found.arguments["origins"])


def test_failover_and_error_pages_are_as_found(live_xml: bytes) -> None:
    arguments = read(live_xml).arguments
    assert arguments["origin_groups"] == [
        {
            "origin_id": "site-with-fallback",
            "status_codes": [403, 404, 500, 502, 503, 504],
            "members": ["site", "site-fallback"],
        }
    ]
    assert [
        custom_error_response["error_code"] for custom_error_response in arguments["custom_error_responses"]
    ] == [403, 404]  # type: ignore[index,union-attr,call-overload]


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


@pytest.mark.parametrize(
    ("before", "element", "said", "unmodelled"),
    [
        ("</S3OriginConfig>", "OriginReadTimeout", "30", False),
        ("</S3OriginConfig>", "OriginReadTimeout", "90", True),
        ("</OriginGroup>", "SelectionCriteria", "default", False),
        ("</OriginGroup>", "SelectionCriteria", "media-quality-based", True),
    ],
)
def test_what_the_provider_cannot_say_is_passed_over_only_where_it_is_the_default(
    live_xml: bytes, before: str, element: str, said: str, unmodelled: bool
) -> None:
    xml = live_xml.replace(before.encode(), f"<{element}>{said}</{element}>{before}".encode(), 1)
    assert any(text.endswith(element) for text in read(xml).unmodelled) == unmodelled


_NOT_ALONE = frozenset(
    {"CallerReference", "Quantity", "Enabled", "Certificate", "CertificateSource", "Location"}
)
"""What is Terraform's own, or means something together with another element only."""


def settings(shape: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Sequence[str]]]:
    """Every leaf of a shape of botocore's model: its path, and values of which one is no default."""
    if shape.type_name == "structure":
        for name, member in shape.members.items():
            yield from settings(member, (*path, name))
    elif shape.type_name == "list":
        yield from settings(shape.member, (*path, shape.member.serialization.get("name", "member")))
    elif path[-1] == "ResponseCode":
        yield path, ["503"]
    elif path[-1] not in _NOT_ALONE:
        usual = {"boolean": ["true", "false"], "string": ["unheard-of"]}
        yield path, getattr(shape, "enum", None) or usual.get(shape.type_name, ["77"])


def test_every_setting_that_cloudfront_has_is_an_argument_or_named(live_xml: bytes) -> None:
    def outcome(path: Sequence[str], value: str) -> object:
        root = element = ET.fromstring(live_xml)
        for name in path:
            child = element.find(f"{{{NAMESPACE}}}{name}")
            element = ET.SubElement(element, f"{{{NAMESPACE}}}{name}") if child is None else child
        element.text = value
        found = read(ET.tostring(root))
        return found.unmodelled or (found.arguments, found.secrets)

    model = botocore.session.get_session().get_service_model("cloudfront")
    before = read(live_xml)
    same = (before.arguments, before.secrets)
    lost = [
        "/".join(path)
        for path, values in settings(model.shape_for("DistributionConfig"))
        if all(outcome(path, value) == same for value in values)
    ]
    assert lost == []


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


def test_a_trigger_of_ours_beside_one_that_has_its_slot_is_no_release_to_attach() -> None:
    ours, other = Trigger("viewer-response", f"{FUNCTION_ARN}:3"), Trigger("origin-response", FOREIGN_ARN)
    assert read(document([], {DEFAULT_BEHAVIOR: [ours, other]}, extra="")).ours == {}


def test_what_a_trigger_of_somebody_else_is_given_stays() -> None:
    other = Trigger("viewer-request", FOREIGN_ARN, include_body=True)
    default = read(document([], {DEFAULT_BEHAVIOR: [other]}, extra="")).arguments["default_cache_behavior"]
    assert default["lambda_functions"] == [  # type: ignore[index,call-overload]
        {"event_type": "viewer-request", "lambda_arn": FOREIGN_ARN, "include_body": True}
    ]


@pytest.mark.parametrize("said", [True, False])
def test_a_query_string_is_forwarded_as_found(*, said: bool) -> None:
    forwarded = (
        f"<ForwardedValues><QueryString>{str(said).lower()}</QueryString>"
        "<Cookies><Forward>none</Forward></Cookies></ForwardedValues>"
    )
    found = read(with_default(document([], extra=""), forwarded))
    assert found.arguments["default_cache_behavior"]["forwarded_values"]["query_string"] is said  # type: ignore[index,call-overload]


def test_a_trigger_of_ours_on_an_excluded_behavior_is_left_as_found() -> None:
    ours = Trigger("origin-response", f"{FUNCTION_ARN}:3")
    found = read(document(["/a/*"], {"/a/*": [ours]}, extra=""), excluded=["/a/*"])
    behavior = found.arguments["ordered_cache_behaviors"][0]  # type: ignore[index]
    assert behavior["lambda_functions"] == [{"event_type": ours.event, "lambda_arn": ours.arn}]  # type: ignore[index,call-overload]
    assert (found.taken, found.ours) == ((), {DEFAULT_BEHAVIOR: {}})


def test_a_slot_of_somebody_else_is_told_unless_it_is_excluded() -> None:
    xml = document(["/a/*"], {"/a/*": [Trigger("origin-response", FOREIGN_ARN)]}, extra="")
    assert [(taken.path, taken.arn) for taken in read(xml).taken] == [("/a/*", FOREIGN_ARN)]
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


def test_modules_are_named_by_the_site_alone_and_no_two_sites_share_a_name() -> None:
    names = ("www.example.com", "www-example.com", "my-site.example.com", "E2QWRUHAPOMQZL")
    assert [module_name(name) for name in names] == [
        "www_example_com",
        "www__example_com",
        "my__site_example_com",
        "e2qwruhapomqzl",
    ]
    others = (
        "*.example.com",
        "example.com",
        "4site.example.com",
        "my_site.example.com",
        "my.site.example.com",
    )
    labels = [module_name(name) for name in (*names, *others)]
    assert len(set(labels)) == len(labels)
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", label) for label in labels)
