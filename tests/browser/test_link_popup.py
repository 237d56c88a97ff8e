"""The link page in a window of its own: what it tells, and whom."""

import io
import json
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

PRODUCT = """<!doctype html><html lang="en"><title>product</title><button id="open">connect</button><script>
window.heard = [];
addEventListener("message", (event) => heard.push({origin: event.origin, data: event.data}));
document.getElementById("open").onclick = () => { window.popup = open(%s, "link", "width=520,height=760"); };
</script></html>"""
SDK = """<!doctype html><html lang="en"><title>product</title><button id="open">connect</button><script type="module">
import authenticate from "/sdk_js";
document.getElementById("open").onclick = () => {
  authenticate(%s, {baseUrl: %s, iframe: false, integration: "trengo"})
    .then((said) => { window.said = said; }, (error) => { window.failed = {...error, message: error.message}; });
};
</script></html>"""


def window(person, product, place=None):
    """Opens the product and, from it, the link page."""
    person.page.goto(place or product.origin)
    with person.context.expect_page() as opened:
        person.page.click("#open")
    popup = opened.value
    person.watch(popup)
    popup.wait_for_load_state()
    return popup


def link_in(person, popup):
    person.fill("trengo", page=popup)
    person.press(popup)
    popup.click("button.main")


def heard(person, count=1):
    person.page.wait_for_function(f"window.heard.length >= {count}")
    return person.page.evaluate("window.heard")


@pytest.mark.parametrize("by", ["origin", "redirect_uri"])
def test_the_product_is_told_and_the_window_closes(customer, site, opener, by):
    product = opener()
    place = product.origin if by == "origin" else f"{product.origin}/back"
    url = site.link(integration="trengo", tenant_id=f"popup-{by}", **{by: place})
    product.files["index"] = PRODUCT % json.dumps(url)
    person = customer()
    popup = window(person, product)
    with popup.expect_event("close"):
        link_in(person, popup)
    (account,) = site.accounts(tenant_id=f"popup-{by}")
    assert heard(person) == [
        {
            "origin": site.base_url,
            "data": {
                "result": "success",
                "integration": "trengo",
                "integrated_account_id": account["id"],
                "is_truto": True,
            },
        }
    ]


def test_another_origin_is_told_nothing(customer, site, opener):
    product = opener()
    url = site.link(integration="trengo", origin=product.origin)
    product.files["index"] = PRODUCT % json.dumps(url)
    person = customer()
    popup = window(person, product, product.other_origin)  # the same page, at an origin that the link is not bound to
    with popup.expect_event("close"):
        link_in(person, popup)
    person.page.wait_for_timeout(300)
    assert person.page.evaluate("window.heard") == []


def test_a_link_that_is_bound_to_nobody_tells_nobody(customer, site, opener):
    product = opener()
    product.files["index"] = PRODUCT % json.dumps(site.link(integration="trengo"))
    person = customer()
    popup = window(person, product)
    assert popup.evaluate("window.opener") is None
    link_in(person, popup)
    popup.wait_for_selector(".end.good")
    assert person.page.evaluate("window.heard") == []


def test_a_customer_who_cancels_closes_the_window(customer, site, opener):
    product = opener()
    product.files["index"] = PRODUCT % json.dumps(site.link(integration="trengo", origin=product.origin))
    person = customer()
    popup = window(person, product)
    with popup.expect_event("close"):
        popup.click("text=Cancel")
    assert heard(person) == [{"origin": site.base_url, "data": "closed"}]


def test_a_link_that_is_over_is_told_and_the_page_stays(customer, site, opener):
    product = opener()
    url = site.link(integration="trengo", origin=product.origin)
    first = customer()
    first.page.goto(url)
    first.fill("trengo")
    first.press()
    first.press()
    product.files["index"] = PRODUCT % json.dumps(url)
    person = customer()
    popup = window(person, product)
    assert heard(person)[0]["data"] == {
        "error": "The link has been used",
        "error_type": "invalid_token",
        "is_truto": True,
    }
    assert "has been used" in popup.inner_text("main")


@pytest.fixture(scope="module")
def sdk(tmp_path_factory):
    """Truto's browser SDK as it is published, or nothing where the registry is out of reach."""
    if shutil.which("npm") is None:
        return None
    folder = tmp_path_factory.mktemp("sdk")
    command = ["npm", "pack", "--silent", "--fetch-retries=0", "--fetch-timeout=10000", "@truto/truto-link-sdk@1.1.30"]
    packed = subprocess.run(command, cwd=folder, capture_output=True, check=False)
    files = list(Path(folder).glob("*.tgz"))
    if packed.returncode or not files:
        return None
    with tarfile.open(fileobj=io.BytesIO(files[0].read_bytes())) as archive:
        return archive.extractfile("package/dist/main.js").read().decode()


# The part of the SDK that the popup mode consists of (version 1.1.30, read in its source): for where it cannot be had.
FAITHFUL = """export default function authenticate(token, options) {
  const url = new URL(`${options.baseUrl}/connect-account`);
  url.searchParams.append("link_token", token);
  if (options.integration) url.searchParams.append("integration", options.integration);
  return new Promise((resolve, reject) => {
    const popup = open(url, "Truto Connect", "width=700,height=800,popup=yes");
    addEventListener("message", (event) => {
      if (event.source !== popup || event.origin !== options.baseUrl) return;
      popup.close();
      if (event.data.error) reject(Object.assign(new Error(event.data.error), event.data)); else resolve(event.data);
    }, true);
  });
}"""


def test_trutos_sdk_resolves_with_the_account(customer, site, opener, sdk):
    product = opener(sdk_js=sdk or FAITHFUL)
    link = site.ask(tenant_id="sdk", origin=product.origin)
    product.files["index"] = SDK % (json.dumps(link["link_token"]), json.dumps(site.base_url))
    person = customer()
    popup = window(person, product)
    with popup.expect_event("close"):
        link_in(person, popup)
    person.page.wait_for_function("window.said")
    (account,) = site.accounts(tenant_id="sdk")
    said = person.page.evaluate("window.said")
    assert said == {
        "result": "success",
        "integration": "trengo",
        "integrated_account_id": account["id"],
        "is_truto": True,
    }


def test_trutos_sdk_hears_of_a_customer_who_leaves(customer, site, opener, sdk):
    product = opener(sdk_js=sdk or FAITHFUL)
    link = site.ask(origin=product.origin)
    product.files["index"] = SDK % (json.dumps(link["link_token"]), json.dumps(site.base_url))
    person = customer()
    popup = window(person, product)
    with popup.expect_event("close"):
        popup.click("text=Cancel")
    person.page.wait_for_function("window.said")
    assert person.page.evaluate("window.said") == "closed"


def test_trutos_sdk_rejects_with_the_kind_of_error(customer, site, opener, sdk):
    product = opener(sdk_js=sdk or FAITHFUL)
    link = site.ask(integration="chatwoot", origin=product.origin)
    product.files["index"] = SDK % (json.dumps(link["link_token"]), json.dumps(site.base_url))
    person = customer()
    person.page.goto(product.origin)
    person.page.click("#open")
    person.page.wait_for_function("window.failed")
    assert person.page.evaluate("window.failed.error_type") == "invalid_integration"
