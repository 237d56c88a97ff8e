"""What the enterprise edition adds: reporting events and the audit log, for administrators."""

from sandbox.chatwoot import events
from sandbox.chatwoot.call import Call
from sandbox.chatwoot.clock import BASE, DAY, epoch
from sandbox.chatwoot.model import Json
from sandbox.chatwoot.params import blank, page_number, to_i
from sandbox.chatwoot.periods import asked_range
from sandbox.chatwoot.state import ACCOUNT
from sandbox.http import Response, json_response

PAGE = 25
AUDITED = (("Webhook", 8, {"url": "https://erp.zuiderlicht.example/hooks"}), ("Team", 4, {"name": "billing"}))
"""What was made before the account's time began; later writes are not audited here."""


def of_conversation(call: Call, display_id: str) -> Response:
    """GET reporting_events of a conversation, bare."""
    one = call.conversation(display_id)
    rows = sorted(events.of_conversation(one), key=lambda event: event.end)
    return json_response([events.shown(event) for event in rows])


def reporting_events(call: Call) -> Response:
    """GET /reporting_events: newest first, narrowed by date, inbox, user and name."""
    params, wanted = call.params, asked_range(call.params)
    rows = [one for one in events.all_events(call.state) if wanted is None or wanted.holds(one.end)]
    for name in ("inbox_id", "user_id", "name"):
        if not blank(params.get(name)):
            value = str(params[name]) if name == "name" else to_i(params[name])
            rows = [one for one in rows if events.shown(one)[name] == value]
    rows.sort(key=lambda one: (-one.end, -one.id))
    page = page_number(params)
    meta = {"count": len(rows), "current_page": page, "total_pages": -(-len(rows) // PAGE)}
    start = (page - 1) * PAGE
    return json_response({"payload": [events.shown(one) for one in rows[start : start + PAGE]], "meta": meta})


def audit_logs(call: Call) -> Response:
    """GET /audit_logs."""
    page = page_number(call.params)
    rows = [_audit(number, *row) for number, row in enumerate(AUDITED, 1)][::-1]
    shown = rows[(page - 1) * PAGE : page * PAGE]
    return json_response({"per_page": PAGE, "total_entries": len(rows), "current_page": page, "audit_logs": shown})


def _audit(number: int, kind: str, row_id: int, changes: Json) -> Json:
    return {
        "id": number,
        "auditable_id": row_id,
        "auditable_type": kind,
        "auditable": None,
        "associated_id": ACCOUNT,
        "associated_type": "Account",
        "user_id": 11,
        "user_type": "User",
        "username": "mirthe@zuiderlicht.example",
        "action": "create",
        "audited_changes": changes,
        "version": 1,
        "comment": None,
        "request_uuid": f"00000000-0000-4000-8000-{number:012d}",
        "created_at": epoch(BASE - 400 * DAY),
        "remote_address": "192.0.2.10",
    }
