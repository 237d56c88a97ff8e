"""Truto's published Python SDK (truto-python-sdk 0.1.6) with its ``base_url`` here: what it sends is understood.

The SDK asks for Python 3.12 and for a package that shadows a part of the standard library, so the environment of the
tests does not have it. ``Sdk`` sends the same bytes, read in its source and seen on the wire; where the SDK itself is
installed, the last test uses it.
"""

import asyncio
import importlib.util
from urllib.parse import urlencode

import pytest

from unified.schemas.resources import RESOURCES

LISTS = [one for one in RESOURCES if not one.single]
IDS = [f"{one.model}/{one.name}" for one in LISTS]


def flat(prefix, value):
    """Objects as ``a[b]``, arrays as ``a[]``, booleans in small letters."""
    if isinstance(value, dict):
        return [pair for key, one in value.items() for pair in flat(f"{prefix}[{key}]" if prefix else key, one)]
    if isinstance(value, list):
        return [pair for one in value for pair in flat(f"{prefix}[]", one)]
    return [(prefix, str(value).lower() if isinstance(value, bool) else value)]


class Sdk:
    """The requests of ``TrutoApi(token, base_url)``; a GET has a JSON content type and always a question mark."""

    def __init__(self, http, token, base_url):
        self._http = http
        self._base_url = base_url
        self._headers = {
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/json",
            "Accept": "application/json",
        }

    def send(self, method, endpoint, params=None, data=None):
        url = f"{self._base_url}/{endpoint}?{urlencode(flat('', params or {}))}"
        return self._http.request(method, url, headers=self._headers, json=data)

    def get(self, endpoint, params=None):
        answer = self.send("GET", endpoint, params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def pages(self, endpoint, params):
        """Its pagination: the first parameters again, the cursor beside them, until a page without one."""
        params = dict(params)
        while True:
            page = self.get(endpoint, params)
            yield page["result"]
            if not page["next_cursor"]:
                return
            params["next_cursor"] = page["next_cursor"]

    def to_array(self, endpoint, params):
        return [record for page in self.pages(endpoint, params) for record in page]


@pytest.fixture
def sdk(demo):
    """With an API key: every call names its account."""
    return Sdk(demo.http, demo.api_key, demo.base_url)


@pytest.fixture
def asking(account):
    """The parameters that every call of the SDK has."""
    return {"integrated_account_id": account.id}


@pytest.fixture
def ticket(account):
    return account.list("tickets", limit=1)["result"][0]


@pytest.mark.parametrize("resource", LISTS, ids=IDS)
def test_every_resource_is_listed_to_its_end(sdk, asking, account, ticket, resource):
    needed = {"ticket": {"id": ticket["id"]}} if any(one.required for one in resource.filters) else {}
    found = sdk.to_array(f"unified/{resource.model}/{resource.name}", {**asking, **needed, "limit": 100})
    ours = {"ticket_id": ticket["id"]} if needed else {}
    everything = account.walk(f"{resource.model}/{resource.name}", limit=100, **ours)
    assert [one["id"] for one in found] == [one["id"] for one in everything]


def test_a_record_is_read_and_is_in_result(sdk, asking, ticket):
    answer = sdk.get(f"unified/ticketing/tickets/{ticket['id']}", asking)
    assert answer["result"]["id"] == ticket["id"]


SPELLINGS = [
    ({"status": {"in": ["first", "second"]}}, {"status": ["first", "second"]}),
    ({"status": ["first", "second"]}, {"status": ["first", "second"]}),
    ({"created_at": {"gt": "moment"}}, {"created_after": "moment"}),
    ({"sort_by": {"last_message_at": "desc"}}, {"sort": "-last_message_at"}),
    ({"sort_by": {"last_message_at": "asc"}}, {"sort": "last_message_at"}),
    ({"truto_exclude_fields": ["name", "tags"]}, {"omit": ["name", "tags"]}),
    ({"truto_ignore_remote_data": True}, {}),
    ({"truto_response_format": "unified"}, {}),
    ({"truto_response_format": "raw"}, {"include": "remote_data"}),
    ({"next_cursor": ""}, {}),
]


@pytest.mark.parametrize(("theirs", "ours"), SPELLINGS, ids=[str(theirs) for theirs, _ in SPELLINGS])
def test_a_spelling_of_truto_asks_what_ours_asks(sdk, asking, account, theirs, ours):
    words = dict(zip(("first", "second"), [one["id"] for one in account.walk("ticket_status")], strict=False))
    words["moment"] = min(one["created_at"] for one in account.list("tickets", limit=5)["result"])

    def real(value):
        if isinstance(value, dict):
            return {name: real(one) for name, one in value.items()}
        return [real(one) for one in value] if isinstance(value, list) else words.get(value, value)

    found = sdk.get("unified/ticketing/tickets", {**asking, "limit": 5, **real(theirs)})
    assert found["result"]
    assert found["result"] == account.list("tickets", limit=5, **real(ours))["result"]


def test_references_mails_and_phones_are_found_in_truto_spelling(sdk, asking, account):
    contacts = account.walk("contacts", limit=100)
    mailed = next(one for one in contacts if one["emails"])
    phoned = next(one for one in contacts if one["phones"])
    mail, number = mailed["emails"][0]["email"], phoned["phones"][0]["number"]
    for query in ({"emails": mail}, {"emails": {"email": mail}}):
        assert mailed["id"] in [one["id"] for one in sdk.to_array("unified/ticketing/contacts", {**asking, **query})]
    for query in ({"phones": number}, {"phones": {"number": number}}):
        assert phoned["id"] in [one["id"] for one in sdk.to_array("unified/ticketing/contacts", {**asking, **query})]
    owner = account.list("tickets", limit=1)["result"][0]["contact"]["id"]
    tickets = sdk.to_array("unified/ticketing/tickets", {**asking, "contact": {"id": owner}})
    assert {one["contact"]["id"] for one in tickets} == {owner}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("truto_key_by", "id"),
        ("truto_ignore_limit", True),
        ("truto_super_query", "apac"),
        ("truto_response_format", "normalized"),
        ("truto_response_format", "debug"),
        ("collections", ["1"]),
    ],
)
def test_a_parameter_that_we_do_not_honour_is_refused_by_name(sdk, asking, name, value):
    answer = sdk.send("GET", "unified/ticketing/tickets", {**asking, name: value})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["path"] == name


