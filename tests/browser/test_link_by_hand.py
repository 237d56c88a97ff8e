"""The link page as a person meets it, in Chromium: by clicks, by keyboard alone, with and without scripts."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest

SCRIPTS = pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])


@SCRIPTS
@pytest.mark.parametrize(("name", "label"), [("trengo", "Trengo"), ("chatwoot", "Chatwoot")])
def test_a_person_links_an_account_by_clicks(customer, site, name, label, scripts):
    person = customer(java_script_enabled=scripts)
    person.open(tenant_id=f"{name}-{scripts}", tenant_name="Sunrise Bakery")
    assert "Sunrise Bakery" in person.reads()
    person.page.click(f"text={label}")
    person.fill(name)
    person.press()
    assert "Is this the right one?" in person.reads()
    person.press()
    assert f"{label} is connected" in person.reads()
    (account,) = site.accounts(tenant_id=f"{name}-{scripts}")
    assert account["label"] in person.reads()
    person.page.reload()
    assert f"{label} is connected" in person.reads()
    assert person.errors == []


@SCRIPTS
def test_the_browser_comes_back_with_the_outcome_alone(customer, site, opener, scripts):
    product = opener()
    person = customer(java_script_enabled=scripts)
    link = site.ask(integration="trengo", redirect_uri=f"{product.origin}/back?tab=2", tenant_id=f"back-{scripts}")
    person.page.goto(link["url"])
    person.fill("trengo")
    person.press()
    person.press()
    place = urlsplit(person.page.url)
    (account,) = site.accounts(tenant_id=f"back-{scripts}")
    assert place.path == "/back"
    assert parse_qs(place.query) == {
        "tab": ["2"],
        "result": ["success"],
        "integration": ["trengo"],
        "integrated_account_id": [account["id"]],
    }
    assert product.asked[0][1] is None  # the product is not told where its customer comes from
    token = person.sandboxes["trengo"].token
    for url, referrer in person.requests[1:]:  # the first one is the link itself
        assert link["link_token"] not in url + str(referrer)
        assert token not in url + str(referrer)
    history = person.history()
    assert len(history) > 2
    assert [url for url in history if link["link_token"] in url] == []


def test_the_keyboard_is_enough(customer):
    person = customer()
    person.open()
    keys = person.page.keyboard
    focused = "document.activeElement.textContent.trim() || document.activeElement.id"

    def go_to(text):
        for _ in range(30):
            keys.press("Tab")
            if text in person.page.evaluate(focused):
                return
        raise AssertionError(f"the keyboard does not reach {text!r}")

    go_to("Chatwoot")
    ring = person.page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert ring == "solid"
    with person.page.expect_navigation():
        keys.press("Enter")
    go_to("context-base_url")
    keys.press("Control+a")
    keys.type(person.sandboxes["chatwoot"].url)
    go_to("context-account_id")
    keys.type("3")
    go_to("credentials-token")
    keys.type(person.sandboxes["chatwoot"].token)
    with person.page.expect_navigation():
        keys.press("Enter")
    go_to("Connect")
    with person.page.expect_navigation():
        keys.press("Space")
    assert "Chatwoot is connected" in person.reads()


def test_a_mistake_is_told_where_a_screen_reader_is(customer):
    person = customer()
    person.open(integration="chatwoot")
    person.fill("chatwoot", "wrong", **{"context-account_id": "x"})
    person.press()
    assert person.page.evaluate("document.activeElement.getAttribute('role')") == "alert"
    assert person.page.title().startswith("Please look at this")
    field = person.page.locator("#context-account_id")
    assert field.get_attribute("aria-invalid") == "true"
    described = field.get_attribute("aria-describedby").split()
    assert any("whole number" in person.page.inner_text(f"#{one}") for one in described)
    assert person.page.input_value("#context-base_url") == person.sandboxes["chatwoot"].url
    assert person.page.input_value("#credentials-token") == ""


def test_a_token_can_be_looked_at_and_is_hidden_at_first(customer):
    person = customer()
    person.open(integration="trengo")
    field, button = person.page.locator("#credentials-token"), person.page.locator("button.reveal")
    field.fill("abc")
    assert field.get_attribute("type") == "password"
    button.click()
    assert (field.get_attribute("type"), button.inner_text()) == ("text", "Hide")
    button.click()
    assert (field.get_attribute("type"), button.inner_text()) == ("password", "Show")
    still = customer(java_script_enabled=False)
    still.open(integration="trengo")
    assert not still.page.locator("button.reveal").is_visible()


def test_a_second_click_while_the_provider_is_asked_does_nothing(customer):
    person = customer()
    person.open(integration="trengo")
    person.fill("trengo")
    person.sandboxes["trengo"].clear_log()
    person.sandboxes["trengo"].faults({"match": {}, "do": "delay", "seconds": 0.5, "times": 1})
    with person.page.expect_navigation():
        person.page.evaluate(
            "() => { const b = document.querySelector('button.main'); b.click(); b.click(); b.click(); }"
        )
    assert "Is this the right one?" in person.reads()
    assert len(person.sandboxes["trengo"].log()) == 1


def test_nothing_is_loaded_from_anywhere_else(customer, site):
    person = customer()
    person.open()
    person.page.click("text=Trengo")
    person.fill("trengo")
    person.press()
    person.press()
    assert {url for url, _ in person.requests if not url.startswith(site.base_url + "/")} == set()
    assert person.errors == []


@pytest.mark.parametrize("lang", ["en-GB", "nl-BE", "de-AT", "es-MX", "fr-CA"])
def test_the_page_speaks_the_browsers_language(chromium, site, lang):
    context = chromium.new_context(locale=lang)
    page = context.new_page()
    page.goto(site.link(integration="trengo"))
    assert page.get_attribute("html", "lang") == lang[:2]
    for code in ("de", "en", "es", "fr", "nl"):
        with page.expect_navigation():
            page.click(f".languages a[lang={code}]")
        assert page.get_attribute("html", "lang") == code
        assert page.input_value("#credentials-token") == ""
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_light_and_dark_are_the_browsers(customer, scheme):
    person = customer(color_scheme=scheme)
    person.open(integration="trengo")
    paper = person.page.evaluate("getComputedStyle(document.querySelector('.card')).backgroundColor")
    shade = sum(map(int, re.findall(r"\d+", paper)[:3]))
    assert (shade > 600) is (scheme == "light")


@pytest.mark.parametrize("width", [320, 375, 768, 1280])
def test_no_width_scrolls_sideways(customer, width):
    person = customer(viewport={"width": width, "height": 700})
    person.open(tenant_name="W" * 100)
    for step in (lambda: person.page.click("text=Chatwoot"), lambda: None):
        step()
        wide = person.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0


def test_the_page_cannot_be_framed(customer, site, opener):
    person = customer()
    product = opener(index=f"<!doctype html><title>p</title><iframe id=f src='{site.link()}'></iframe>")
    person.page.goto(product.origin)
    person.page.wait_for_load_state("load")
    inside = [frame for frame in person.page.frames if frame.parent_frame is not None]
    assert all("Connect your helpdesk" not in frame.content() for frame in inside)


def test_a_form_of_another_site_does_nothing(customer, site, opener):
    person = customer()
    person.open(integration="trengo")
    person.fill("trengo")
    person.press()
    action = person.page.url + "/confirm"
    form = f"<!doctype html><form method=post action='{action}'><input name=form value=x><button>go</button></form>"
    product = opener(index=form)
    other = person.context.new_page()
    other.goto(product.other_origin)
    other.click("button")
    other.wait_for_load_state()
    assert "is connected" not in other.inner_text("main")
    person.page.reload()
    assert "Is this the right one?" in person.reads()
