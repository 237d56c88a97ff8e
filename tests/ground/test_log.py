"""Log lines: one JSON object each, printable, bounded, without secrets."""

import io
import json
import logging

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from proxy import log
from proxy.secret import Secret
from proxy.trace import Deadline, Trace

CANARY = "canary-4fd9a1c27be04d55"


@pytest.fixture
def lines():
    stream = io.StringIO()
    root = logging.getLogger()
    before = (root.handlers[:], root.level, {name: logging.getLogger(name).level for name in log.QUIET})
    log.configure("debug", stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.handlers[:], root.level = before[0], before[1]
    for name, level in before[2].items():
        logging.getLogger(name).setLevel(level)
    structlog.reset_defaults()


def _trace():
    trace = Trace("req-1", Deadline(30))
    with trace.stage("account"):
        pass
    trace.upstream_calls = 2
    trace.facts |= {"provider": "desk", "code": "not-found"}
    return trace


def test_a_request_is_one_line_with_its_facts(lines):
    log.access(_trace(), "GET", f"/unified/x?secret={CANARY}", 404)
    (line,) = lines()
    assert line["event"] == "request"
    assert (line["request_id"], line["method"], line["path"], line["status"]) == ("req-1", "GET", "/unified/x", 404)
    assert (line["provider"], line["code"], line["upstream_calls"]) == ("desk", "not-found", 2)
    assert set(line["stages"]) == {"account"}
    assert line["duration_ms"] >= 0
    assert CANARY not in json.dumps(line)


HOSTILE = [
    "line\nbreak\r\nfake: yes",
    "\x1b[31mred\x1b[0m",
    "right\u202eto left\u2066",
    "sep\u2028arated",
    "nul\x00del\x7fc1\x9b",
    "lone\ud800",
    '"},{"event":"forged"',
    "/" * 1_000_000,
]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text[:20]))
def test_what_others_send_stays_one_short_printable_line(lines, text):
    log.access(_trace(), text, text, 200)
    (line,) = lines()
    assert line["event"] == "request"
    for name in ("method", "path"):
        assert line[name].isprintable()
        assert len(line[name].encode()) <= 256


@given(st.text(alphabet=st.characters(), max_size=400))
def test_a_cleaned_text_is_printable_and_at_most_256_bytes(text):
    cleaned = log.clean(text)
    assert cleaned.isprintable()
    assert len(cleaned.encode()) <= 256
    if text.isprintable() and len(text.encode()) <= 256:
        assert cleaned == text


def test_no_secret_reaches_a_line(lines):
    logger = structlog.get_logger()
    logger.info("one", token=CANARY, headers={"Authorization": CANARY, "accept": "x"}, value=Secret(CANARY))
    logger.info("two", items=[Secret(CANARY), {"api_key": CANARY}])
    try:
        raise ValueError(CANARY)
    except ValueError:
        logger.exception("three")
        logging.getLogger("library").exception("four")
    found = lines()
    assert CANARY not in json.dumps(found)
    assert found[0]["headers"] == {"Authorization": "***", "accept": "x"}
    assert found[2]["error"] == found[3]["error"] == "ValueError"
    assert any("test_no_secret_reaches_a_line" in place for place in found[2]["places"])


def test_lines_of_libraries_have_the_same_form_and_the_talkative_ones_are_quiet(lines):
    for name in log.QUIET:
        logging.getLogger(name).info("GET https://desk.example/?token=%s", CANARY)
        logging.getLogger(f"{name}.inner").debug(CANARY)
    logging.getLogger("granian").info("started\non %d", 8080)
    (line,) = lines()
    assert (line["logger"], line["level"], line["event"]) == ("granian", "info", "started\\non 8080")


def test_the_level_is_kept():
    stream = io.StringIO()
    root = logging.getLogger()
    before = (root.handlers[:], root.level)
    log.configure("warning", stream)
    structlog.get_logger().info("not said")
    logging.getLogger("library").info("not said")
    structlog.get_logger().warning("said")
    root.handlers[:], root.level = before
    structlog.reset_defaults()
    assert [json.loads(line)["event"] for line in stream.getvalue().splitlines()] == ["said"]
