from __future__ import annotations

import copy
import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgerollout.errors import Refused
from edgerollout.policy.csp import Csp, LayeredCsp
from edgerollout.release.facts.evidence import Evidence, ToldViolation, TouredPage, digest_seen, sha256_of
from tests.spelling import said

from .builders import at
from .evidences import EVIDENCES, GOOD, HOME, SHOP, sealed

if TYPE_CHECKING:
    from collections.abc import Iterator

_SCHEMA = json.loads((Path(__file__).parents[3] / "docs" / "schema" / "evidence.json").read_text())
_VALIDATOR = jsonschema.Draft202012Validator(_SCHEMA)

DIRTY = replace(
    GOOD,
    pages=(replace(GOOD.pages[0], violations=3), GOOD.pages[1]),
    rows=(ToldViolation("img-src", "https://i.example/a.png", HOME, "report", 2),),
    omitted=1,
)
PARTIAL = replace(
    GOOD,
    pages=(replace(GOOD.pages[0], digest=None, reason="no answer within 30 s"), GOOD.pages[1]),
    partial=("https://cdn.example did not answer",),
)


@given(EVIDENCES)
def test_evidence_survives_its_file(evidence: Evidence) -> None:
    assert evidence.contradictions() == ()
    assert Evidence.from_bytes(evidence.to_bytes()) == evidence


@given(EVIDENCES)
def test_evidence_is_what_its_schema_says(evidence: Evidence) -> None:
    _VALIDATOR.validate(json.loads(evidence.to_bytes()))


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(_SCHEMA)


def test_the_same_evidence_is_the_same_file() -> None:
    assert GOOD.to_bytes() == Evidence.from_bytes(GOOD.to_bytes()).to_bytes()
    assert len(sha256_of(GOOD.to_bytes())) == 64


@pytest.mark.parametrize("evidence", [GOOD, DIRTY, PARTIAL], ids=["good", "dirty", "partial"])
def test_a_checksum_made_by_the_description_in_the_schema_fits(evidence: Evidence) -> None:
    assert json.loads(sealed(json.loads(evidence.to_bytes()))) == json.loads(evidence.to_bytes())