def test_an_error_has_the_members_that_its_callers_read(sdk, asking):
    answer = sdk.send("GET", "unified/ticketing/tickets/999999999", asking)
    body = answer.json()
    assert answer.status_code == body["statusCode"] == 404
    assert body["error"]
    assert body["message"]


def test_accounts_are_listed_read_and_given_a_token(sdk, account):
    assert account.id in [
        one["id"] for one in sdk.get("integrated-account", {"tenant_id": account.tenant_id})["result"]
    ]
    assert sdk.get(f"integrated-account/{account.id}")["result"]["id"] == account.id
    minted = sdk.send("POST", "integrated-account/token", data={"integrated_account_id": account.id})
    assert minted.status_code == 201
    assert minted.json()["result"]["token"]


def test_the_passthrough_answers_what_the_provider_answers(sdk, asking, demo):
    account = demo.accounts["trengo"]
    answer = sdk.get("proxy/tickets", {"integrated_account_id": account.id, "page": 2})
    assert answer["meta"]["current_page"] == 2


def test_a_list_of_the_passthrough_has_the_envelope_where_that_is_asked_for(sdk, asking, demo):
    account = demo.accounts["trengo"]
    query = {"integrated_account_id": account.id, "interline_response_format": "result", "interline_limit": 30}
    first = sdk.get("proxy/tickets", query)
    second = sdk.get("proxy/tickets", {**query, "interline_next_cursor": first["next_cursor"]})
    assert (first["result_count"], second["result_count"], first["prev_cursor"]) == (30, 30, None)
    assert not {one["id"] for one in first["result"]} & {one["id"] for one in second["result"]}


if importlib.util.find_spec("truto_python_sdk") is not None:

    @pytest.mark.filterwarnings("ignore")
    @pytest.mark.parametrize("resource", LISTS, ids=IDS)
    def test_the_sdk_itself_lists_every_resource(demo, account, ticket, resource):
        from truto_python_sdk import TrutoApi

        api = TrutoApi(demo.api_key, base_url=demo.base_url)
        needed = {"ticket": {"id": ticket["id"]}} if any(one.required for one in resource.filters) else {}
        query = {"integrated_account_id": account.id, "limit": 100, **needed}
        found = asyncio.run(api.unified_api.list(resource.model, resource.name, query).to_array())
        ours = {"ticket_id": ticket["id"]} if needed else {}
        everything = account.walk(f"{resource.model}/{resource.name}", limit=100, **ours)
        assert [one["id"] for one in found] == [one["id"] for one in everything]
