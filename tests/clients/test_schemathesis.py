"""Requests made from the description, sensible and hostile, against the running demo: the answers keep to it.

More cases than the suite's: ``FUZZ_CASES=3000 .venv/bin/pytest tests/clients/test_schemathesis.py``.
"""

import json
import os

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.core.failures import Failure

from unified.describe import described_file

load_all_checks()
DOCUMENT = json.loads(described_file().read_bytes())
OPERATIONS = sum(len(item) for item in DOCUMENT["paths"].values())
PROVIDERS = ("trengo", "chatwoot")
CASES = max(2, int(os.environ.get("FUZZ_CASES", "800")) // (OPERATIONS * len(PROVIDERS)))
"""For each operation and provider."""
OPERATOR = (
    "listAccounts",
    "createAccount",
    "createAccountToken",
    "createLinkToken",
    "getAccount",
    "deleteAccount",
    "updateAccount",
)
"""Operations that an account token may not call: these are sent with the API key."""
ASKED = ("getCapabilities", "getAccount", "updateAccount")
"""Operations that take the further account's id; a deletion only ever gets made-up ids."""
OWED = {(501, "unsupported-operation")}
"""What the provider cannot do."""
DECLARED_CHECKS = [
    CHECKS.get_one(name)
    for name in (
        "content_type_conformance",
        "response_headers_conformance",
        "response_schema_conformance",
    )
]
STATUS_IS_DECLARED = CHECKS.get_one("status_code_conformance")
REFUSES_WRONG_DATA = CHECKS.get_one("negative_data_rejection")


def _described():
    """The document without the two account parameters: the account token says which one is meant."""
    chosen = ("integrated_account_id", "X-Integrated-Account-Id")
    for item in DOCUMENT["paths"].values():
        for operation in item.values():
            operation["parameters"] = [one for one in operation.get("parameters", []) if one["name"] not in chosen]
    schema = schemathesis.openapi.from_dict(DOCUMENT)
    schema.config.generation.update(with_security_parameters=False)
    return schema


SCHEMA = _described()


class Fault(Failure):
    """A status that stands for a fault, while the provider is well."""


@pytest.fixture(scope="module", params=PROVIDERS)
def house(request, running):
    """One provider's account, some ids that exist, and a further account that may be changed."""
    account = running.accounts[request.param]
    account.sandbox.reset()
    further = running.link(account.name, account.sandbox.token, tenant="fuzzed")
    yield account, _known_ids(account), further, running
    running.operator("DELETE", f"/integrated-account/{further}")
    account.sandbox.reset()


def _known_ids(account):
    tickets = account.list("tickets", limit=5)["result"]
    known = {"getTicket": [one["id"] for one in tickets]}
    for name, operation in (
        ("tags", "getTag"),
        ("users", "getUser"),
        ("contacts", "getContact"),
        ("fields", "getField"),
    ):
        known[operation] = [one["id"] for one in account.list(name, limit=5)["result"]]
    comments = account.list("comments", ticket_id=tickets[0]["id"], limit=5)["result"]
    return {**known, "getComment": [one["id"] for one in comments], "ticket_id": known["getTicket"]}


def _made_real(case, known, further):
    """Puts ids that exist into every second case, so that answers with records are checked too."""
    name = case.operation.definition.raw["operationId"]
    even = len(json.dumps([case.path_parameters, dict(case.query or {})], default=str)) % 2 == 0
    if even and name in known:
        case.path_parameters["id"] = known[name][0]
    if even and name in ASKED:
        case.path_parameters["account_id"] = further
    if even and name in ("listComments", "listAttachments"):
        case.query["ticket_id"] = known["ticket_id"][0]
    return name


def _no_fault(context, response, case):
    """No 5xx is owed to a request while the provider is well, except for what its pages and its abilities are."""
    code = response.json().get("code") if "problem+json" in str(response.headers.get("content-type")) else None
    if response.status_code >= 500 and (response.status_code, code) not in OWED:
        raise Fault(operation=case.operation.label, title="a fault", message=f"{response.status_code} {code}")


def _says_nothing(case):
    """Whether a parameter is empty: for one that is no filter that is as if it were left out, whatever its schema."""
    given = [value if isinstance(value, list) else [value] for value in (case.query or {}).values()]
    return any(not values or "" in values or None in values for values in given)


def _more_checks(name, case):
    """Those that not every case is due: the status of a passthrough is the provider's, whatever it is."""
    if name.startswith("proxy"):
        return []
    return [STATUS_IS_DECLARED] if _says_nothing(case) else [STATUS_IS_DECLARED, REFUSES_WRONG_DATA]


@SCHEMA.parametrize()
@settings(
    max_examples=CASES,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_answers_keep_to_the_description(case, house):
    account, known, further, demo = house
    name = _made_real(case, known, further)
    token = demo.api_key if name in OPERATOR else account.token
    response = case.call(base_url=demo.base_url, headers={"Authorization": f"Bearer {token}"})
    case.validate_response(response, checks=[_no_fault, *DECLARED_CHECKS, *_more_checks(name, case)])
