"""axe finds nothing on any state of the link page, light and dark, in a wide and a narrow window."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from proxy.link.brand import brand_of
from proxy.seal import SealingKey, new_key
from proxy.settings import Settings

AXE = Axe()
LOOKS = [("light", 1100), ("dark", 1100), ("light", 360)]


def found(page):
    """What axe finds, in words."""
    return [
        (one["id"], one["impact"], [node["html"][:120] for node in one["nodes"]])
        for one in AXE.run(page).response["violations"]
    ]


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_every_state_is_accessible(customer, site, scheme, width):
    person = customer(color_scheme=scheme, viewport={"width": width, "height": 800}, bypass_csp=True)
    seen = {}

    def look(name):
        seen[name] = found(person.page)

    url = site.link(tenant_name="Sunrise Bakery", origin="https://app.example", context={"account_id": 3})
    person.page.goto(url)
    look("choose")
    person.page.click("text=Chatwoot")
    look("form")
    person.fill("chatwoot", "wrong", **{"context-base_url": "x"})
    person.press()
    look("a field is wrong")
    person.fill("chatwoot", "wrong")
    person.press()
    look("the token is wrong")
    person.fill("chatwoot")
    person.press()
    look("confirm")
    person.press()
    look("done")
    person.open(integration="trengo", redirect_uri="https://app.example/x")
    with person.page.expect_navigation():
        person.page.click("text=Nederlands")
    look("Dutch")
    person.context.clear_cookies()
    person.page.reload()
    look("elsewhere")
    person.page.goto(site.base_url + "/connect-account")
    look("unknown")
    person.open(integration="trengo")
    with person.page.expect_navigation():
        person.page.click("text=Cancel")
    look("cancelled")
    assert {name: wrong for name, wrong in seen.items() if wrong} == {}
    assert len(seen) == 10


@pytest.mark.parametrize("color", ["#ffdd00", "#ffffff", "#000000", "#ff0066"])
def test_any_colour_of_an_operator_is_readable(chromium, site, color):
    brand = brand_of(Settings(sealing_keys=(SealingKey.parse(new_key()),), link_color=color))
    style = brand.files[brand.style].data.decode()
    url = site.link()
    for scheme in ("light", "dark"):
        context = chromium.new_context(color_scheme=scheme, bypass_csp=True)
        context.route("**/page.*.css", lambda route: route.fulfill(body=style, content_type="text/css"))
        page = context.new_page()
        page.goto(url)
        assert found(page) == [], scheme
        page.click("text=Trengo")
        assert found(page) == [], scheme
        context.close()
