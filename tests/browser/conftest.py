"""A real Chromium, driven over its own protocol; where there is none, this folder is left out and the summary says so.

``TEST_BROWSER`` names the executable. ``REQUIRE_BROWSER=1``, as CI sets it, makes a missing browser
a failure.
"""

import os
import shutil

import pytest

from tests.conftest import start_server

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def executable():
    """Where Chromium is."""
    return os.environ.get("TEST_BROWSER") or next(filter(None, map(shutil.which, NAMES)), None)


def required():
    return os.environ.get("REQUIRE_BROWSER") == "1"


def pytest_terminal_summary(terminalreporter):
    """At the end, as the header is not shown in quiet runs."""
    if not executable():
        terminalreporter.write_line("no Chromium was found: tests/browser was left out")


collect_ignore_glob = [] if executable() or required() else ["test_*.py"]


@pytest.fixture(scope="module")
def chromium():
    """The browser of a file: while it is open an event loop runs here, and no test with a loop of its own could."""
    from playwright.sync_api import sync_playwright

    found = executable()
    assert found, "REQUIRE_BROWSER is set, and there is no Chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def site(running, tmp_path_factory):
    """One server for all tests of this folder, with a brand of its own, its log at DEBUG."""
    from tests.browser.site import Site

    server = start_server(tmp_path_factory.mktemp("site"), running, link_name="Lumen", log_level="debug", docs="true")
    yield Site(server)
    server.stop()


@pytest.fixture
def customer(chromium, site, demo):
    """``customer(**options)``: a page in a browser profile of its own."""
    from tests.browser.site import Customer

    contexts = []

    def open_profile(**options):
        contexts.append(chromium.new_context(locale="en-GB", **options))
        contexts[-1].set_default_timeout(20_000)
        return Customer(contexts[-1], site, demo)

    yield open_profile
    for context in contexts:
        context.close()


@pytest.fixture
def opener():
    """``opener(html)``: an origin of its own that serves one page, as a product of an operator would."""
    from tests.browser.site import Opener

    made = []

    def serve(**files):
        made.append(Opener(files))
        return made[-1]

    yield serve
    for one in made:
        one.close()
