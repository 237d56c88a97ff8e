"""docs/operating.md, docs/alerts.yaml and the container files name what is there, and nothing that is not."""

import json
import re
import subprocess
import sys
import tomllib
from configparser import ConfigParser
from pathlib import Path

import pytest
import yaml
from click import Group

from proxy.bounds import Bounds
from proxy.errors import all_problems
from proxy.metrics import REGISTRY
from proxy.settings import PREFIX, Settings
from unified import lag, measuring, metrics
from unified.cli import main

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
PRODUCTION = (ROOT / "docs" / "production.md").read_text(encoding="utf-8")
ALERTS = (ROOT / "docs" / "alerts.yaml").read_text(encoding="utf-8")
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
STOPPING = Bounds().notice_seconds + Bounds().drain_seconds
NAMES = re.compile(r"\binterline_[a-z_]+")
LABELLED = re.compile(r"(interline_[a-z_]+?)\{([a-z_,]+)\}")
MATCHED = re.compile(r'(interline_[a-z_]+)\{(\w+)(?:=|=~)"([^"]*)"\}')


def families():
    """Every metric by the names that Prometheus knows it by, with its labels."""
    known = {"interline_accounts": ("status",)}
    for metric in REGISTRY._names_to_collectors.values():
        for name in REGISTRY._collector_to_names[metric]:
            known[name] = metric._labelnames
    return known


def settings():
    fields = {f"{PREFIX}{name.upper()}" for name in Settings.__struct_fields__}
    return fields | {f"{PREFIX}BOUNDS_{name.upper()}" for name in Bounds.__struct_fields__}


def instructions(word):
    return re.findall(rf"^\s*{word} (.+)$", DOCKERFILE, flags=re.M)


@pytest.mark.parametrize("text", [PAGE, PRODUCTION, ALERTS], ids=["operating.md", "production.md", "alerts.yaml"])
def test_every_metric_that_is_named_exists(text):
    assert {lag.LAG, measuring.WORKERS, metrics.ANSWERS} <= set(REGISTRY._collector_to_names)
    named = set(NAMES.findall(text))
    assert named
    assert named - set(families()) == set()


def test_the_page_names_every_metric_with_its_labels():
    told = {name: tuple(labels.split(",")) for name, labels in LABELLED.findall(PAGE)}
    known = families()
    for metric in REGISTRY._collector_to_names:
        names = set(REGISTRY._collector_to_names[metric])
        assert names & set(NAMES.findall(PAGE)), metric._name
    for name, labels in told.items():
        assert known[name] == labels


def test_the_alarms_ask_for_labels_and_codes_that_exist():
    known, codes = families(), {problem.code for problem in all_problems()}
    asked = MATCHED.findall(ALERTS)
    assert len(asked) >= 8
    for name, label, value in asked:
        assert label in known[name], name
        if label == "code":
            assert value in codes
    rules = yaml.safe_load(ALERTS)["groups"][0]["rules"]
    assert len({rule["alert"] for rule in rules}) == len(rules)
    assert all(rule["expr"] and rule["annotations"]["summary"] for rule in rules)


def test_every_setting_of_the_container_files_exists():
    named = set(re.findall(r"INTERLINE_[A-Z_]+", DOCKERFILE + (ROOT / "compose.yaml").read_text(encoding="utf-8")))
    assert {"INTERLINE_HOST", "INTERLINE_SEALING_KEYS", "INTERLINE_REDIS_URL"} <= named
    assert named - settings() == set()


def test_the_image_holds_what_the_package_is_built_from_and_no_more():
    copied = {name for line in instructions("COPY") if "--from" not in line for name in line.split()[:-1]}
    wheel = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]
    needed = {"pyproject.toml", PROJECT["project"]["readme"], *PROJECT["project"]["license-files"]}
    needed |= {*wheel["packages"], *wheel["force-include"]}
    assert copied == needed
    assert all((ROOT / name).exists() for name in copied)
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").split("\n")
    assert "*" in ignored
    assert {line[1:] for line in ignored if line.startswith("!")} == needed


def test_the_image_starts_a_command_that_exists_on_the_default_port_without_rights():
    (entrypoint,), commands = instructions("ENTRYPOINT"), instructions("CMD")
    assert set(json.loads(entrypoint)) == set(PROJECT["project"]["scripts"])
    assert main.get_command(None, json.loads(commands[-1])[0]) is not None
    assert instructions("EXPOSE") == [str(Settings.__struct_defaults__[_default("port")])]
    assert int(instructions("USER")[-1]) > 0
    assert "postgres" in PROJECT["project"]["optional-dependencies"]
    assert "'.[postgres]'" in DOCKERFILE


def _default(name):
    fields = Settings.__struct_fields__
    return fields.index(name) - (len(fields) - len(Settings.__struct_defaults__))


def test_the_health_check_of_the_image_tells_a_ready_server_from_none(running):
    check = json.loads(re.findall(r"^HEALTHCHECK .+ CMD (.+)$", DOCKERFILE, flags=re.M)[0])
    assert check[0] == "python"

    assert "http://127.0.0.1:8080" in check[2]

    def status(base_url):
        code = check[2].replace("http://127.0.0.1:8080", base_url)
        return subprocess.run([sys.executable, check[1], code], capture_output=True, timeout=60, check=False).returncode

    assert status(running.base_url) == 0
    assert status("http://127.0.0.1:9") != 0


def test_the_services_run_commands_that_exist_and_publish_nothing_beyond_this_machine():
    services = COMPOSE["services"]
    group = main.get_command(None, services["migrate"]["command"][0])
    assert isinstance(group, Group)
    assert services["migrate"]["command"][1] in group.commands
    published = [port for service in services.values() for port in service.get("ports", [])]
    assert published == ["127.0.0.1:8080:8080"]
    for name in ("server", "migrate", "valkey"):
        assert services[name]["read_only"] is True
        assert services[name]["cap_drop"] == ["ALL"]
    assert int(services["server"]["stop_grace_period"].removesuffix("s")) > STOPPING
    assert "noeviction" in str(services["valkey"]["command"])
    for service in services.values():
        for value in service["environment"].values():
            assert "PASSWORD" not in value or "${" in value  # no secret stands in the file


def test_the_units_give_the_server_time_to_stop_and_reload_it_by_its_signal():
    unit, listening = _units()
    assert int(unit["Service"]["TimeoutStopSec"]) > STOPPING
    assert unit["Service"]["ExecStart"].endswith("/interline serve")
    assert unit["Service"]["ExecReload"] == "/bin/kill -HUP $MAINPID"
    assert listening["Socket"]["ListenStream"].endswith(":8080")


def _units():
    blocks = re.findall(r"^```ini\n(.*?)^```$", PRODUCTION + PAGE, flags=re.M | re.S)
    units = []
    for block in blocks:
        parser = ConfigParser(interpolation=None)
        parser.optionxform = str
        parser.read_string(block)
        units.append(parser)
    return units
