"""How a small thing's write ends: one tick of the clock, nothing derived kept, the view as the answer."""

from typing import Any

from sandbox.http import Response
from sandbox.trengo.answers import answer
from sandbox.trengo.call import Call
from sandbox.trengo.directory_view import View


def added(call: Call, table: dict[int, Any], thing: Any, view: View) -> Response:
    """201 with the new thing."""
    call.store.tick()
    table[thing.id] = thing
    call.store.everything_changed()
    return answer(view, 201)


def changed(call: Call, view: View) -> Response:
    """200 with the thing as it is now."""
    call.store.tick()
    call.store.everything_changed()
    return answer(view)


def removed(call: Call, table: dict[int, Any], number: int) -> Response:
    """200 with an empty list, which is what PHP makes of nothing."""
    call.store.tick()
    del table[number]
    call.store.everything_changed()
    return answer([])