def _leaves(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield (*path, key)
        yield from _leaves(item, (*path, key))


def _changed(document: dict[str, Any], path: tuple[str | int, ...], value: object) -> dict[str, Any]:
    changed = copy.deepcopy(document)
    at_path: Any = changed
    for key in path[:-1]:
        at_path = at_path[key]
    at_path[path[-1]] = value
    return changed


_DOCUMENT = json.loads(DIRTY.to_bytes())
_VALUES = (
    st.none() | st.booleans() | st.integers(-2, 2**40) | st.text(max_size=70) | st.just([]) | st.just({})
)


@given(st.sampled_from(list(_leaves(_DOCUMENT))), _VALUES)
def test_any_single_change_of_the_file_is_refused(path: tuple[str | int, ...], value: object) -> None:
    changed = _changed(_DOCUMENT, path, value)
    if json.dumps(changed) != json.dumps(_DOCUMENT):
        with pytest.raises(Refused):
            Evidence.from_bytes(json.dumps(changed).encode())


@pytest.mark.parametrize("path", [leave for leave in _leaves(_DOCUMENT) if leave != ("checksum",)], ids=str)
def test_a_field_of_another_type_is_refused_by_reader_and_schema_although_the_checksum_fits(
    path: tuple[str | int, ...],
) -> None:
    file = sealed(_changed(_DOCUMENT, path, 1.5))

    assert not _VALIDATOR.is_valid(json.loads(file))
    with pytest.raises(Refused):
        Evidence.from_bytes(file)


@given(st.data())
def test_an_unknown_field_is_refused_by_reader_and_schema_although_the_checksum_fits(
    data: st.DataObject,
) -> None:
    objects = [path for path in [(), *_leaves(_DOCUMENT)] if isinstance(_at(_DOCUMENT, path), dict)]
    path = data.draw(st.sampled_from(objects))
    file = sealed(_changed(_DOCUMENT, (*path, "approved"), value=True))

    assert not _VALIDATOR.is_valid(json.loads(file))
    with pytest.raises(Refused, match="does not belong there"):
        Evidence.from_bytes(file)


@given(st.data())
def test_a_missing_field_is_refused_by_reader_and_schema_although_the_checksum_fits(
    data: st.DataObject,
) -> None:
    named = [path for path in _leaves(_DOCUMENT) if isinstance(path[-1], str) and path != ("checksum",)]
    path = data.draw(st.sampled_from(named))
    changed = copy.deepcopy(_DOCUMENT)
    del _at(changed, path[:-1])[path[-1]]
    file = sealed(changed)

    assert not _VALIDATOR.is_valid(json.loads(file))
    with pytest.raises(Refused):
        Evidence.from_bytes(file)


def _at(document: Any, path: tuple[str | int, ...]) -> Any:
    for key in path:
        document = document[key]
    return document


@given(st.binary(max_size=200))
def test_whatever_is_no_evidence_is_refused(content: bytes) -> None:
    with pytest.raises(Refused):
        Evidence.from_bytes(content)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "not JSON"),
        (b"<html>", "not JSON"),
        (b"\xff\xfe\x00", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b'{"schema": "1.0", "schema": "1.0"}', "given twice"),
        (b'{"schema": NaN}', "NaN is not JSON"),
        (b"[]", "not evidence of a tour"),
        (b"null", "not evidence of a tour"),
        (b'{"tours": 1}', "not evidence of a tour"),
        (b'{"schema": "2.0", "checksum": ""}', "schema '2.0', this edgerollout knows '1.0'"),
        (b'{"schema": ["1.0"], "checksum": ""}', "schema"),
        (b'{"schema": "1.0", "checksum": null}', "altered"),
        (sealed({"schema": "1.0"}), "damaged"),
    ],
)
def test_what_is_no_evidence_is_refused_with_the_reason(content: bytes, words: str) -> None:
    with pytest.raises(Refused, match="evidence") as caught:
        Evidence.from_bytes(content)
    assert words in str(caught.value)
    assert "edgerollout tour" in said(caught.value.hint)


def test_a_changed_file_is_told_from_a_damaged_one() -> None:
    altered = GOOD.to_bytes().replace(b'"release": 42', b'"release": 43')

    with pytest.raises(Refused, match="altered") as caught:
        Evidence.from_bytes(altered)
    assert json.loads(GOOD.to_bytes())["checksum"][:16] in str(caught.value)
    assert "edgerollout tour" in said(caught.value.hint)


_PAGE, _OTHER = GOOD.pages

CONTRADICTIONS: dict[str, tuple[Evidence, str]] = {
    "it ends before it starts": (replace(GOOD, ended=at(1)), "before it started"),
    "deployed without a release": (replace(GOOD, release=None), "names no release or no distribution"),
    "deployed without distributions": (
        replace(GOOD, distributions=()),
        "names no release or no distribution",
    ),
    "a self-test that passed on nothing": (replace(GOOD, kinds=()), "without having seen a violation"),
    "a page twice": (replace(GOOD, pages=(_PAGE, _PAGE)), f"it has {HOME} 2 times"),
    "a whole page without a policy": (
        replace(GOOD, pages=(replace(_PAGE, digest=None), _OTHER)),
        f"{HOME} is complete, but no report-only policy was seen there",
    ),
    "violations that no page has": (
        replace(GOOD, omitted=4),
        "its pages have 0 violations, but its list has 4",
    ),
    "violations that the list lacks": (
        replace(GOOD, pages=(replace(_PAGE, violations=2), _OTHER)),
        "its pages have 2 violations, but its list has 0",
    ),
    "a violation on a page not visited": (
        replace(GOOD, rows=(ToldViolation("img-src", "data", "https://x.example/", "report"),)),
        "https://x.example/, which it did not visit",
    ),
    "more violations than the page has": (
        replace(
            GOOD,
            pages=(replace(_PAGE, violations=1), replace(_OTHER, violations=1)),
            rows=(ToldViolation("img-src", "data", SHOP, "report", 2),),
        ),
        f"it lists 2 violations on {SHOP}, but counts 1",
    ),
    "a violation that never was": (
        replace(GOOD, rows=(ToldViolation("img-src", "data", HOME, "report", 0),)),
        "was violated 0 times",
    ),
}


