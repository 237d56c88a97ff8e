"""A day at the desk by a TypeScript client: a customer, a ticket, what is said on it, until it is opened again."""

import json

import pytest

from tests.clients.test_typescript_client import COMPILER, IN_CI, NPM, run, typescript_project

PROGRAM = """
import createClient from "openapi-fetch";
import type { components, paths } from "./interline.js";

type Given = { channel: string; field: string; value: string | number; tags: string[]; agent: string };
type Comment = components["schemas"]["CommentCreate"];
type Change = components["schemas"]["TicketUpdate"];

const given: Given = JSON.parse(process.env.GIVEN!);
const client = createClient<paths>({
  baseUrl: process.env.BASE!,
  headers: { Authorization: `Bearer ${process.env.TOKEN}` },
});

function made<T>({ data, error }: { data?: T; error?: components["schemas"]["Problem"] }): T {
  if (data === undefined) throw new Error(JSON.stringify(error));
  return data;
}

const customer = made(
  await client.POST("/unified/ticketing/contacts", {
    params: { header: { "Idempotency-Key": `customer-${Date.now()}` } },
    body: {
      name: "Ada Lovelace",
      emails: [{ email: "ada.lovelace@example.com" }],
      channel: { id: given.channel },
      custom_fields: [{ id: given.field, value: given.value }],
      notes: [{ body: "Prefers to be called in the morning." }],
    },
  }),
);
if (!("id" in customer.result)) throw new Error("only tried");
const opened = made(
  await client.POST("/unified/ticketing/tickets", {
    body: {
      name: "The parcel came damaged",
      contact: { id: customer.result.id },
      channel: { id: given.channel },
      tags: [{ name: given.tags[0] }],
      comment: { body: "Called us twice; please look at it today.", is_private: true },
    },
  }),
);
if (!("id" in opened.result)) throw new Error("only tried");
const ticket = opened.result.id;

async function say(said: Omit<Comment, "ticket">) {
  const body: Comment = { ticket: { id: ticket }, ...said };
  const answer = made(await client.POST("/unified/ticketing/comments", { body }));
  if (!("id" in answer.result)) throw new Error("only tried");
  return answer.result.direction;
}

async function change(body: Change) {
  const params = { path: { id: ticket } };
  const answer = made(await client.PATCH("/unified/ticketing/tickets/{id}", { params, body }));
  if (!("id" in answer.result)) throw new Error("only tried");
  return answer.result;
}

const directions = [
  await say({ body: "A new parcel is on its way.", is_private: false }),
  await say({ body: "Ask the carrier for the photos.", is_private: true }),
];
const tags = (await change({ tags_add: [{ name: given.tags[1] }] })).tags?.map((tag) => tag.name);
const assignees = (await change({ assignees: [{ id: given.agent }] })).assignees?.map((one) => one.id);
const closed = (await change({ status: { category: "closed" } })).status?.category;
const open = (await change({ status: { category: "open" } })).status?.category;

const sent = made(
  await client.POST("/unified/ticketing/comments", {
    body: { data: { ticket: { id: ticket }, body: "The photo, as promised.", is_private: false }, files: ["a photo"] },
    bodySerializer: (body) => {
      const form = new FormData();
      if ("data" in body) {
        form.append("data", JSON.stringify(body.data));
        for (const file of body.files ?? []) form.append("files", new Blob([file]), "photo.txt");
      }
      return form;
    },
  }),
);
if (!("id" in sent.result)) throw new Error("only tried");
const files = sent.result.attachments?.map((file) => file.file_name);
console.log(JSON.stringify({ ticket, directions, tags, assignees, closed, open, files }));
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return typescript_project(tmp_path_factory.mktemp("typescript_desk"))


def given(account):
    """What the day needs of the desk as it is."""
    mailed = [one for one in account.list("tickets", limit=50)["result"] if one["channel"] and one["contact"]["emails"]]
    fields = account.list("fields", entity_type="contact", limit=200)["result"]
    free = next(one for one in fields if one["is_user_defined"] and one["type"] in ("text", "number"))
    return {
        "channel": mailed[0]["channel"]["id"],
        "field": free["id"],
        "value": "1815" if free["type"] == "text" else 1815,
        "tags": [one["name"] for one in account.list("tags", limit=2)["result"]],
        "agent": account.list("users", limit=1)["result"][0]["id"],
    }


if NPM is not None or IN_CI:

    def test_a_desk_is_run_by_a_typed_program(project, account):
        desk = given(account)
        (project / "desk.ts").write_text(PROGRAM)
        run("npx", "tsc", *COMPILER, "desk.ts", folder=project)
        place = {"BASE": account.base_url, "TOKEN": account.token, "GIVEN": json.dumps(desk)}
        said = json.loads(run("node", "desk.js", folder=project, **place))
        assert said["directions"] == ["outbound", "internal"]
        assert set(desk["tags"]) <= set(said["tags"])
        assert said["assignees"] == [desk["agent"]]
        assert (said["closed"], said["open"], said["files"]) == ("closed", "open", ["photo.txt"])
        told = account.walk("comments", ticket_id=said["ticket"])
        assert sorted(one["is_private"] for one in told if one["author"]["type"] != "system") == [
            False,
            False,
            True,
            True,
        ]
