"""/metrics tells of the whole server: every worker counts, those that ended keep what they counted, gauges end."""

import pytest

from tests.workers.fleet import eventually, kill

ASKED = 12


@pytest.fixture(autouse=True)
def temporary(monkeypatch, tmp_path):
    """The temporary folder of the servers."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    return tmp_path


def test_what_any_worker_counted_is_told_by_every_worker(start, temporary):
    fleet = start()
    (folder,) = temporary.glob("interline-metrics-*")
    callers = [fleet.caller()]
    callers.append(
        eventually(
            lambda: next((one for one in [fleet.caller()] if one.worker != callers[0].worker), None), "both workers"
        )
    )
    for one in callers:
        for _ in range(ASKED):
            assert fleet.request("GET", "/proxy/tickets", client=one.http).status_code == 200
        refused = one.http.get(f"{fleet.url}/nowhere", headers=fleet.headers())
        assert refused.json()["code"] == "not-found"
    for one in callers:
        text = one.http.get(f"{fleet.url}/metrics").text
        lines = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
        assert float(lines['interline_answers_total{method="GET",route="/proxy",status="200"}']) == 2 * ASKED
        assert float(lines['interline_provider_answers_total{provider="trengo",status="2xx"}']) >= 2 * ASKED
        assert float(lines['interline_problems_total{code="not-found"}']) == 2
        assert float(lines["interline_workers"]) == 2
        assert float(lines['interline_accounts{status="active"}']) == 1
        assert fleet.account_id not in text
        assert fleet.key not in text
    both = fleet.metric("interline_resident_bytes")
    kill(callers[0].worker)
    eventually(lambda: len(fleet.workers) == 2 and callers[0].worker not in fleet.workers, "the replacement")
    eventually(lambda: fleet.metric("interline_workers") == 2, "two workers again")
    assert fleet.metric("interline_resident_bytes") < 1.5 * both  # not that of the dead one as well
    assert fleet.metric("interline_provider_answers_total") >= 2 * ASKED
    fleet.server.stop()
    assert not folder.exists()


def test_one_worker_needs_no_folder(start, temporary):
    fleet = start(workers="1")
    assert fleet.metric("interline_workers") == 1
    assert list(temporary.glob("interline-metrics-*")) == []