@pytest.mark.parametrize("name", CONTRADICTIONS)
def test_evidence_that_contradicts_itself_is_refused_although_its_checksum_fits(name: str) -> None:
    evidence, words = CONTRADICTIONS[name]

    with pytest.raises(Refused, match="contradicts itself") as caught:
        Evidence.from_bytes(evidence.to_bytes())
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (("violations", "clean"), True, "violations.clean is true, but its lists give false"),
        (("violations", "total"), 0, "violations.total is 0, but its lists give 3"),
        (("violations", "rows"), [], "its pages have 3 violations, but its list has 1"),
        (("complete",), False, "complete is false, but its lists give true"),
        (("pages",), [], "complete is true, but its lists give false"),
        (
            ("asked",),
            [HOME, "https://testing.example.com/third"],
            "complete is true, but its lists give false",
        ),
        (("partial",), ["a host did not answer"], "complete is true, but its lists give false"),
    ],
    ids=lambda value: value[-1] if isinstance(value, tuple) else "",
)
def test_sums_that_do_not_fit_the_lists_are_refused_although_the_checksum_fits(
    path: tuple[str, ...], value: object, words: str
) -> None:
    with pytest.raises(Refused, match="contradicts itself") as caught:
        Evidence.from_bytes(sealed(_changed(_DOCUMENT, path, value)))
    assert words in str(caught.value)


@pytest.mark.parametrize(
    "moment",
    ["2026-03-01 12:00", "2026-03-01T12:00:00", "2026-03-01T13:00:00+01:00", "2026-03-01T12:00:00Z", "now"],
)
def test_times_are_in_utc_and_spelled_one_way(moment: str) -> None:
    file = sealed({**_DOCUMENT, "started": moment})

    with pytest.raises(Refused, match=r"evidence\.started must be a time"):
        Evidence.from_bytes(file)
    assert not _VALIDATOR.is_valid(json.loads(file))


def test_a_page_is_either_whole_or_says_why_not() -> None:
    document = copy.deepcopy(_DOCUMENT)
    document["pages"][0]["complete"] = False

    with pytest.raises(Refused, match="either complete or has a reason"):
        Evidence.from_bytes(sealed(document))


@pytest.mark.parametrize(
    ("evidence", "complete", "clean"),
    [
        (GOOD, True, True),
        (DIRTY, True, False),
        (PARTIAL, False, True),
        (replace(GOOD, pages=GOOD.pages[:1]), False, True),
        (replace(GOOD, asked=(), pages=()), False, True),
        (
            replace(GOOD, pages=(TouredPage(HOME, GOOD.digest, 0, "it never came to rest"), _OTHER)),
            False,
            True,
        ),
    ],
    ids=["good", "dirty", "partial", "a page not visited", "no pages", "a page not whole"],
)
def test_complete_and_clean_follow_from_the_lists(evidence: Evidence, complete: bool, clean: bool) -> None:
    assert (evidence.complete, evidence.clean) == (complete, clean)


def test_pages_show_a_policy_without_what_is_left_out_in_report_only() -> None:
    plain = LayeredCsp(Csp.of({"img-src": ["'self'"]}))
    more = LayeredCsp(plain.base, Csp.of({"sandbox": ["allow-scripts"], "upgrade-insecure-requests": []}))

    assert digest_seen(plain) == plain.digest
    assert digest_seen(more) == plain.digest != more.digest


def test_hosts_that_were_accepted_unseen_are_told() -> None:
    accepted = replace(GOOD, accepted_unseen=("fonts.example.net",))
    assert Evidence.from_bytes(accepted.to_bytes()) == accepted
    _VALIDATOR.validate(accepted.to_json())
    assert "accepted_unseen" not in GOOD.to_json()
