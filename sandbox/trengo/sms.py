"""Text messages and the wallet they are paid from."""

from sandbox.http import Response
from sandbox.trengo import clock
from sandbox.trengo.annex import Sms
from sandbox.trengo.answers import answer, dumps, invalid, not_selectable
from sandbox.trengo.call import Call, chosen
from sandbox.trengo.envelopes import SMALL, length_aware

PRICE = 8
"""Cents a message."""


def list_sms(call: Call) -> Response:
    """GET /sms_messages: newest first."""
    items = [
        dumps(
            {
                "id": one.id,
                "channel_id": one.channel,
                "to": one.to,
                "message": one.text,
                "status": "SENT",
                "created_at": clock.local(one.created),
            }
        )
        for one in reversed(call.store.annex.sms.values())
    ]
    return length_aware(call.request, items, SMALL)


def send_sms(call: Call) -> Response:
    """POST /sms_messages: 200 with nothing in it."""
    store, form = call.store, call.form
    channel = chosen(store.channels, form, "channel_id")
    if channel.type != "SMS":
        raise not_selectable("channel_id")
    to, text = form.needed("to"), form.needed("message")
    if store.annex.wallet < PRICE:
        raise invalid(message="The balance is too low.")
    store.annex.wallet -= PRICE
    number = store.next_id("sms")
    store.annex.sms[number] = Sms(number, channel.id, to, text, store.tick())
    return Response(200, b"", (("content-type", "text/html; charset=UTF-8"),))


def balance(call: Call) -> Response:
    """GET /wallet/balance: both are texts."""
    cents = call.store.annex.wallet
    return answer({"balance": f"€ {cents // 100},{cents % 100:02d}", "balance_unformatted": f"{cents / 100:.2f}"})


ROUTES = (
    ("GET", "sms_messages", list_sms),
    ("POST", "sms_messages", send_sms),
    ("GET", "wallet/balance", balance),
)
