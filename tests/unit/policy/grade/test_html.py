from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgerollout.policy.grade.html import Script, read_page


@given(st.text(alphabet=st.sampled_from("<>!-/='\" abscriptmetahttp-equivcontent\n&;"), max_size=200))
def test_any_text_is_a_page(text: str) -> None:
    read_page(text)


@given(st.lists(st.sampled_from(["/a.js", "https://cdn.test/x?a=1&b=2", "//cdn.test/y"]), max_size=5))
def test_every_script_that_is_written_is_read(sources: list[str]) -> None:
    page = read_page("".join(f'<p>1 < 2</p><script src="{src}">if (a<b) "</p>"</script>' for src in sources))

    assert [script.src for script in page.scripts] == sources


@pytest.mark.parametrize(
    "piece",
    ["<a ", "<!", "<!--", "<![CDATA[", "</", "<a b='", "<script", "<title>", "<", "<a b=", "&#", "<svg></x>"],
)
def test_much_rubbish_is_read_in_no_time(piece: str) -> None:
    read_page(piece * (200_000 // len(piece)))


@pytest.mark.parametrize(
    ("text", "scripts"),
    [
        ("<script src=/a.js>", [Script("/a.js", "")]),
        ("<script/src='/a.js'/>", [Script("/a.js", "")]),
        ("<SCRIPT INTEGRITY=x SRC = '/a.js' ></SCRIPT>", [Script("/a.js", "x")]),
        ('<base href="https://cdn.test/x/"><script src="a.js">', [Script("https://cdn.test/x/a.js", "")]),
        ('<base href="https://[/"><script src="a.js">', [Script("a.js", "")]),
        ("<script src='/a.js", []),
        ("<!-- <script> --><script>", [Script("", "")]),
        ("<!--> <script>", [Script("", "")]),
        ("<xmp><script></xmp>", []),
        ("<template><template></template><script></script></template><script>", [Script("", "")]),
        ("<scripts><scriptx>", []),
        ("<plaintext><script>", []),
        # a script of a drawing takes its address from href
        ("<svg><script src='/a.js'></script></svg><script src=/b.js>", [Script("", ""), Script("/b.js", "")]),
        ("<svg><title><script src=/a.js></script></title></svg>", [Script("/a.js", "")]),
        ("<svg/><script src=/a.js>", [Script("/a.js", "")]),
        ("<svg><path><p><script src=/a.js>", [Script("/a.js", "")]),
        # addresses as browsers complete them
        (
            '<base href="https://a.test/"><base href="https://b.test/"><script src=x>',
            [Script("https://a.test/x", "")],
        ),
        (
            '<base target=_blank><base href="HTTPS:a.test/"><script src="\\\\b.test/x">',
            [Script("https://b.test/x", "")],
        ),
        ('<base href="https://a.test/"><script src="">', [Script("https://a.test/", "")]),
        ('<script src="https:other.test/a.js">', [Script("https://other.test/a.js", "")]),
        ('<script src="ht\ntps:///other.test/a.js">', [Script("https://other.test/a.js", "")]),
        ('<base href="https://a.test/x/"><script src="https:y.js">', [Script("https://a.test/x/y.js", "")]),
    ],
)
def test_scripts_are_found_as_browsers_find_them(text: str, scripts: list[Script]) -> None:
    assert list(read_page(text).scripts) == scripts


def test_policies_in_meta_are_read_and_report_only_is_kept_apart() -> None:
    page = read_page(
        '<meta http-equiv=content-security-policy content="default-src &quot;x&quot;">'
        "<meta http-equiv=Content-Security-Policy-Report-Only content=a>"
        "<meta name=referrer content=origin>"
    )

    assert page.policies == ('default-src "x"',)
    assert page.report_only == ("a",)
    assert page.referrer == "origin"
