"""A pytest plugin: which faults were survived. ``@pytest.mark.fault("F12", "html with 200")`` makes a test a scenario.

The marks travel in the reports, so that the process that prints the summary sees them however many run the tests.
"""

import json

import pytest

PROPERTY = "fault"
ARGUMENT = "--faults-as-json"


def pytest_addoption(parser):
    parser.addoption(ARGUMENT, action="store_true", help="with --collect-only: print the fault scenarios as JSON")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    for item in items:
        for number, variant in _marks(item):
            item.user_properties.append((PROPERTY, f"{number} {variant}"))


def pytest_configure(config):
    config.pluginmanager.register(Ledger(), "faults-ledger")


def pytest_collection_finish(session):
    if session.config.getoption(ARGUMENT):
        files = [(item.nodeid.partition("::")[0], item) for item in session.items]
        print(json.dumps([(*mark, file) for file, item in files for mark in _marks(item)]))


def _marks(item):
    return [tuple(mark.args) for mark in item.iter_markers("fault")]


class Ledger:
    """The scenarios that ran, by test, and those of them that were not survived."""

    def __init__(self):
        self.scenarios = {}
        self.fallen = set()

    def pytest_runtest_logreport(self, report):
        faults = [value for name, value in report.user_properties if name == PROPERTY]
        if faults:
            self.scenarios[report.nodeid] = faults
            if report.outcome != "passed":
                self.fallen.add(report.nodeid)

    def pytest_terminal_summary(self, terminalreporter):
        if not self.scenarios:
            return
        survived = len(self.scenarios) - len(self.fallen)
        terminalreporter.section("faults", sep="-")
        for nodeid in sorted(self.fallen):
            terminalreporter.line(f"not survived: {', '.join(self.scenarios[nodeid])} ({nodeid})")
        terminalreporter.line(f"faults survived: {survived}/{len(self.scenarios)}")
