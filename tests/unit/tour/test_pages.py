"""Which pages are toured."""

from __future__ import annotations

import pytest

from edgerollout.errors import UsageError
from edgerollout.tour.pages import Itinerary, normalised, sitemap_pages

OWN = "https://www.example.com"


@pytest.mark.parametrize(
    ("given", "page"),
    [
        ("https://WWW.Example.com", f"{OWN}/"),
        (f"{OWN}:443/a?b=c#d", f"{OWN}/a?b=c"),
        (f"{OWN}/#/route", f"{OWN}/#/route"),
        (f"{OWN}/#!/route", f"{OWN}/#!/route"),
        ("http://localhost:8080/x", "http://localhost:8080/x"),
        ("https://[::1]:8443/", "https://[::1]:8443/"),
    ],
)
def test_a_page_has_one_spelling(given: str, page: str) -> None:
    assert normalised(given) == page


@pytest.mark.parametrize(
    "given", ["", "www.example.com", "ftp://a/", "https://", "mailto:a@b.c", "https://[x/"]
)
def test_what_is_no_page_is_refused(given: str) -> None:
    with pytest.raises(UsageError, match="is not a page"):
        normalised(given)


def test_no_page_at_all_is_refused() -> None:
    with pytest.raises(UsageError, match="no page to tour"):
        Itinerary((), most=5, private=False)


def _tour(*links: str, most: int = 20, private: bool = False) -> Itinerary:
    itinerary = Itinerary([f"{OWN}/"], most=most, private=private)
    itinerary.found(links, f"{OWN}/")
    return itinerary


def test_links_of_the_same_origin_are_followed_once_for_each_path() -> None:
    found = _tour("/a", "/a?x=1", "/a#b", "b", "https://elsewhere.example/", "http://www.example.com/c", "/")
    assert found.pages == [f"{OWN}/", f"{OWN}/a", f"{OWN}/b"]


def test_files_are_no_pages_and_routes_with_dots_are() -> None:
    assert _tour("/a.pdf", "/b.ZIP", "/v1.2", "/c.html").pages[1:] == [f"{OWN}/v1.2", f"{OWN}/c.html"]


def test_a_visitor_who_is_logged_in_does_not_log_out() -> None:
    links = ("/logout", "/account/sign-out", "/orders")
    assert _tour(*links, private=True).pages[1:] == [f"{OWN}/orders"]
    assert len(_tour(*links).pages) == 4


def test_pages_beyond_the_limit_are_counted_and_those_asked_for_never_left_out() -> None:
    found = _tour("/a", "/b", "/c", most=2)
    assert (found.pages, found.left_out) == ([f"{OWN}/", f"{OWN}/a"], 2)
    many = Itinerary([f"{OWN}/{n}" for n in range(5)], most=2, private=False)
    assert len(many.pages) == 5


def test_robots_txt_names_the_sitemaps_and_an_index_leads_on() -> None:
    files = {
        f"{OWN}/robots.txt": f"User-agent: *\nSitemap: {OWN}/index.xml\n",
        f"{OWN}/index.xml": f"<sitemapindex><sitemap><loc>{OWN}/pages.xml</loc></sitemap>"
        "<sitemap><loc>https://elsewhere.example/s.xml</loc></sitemap></sitemapindex>",
        f"{OWN}/pages.xml": f"<urlset><url><loc> {OWN}/a?x=1&amp;y=2 </loc></url>"
        f"<url><loc><![CDATA[{OWN}/b]]></loc></url><url><loc>{OWN}/cut",
    }
    assert list(sitemap_pages(OWN, lambda url: files.get(url, ""))) == [f"{OWN}/a?x=1&y=2", f"{OWN}/b"]


def test_without_robots_txt_there_is_the_usual_place() -> None:
    files = {f"{OWN}/sitemap.xml": f"<loc>{OWN}/a</loc>"}
    assert list(sitemap_pages(OWN, lambda url: files.get(url, ""))) == [f"{OWN}/a"]


def test_a_sitemap_that_names_itself_ends() -> None:
    assert list(sitemap_pages(OWN, lambda _: f"<sitemapindex><loc>{OWN}/sitemap.xml</loc>")) == []
