"""Which headers are observed first, and how two values of one compare."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgerollout.policy.headers import Header
from edgerollout.policy.staging import (
    COEP,
    COOP,
    INTEGRITY,
    PERMISSIONS,
    STAGED,
    StagedHeaders,
    ValueComparison,
    compare_values,
    loosens,
    promoted,
    stage_headers,
    with_twins,
)

EQUAL, LOOSER = ValueComparison.EQUAL, ValueComparison.LOOSER
STRICTER, INCOMPARABLE = ValueComparison.STRICTER, ValueComparison.INCOMPARABLE
MIRRORED = {EQUAL: EQUAL, LOOSER: STRICTER, STRICTER: LOOSER, INCOMPARABLE: INCOMPARABLE}


@pytest.mark.parametrize(
    ("name", "new", "old", "expected"),
    [
        (PERMISSIONS, "camera=()", None, STRICTER),
        (PERMISSIONS, "camera=*", None, EQUAL),
        (PERMISSIONS, "camera=(self *)", None, EQUAL),
        (PERMISSIONS, "camera=(", None, EQUAL),  # browsers drop what does not parse
        (PERMISSIONS, "camera", "camera=()", EQUAL),
        (PERMISSIONS, "camera=(), usb=()", "usb=(), camera=();report-to=x", EQUAL),
        (PERMISSIONS, "usb=(), camera=()", "camera=()", STRICTER),
        (PERMISSIONS, "camera=(self)", "camera=()", LOOSER),
        (PERMISSIONS, "camera=(self)", "usb=(self)", INCOMPARABLE),
        (PERMISSIONS, 'camera=("https://A.example/")', 'camera=("https://a.example:443")', EQUAL),
        (PERMISSIONS, 'camera=("https://a.example")', 'camera=("https://b.example")', INCOMPARABLE),
        (PERMISSIONS, 'camera=("https://*.a.example")', 'camera=("https://b.a.example")', INCOMPARABLE),
        (PERMISSIONS, 'camera=("self")', "camera=(self)", INCOMPARABLE),
        (INTEGRITY, "blocked-destinations=(script)", None, STRICTER),
        (INTEGRITY, "blocked-destinations=(script), endpoints=(x)", "blocked-destinations=(script)", EQUAL),
        (INTEGRITY, "blocked-destinations=(script style)", "blocked-destinations=(script)", STRICTER),
        (INTEGRITY, "blocked-destinations=(script), sources=(other)", None, EQUAL),
        (INTEGRITY, "blocked-destinations=(style)", "blocked-destinations=(script)", INCOMPARABLE),
        (COOP, "same-origin", None, STRICTER),
        (COOP, "same-origin, same-origin", None, EQUAL),
        (COOP, 'same-origin; report-to="x"', "same-origin", EQUAL),
        (COOP, "same-origin-allow-popups", "same-origin", LOOSER),
        (COOP, "noopener-allow-popups", "same-origin", INCOMPARABLE),
        (COOP, "unsafe-none", "noopener-allow-popups", LOOSER),
        (COEP, "credentialless", "require-corp", INCOMPARABLE),
        (COEP, "Require-Corp", None, EQUAL),
        (COEP, "require-corp", "unsafe-none", STRICTER),
    ],
)
def test_values_compare_by_what_browsers_make_of_them(
    name: str, new: str, old: str | None, expected: ValueComparison
) -> None:
    assert compare_values(name, new, old) is expected


FEATURES, ORIGINS = ("camera", "usb"), ("self", '"https://a.example"', '"https://b.example"')
LISTS = st.sampled_from(["*", "()", *(f"({word})" for word in ORIGINS), f"({' '.join(ORIGINS)})"])
PERMISSION_VALUES = st.dictionaries(st.sampled_from(FEATURES), LISTS).map(
    lambda features: ", ".join(f"{feature}={allowed}" for feature, allowed in features.items())
)
VALUES = {
    PERMISSIONS: PERMISSION_VALUES,
    INTEGRITY: st.sampled_from(
        ["", "blocked-destinations=()", *(f"blocked-destinations=({words})" for words in
         ("script", "style", "style script"))]
    ),
    COOP: st.sampled_from(
        ["unsafe-none", "same-origin", "same-origin-allow-popups", "noopener-allow-popups", "x"]
    ),
    COEP: st.sampled_from(["unsafe-none", "require-corp", "credentialless", '"require-corp"']),
}  # fmt: skip


def three(name: str) -> st.SearchStrategy[tuple[str, str | None, str | None, str | None]]:
    value = st.none() | VALUES[name]
    return st.tuples(st.just(name), value, value, value)


@given(st.sampled_from(STAGED).flatmap(three))
def test_stricter_is_an_order(case: tuple[str, str | None, str | None, str | None]) -> None:
    name, first, second, third = case
    found = compare_values(name, first, second)
    assert compare_values(name, first, first) is EQUAL
    assert compare_values(name, second, first) is MIRRORED[found]
    assert compare_values(name, first, None) in (EQUAL, STRICTER)
    after = compare_values(name, second, third)
    if found is after and found is not INCOMPARABLE:
        assert compare_values(name, first, third) is found


def allows(value: str, feature: str, origin: str) -> bool:
    """Whether a value of Permissions-Policy lets an origin use a feature, by its text alone."""
    lists = dict(item.split("=") for item in value.split(", ") if item)
    return feature not in lists or lists[feature] == "*" or origin in lists[feature]


@given(PERMISSION_VALUES, PERMISSION_VALUES)
def test_what_is_looser_takes_nothing_away(new: str, old: str) -> None:
    asked = [(feature, origin) for feature in FEATURES for origin in (*ORIGINS, "another")]
    now = {key for key in asked if allows(new, *key)}
    before = {key for key in asked if allows(old, *key)}
    assert compare_values(PERMISSIONS, new, old).breaks_nothing is (now >= before)


def test_a_header_without_stages_cannot_be_compared() -> None:
    with pytest.raises(ValueError, match="x-frame-options has no stages"):
        compare_values("x-frame-options", "DENY", None)


NOSNIFF = Header("x-content-type-options", "nosniff")
CAMERA, CAMERA_USB = Header(PERMISSIONS, "camera=()"), Header(PERMISSIONS, "camera=(), usb=()")


def test_a_stricter_value_is_observed_while_the_live_one_stays_enforced() -> None:
    assert stage_headers([NOSNIFF, CAMERA], []) == StagedHeaders((NOSNIFF,), (CAMERA,))
    assert stage_headers([NOSNIFF, CAMERA_USB], [CAMERA]) == StagedHeaders((NOSNIFF, CAMERA), (CAMERA_USB,))


def test_a_looser_value_and_a_removal_go_out_at_once() -> None:
    assert stage_headers([CAMERA], [CAMERA_USB]) == StagedHeaders((CAMERA,))
    assert stage_headers([], [CAMERA]) == StagedHeaders(())


def test_what_loosens_is_known() -> None:
    removed = Header(PERMISSIONS, action="remove")
    assert loosens(CAMERA_USB, CAMERA)
    assert loosens(CAMERA, None)
    assert loosens(CAMERA, removed)
    assert not loosens(CAMERA, CAMERA_USB)
    assert not loosens(None, CAMERA)
    assert not loosens(Header(PERMISSIONS, "camera=*"), None)
    assert not loosens(removed, None)
    assert not loosens(NOSNIFF, None)


def test_who_opts_out_enforces_at_once() -> None:
    at_once = Header(PERMISSIONS, "camera=()", staged=False)
    assert stage_headers([at_once], []) == StagedHeaders((CAMERA,))


def test_whose_value_wins_is_a_change_that_nobody_observed() -> None:
    kept = Header(PERMISSIONS, "camera=()", "keep")
    assert stage_headers([kept], [CAMERA]) == StagedHeaders((CAMERA,), (kept,))


def test_the_twin_is_sent_beside_what_is_enforced_and_in_place_of_one_by_hand() -> None:
    by_hand = Header(f"{PERMISSIONS}-report-only", "usb=()")
    sent = with_twins([NOSNIFF, CAMERA, by_hand], [Header(PERMISSIONS, "camera=(), usb=()", "keep")])
    assert sent == (NOSNIFF, CAMERA, Header(f"{PERMISSIONS}-report-only", "camera=(), usb=()"))


def test_what_was_observed_replaces_what_was_enforced() -> None:
    opener = Header(COOP, "same-origin")
    assert promoted([NOSNIFF, CAMERA, opener], [CAMERA_USB]) == (CAMERA_USB, opener)
    nothing = stage_headers([CAMERA_USB, opener], promoted([CAMERA, opener], [CAMERA_USB]))
    assert nothing == StagedHeaders((CAMERA_USB, opener))
