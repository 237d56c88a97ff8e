"""A Python client generated from the description can make every write, with files too, and understands the answers."""

import msgspec
import pytest

from unified.describe import example_bodies
from unified.schemas.resources import RESOURCES

WRITES = [(one, method) for one in RESOURCES if one.writes for method in one.writes.methods]
IDS = [f"{method} {one.name}" for one, method in WRITES]
NO_RECORD = "999999999"


def operation(resource, method):
    name = resource.plural if method == "merge" else resource.singular
    return f"{method}{name.capitalize()}"


def body_of(package, resource, method, body):
    """A body in the client's types."""
    kind = resource.writes.body(method)
    return {} if kind is None else {"body": getattr(package.models, kind.__name__).from_dict(body)}


def over_http(account, resource, method, record, body, **query):
    """The same write over plain HTTP."""
    path = f"/unified/{resource.model}/{resource.name}"
    below, verb = {"create": ("", "POST"), "update": (f"/{record}", "PATCH"), "delete": (f"/{record}", "DELETE")}.get(
        method, (f"/{record}/merge", "POST")
    )
    return account.request(verb, path + below, json=body, params=query or None)


def test_no_write_is_left_out_of_the_client(package):
    assert {path for _, path in (one.split() for one in package.LEFT_OUT)} == {"/proxy/{path}"}
    for resource, method in WRITES:
        kind = resource.writes.body(method)
        assert kind is None or hasattr(package.models, kind.__name__)
    assert hasattr(package.models, "CommentCreateWithFiles")


@pytest.mark.parametrize(("resource", "method"), WRITES, ids=IDS)
def test_every_write_is_made_and_its_answer_understood(package, call, account, resource, method):
    body = example_bodies().get((*resource.key, method))
    path = [] if method == "create" else [NO_RECORD]
    made = call(operation(resource, method), *path, dry_run=True, **body_of(package, resource, method, body))
    answer = over_http(account, resource, method, NO_RECORD, body, dry_run="true")
    if answer.status_code >= 400:
        assert isinstance(made, package.models.Problem)
        assert (made.status, made.code) == (answer.status_code, answer.json()["code"])
    else:
        assert isinstance(made, package.models.PreviewAnswer)
        assert made.to_dict()["result"] == answer.json()["result"]


@pytest.mark.parametrize(
    ("resource", "method"),
    [one for one in WRITES if one[1] != "delete"],
    ids=[one for one in IDS if "delete" not in one],
)
def test_every_body_reads_the_same_in_the_client(package, resource, method):
    body = example_bodies()[(*resource.key, method)]
    made = body_of(package, resource, method, body)["body"].to_dict()
    assert made == body | ({"is_private": False} if resource.name == "comments" else {})
    msgspec.convert(made, resource.writes.body(method))


def test_what_a_body_does_not_know_is_not_taken_by_the_client_either(package):
    with pytest.raises(TypeError):
        package.models.TicketCreate(colour="red")
