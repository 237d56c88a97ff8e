"""The two envelopes of lists: the simple one without a total, and the length-aware one."""

from collections.abc import Sequence

from sandbox.http import Request, Response
from sandbox.trengo.answers import dumps, encoded, origin

SMALL = 25
WHOLE = 999


def page_number(request: Request) -> int:
    """The page asked for; whatever is no positive whole number is page 1."""
    text = request.first("page") or ""
    return int(text) if text.isascii() and text.isdigit() and 0 < len(text) < 10 and int(text) > 0 else 1


def window(page: int) -> slice:
    """Where a page of the simple envelope lies, with one more to see whether another follows."""
    return slice((page - 1) * SMALL, page * SMALL + 1)


def simple(request: Request, page: int, found: Sequence[bytes]) -> Response:
    """``found`` are the items of ``window(page)`` as JSON; no total, no last page."""
    items, more = found[:SMALL], len(found) > SMALL
    path = _path(request)
    links = {
        "first": f"{path}?page=1",
        "last": None,
        "prev": f"{path}?page={page - 1}" if page > 1 else None,
        "next": f"{path}?page={page + 1}" if more else None,
    }
    first, last = _span(page, SMALL, len(items))
    meta = {"current_page": page, "from": first, "path": path, "per_page": SMALL, "to": last}
    return _enclosed(items, links, meta)


def length_aware(request: Request, found: Sequence[bytes], per_page: int) -> Response:
    """``found`` are all items as JSON; the page asked for is cut out."""
    page, total = page_number(request), len(found)
    last = max(1, -(-total // per_page))
    items = found[(page - 1) * per_page : page * per_page]
    path = _path(request)
    before = f"{path}?page={page - 1}" if page > 1 else None
    after = f"{path}?page={page + 1}" if page < last else None
    links = {"first": f"{path}?page=1", "last": f"{path}?page={last}", "prev": before, "next": after}
    start, end = _span(page, per_page, len(items))
    meta = {
        "current_page": page,
        "from": start,
        "last_page": last,
        "links": [
            {"url": before, "label": "pagination.previous", "active": False},
            *({"url": f"{path}?page={n}", "label": str(n), "active": n == page} for n in range(1, last + 1)),
            {"url": after, "label": "pagination.next", "active": False},
        ],
        "path": path,
        "per_page": per_page,
        "to": end,
        "total": total,
    }
    return _enclosed(items, links, meta)


def bare(found: Sequence[bytes]) -> Response:
    """Only ``data``, as channels and a ticket's labels come."""
    return encoded(b'{"data":[' + b",".join(found) + b"]}")


def _enclosed(items: Sequence[bytes], links: object, meta: object) -> Response:
    return encoded(b'{"data":[' + b",".join(items) + b'],"links":' + dumps(links) + b',"meta":' + dumps(meta) + b"}")


def _path(request: Request) -> str:
    return origin(request) + request.raw_path


def _span(page: int, per_page: int, count: int) -> tuple[int | None, int | None]:
    return ((page - 1) * per_page + 1, (page - 1) * per_page + count) if count else (None, None)
