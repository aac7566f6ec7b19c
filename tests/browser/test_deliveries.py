"""A delivery's page in a browser."""

from playwright.sync_api import expect

from tests.factories.webhooks import example, stored

PAINTED = "name => [...(CSS.highlights.get(name) ?? [])].map(range => range.toString())"


def test_what_is_found_in_a_body_is_what_is_marked(live_server, signed_in):
    # "İ" becomes two characters in lower case; the sigma has two small letters.
    payload = example() | {"title": "İİİ needle İSTANBUL NEEDLE ΟΔΟΣ."}
    delivery = stored(payload=payload)
    page = signed_in
    page.goto(f"{live_server.url}/deliveries/{delivery.guid}/")
    search = page.get_by_role("searchbox", name="Search the body")
    said = page.locator(".search-in output")

    for wanted, found in (
        ("needle", ["needle", "NEEDLE"]),
        ("istanbul", ["İSTANBUL"]),
        ("İstanbul", ["İSTANBUL"]),
        ("ΟΔΟΣ", ["ΟΔΟΣ"]),
    ):
        search.fill(wanted)
        expect(said).to_have_text(f"{len(found)} found")
        assert page.evaluate(PAINTED, "found") == found
        search.press("Enter")
        expect(said).to_have_text(f"1 of {len(found)}")
        assert page.evaluate(PAINTED, "found-now") == found[:1]
    search.fill("haystack")
    expect(said).to_have_text("0 found")
    assert page.evaluate(PAINTED, "found") == []
