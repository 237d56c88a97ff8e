"""The faults, by number: what goes wrong, and what is promised then. ``docs/faults.md`` is written from this table."""

PROMISES = {
    "F1": ("429 with `Retry-After` in seconds", "Waited out where it fits, for any method; else 429 with that wait."),
    "F2": (
        "429 with a date, a past date, an absurd, negative, fractional or unreadable value, or two values",
        "A date counts by the provider's own `Date`. What cannot be read counts as missing. Relayed: 1 to 3,600.",
    ),
    "F3": (
        "429 without `Retry-After`; `X-RateLimit-Reset` in seconds, milliseconds or as a difference",
        "The reset header is read by its size. Without either: a second's pause, 30 relayed.",
    ),
    "F4": ("429 for one token", "Only calls with that token pause."),
    "F5": (
        "Two hundred callers meet one 429",
        "The provider never sees more than its limit; who finds no place is told at once.",
    ),
    "F6": (
        "500",
        "A read is made again twice at most, a write never. 502 with `provider_status`; the body at most 4 KiB.",
    ),
    "F7": ("502", "As for 500."),
    "F8": ("503", "As for 500."),
    "F9": ("504", "As for 500."),
    "F10": ("502 with an HTML page", "As for 500; no HTML reaches a caller of `/unified`."),
    "F11": (
        "200 with an HTML page",
        "A read is made again once, then 502 `provider-not-json`; `/proxy` relays it as it is.",
    ),
    "F12": ("JSON called `text/html`", "Accepted, since it is JSON."),
    "F13": ("200 without a body", "Never taken for an empty list: 502."),
    "F14": ("204 with a body", "The connection is not used again; no later answer is changed."),
    "F15": ("UTF-16, or bytes that are not UTF-8", "502 `provider-not-json`; `/proxy` relays it as it is."),
    "F16": (
        "Connection refused",
        "Made again twice, writes too, as nothing was sent; then 502 with `outcome` `not_sent`.",
    ),
    "F17": ("No answer to the connection's SYN", "As for a refused connection, each within its bound."),
    "F18": ("TLS fails", "502; not a byte of the request is sent, and never without TLS."),
    "F19": ("No head of an answer", "504 at the deadline; a write is `outcome-unknown`."),
    "F20": ("The body stops", "504 at the deadline."),
    "F21": ("The body drips", "504 at the deadline, however often a byte comes."),
    "F22": ("Endless 1xx answers", "504 at the deadline; 502 as soon as there are too many."),
    "F23": ("A body that ends with the connection", "Accepted where it is whole JSON; a cut one is 502."),
    "F24": (
        "A body that is cut: short of its length, of its last chunk, of its gzip",
        "Never half a result: a read is made again, then 502.",
    ),
    "F25": (
        "Closed or reset before the answer, or within it",
        "A read is made again, a write never. A relayed download is cut, not ended as if whole.",
    ),
    "F26": ("The provider closes its half", "As closed before the answer."),
    "F27": ("Bytes that nobody asked for", "Nobody gets them: neither another account nor the next request."),
    "F28": (
        "Rows come, go and move while a list is read",
        "No id twice; with `consistency=strict` no row is missed that stayed.",
    ),
    "F29": ("A page that fails between two good ones", "Made again; no id twice, none missed."),
    "F30": ("Paging that lies: missing, wrong or endless", "The walk ends, or 502 `pagination-loop`."),
    "F31": ("Redis refuses connections", "Traffic goes on with budgets for each process."),
    "F32": ("Redis hangs", "As refused, after 150 ms."),
    "F33": ("Redis is slow", "As refused, after 150 ms."),
    "F34": ("Redis loses answers", "Nothing is counted twice for want of an answer."),
    "F35": ("Redis is full, read-only or loading", "As refused."),
    "F36": ("Redis fails over", "As refused until it is back."),
    "F37": ("Redis is emptied", "Budgets begin anew, corrected by the provider's answers."),
    "F38": ("A worker is killed", "Another one serves, the killed one is replaced; no write is made twice."),
    "F39": ("SIGTERM", "What is under way is finished; no new connection is taken."),
    "F40": (
        "The database is full, read-only, locked or corrupt",
        "A keyed write is 503 before anything is sent; reads go on; it recovers without a restart. Corrupt: no start.",
    ),
    "F41": (
        "The clock is wrong or steps",
        "Waits and windows do not notice; what expires is off by the step and no more.",
    ),
    "F42": ("`Expect: 100-continue`, pipelining, HTTP/1.0", "Answered in order; the provider never gets `Expect`."),
    "F43": (
        "One account's calls all hang",
        "Its own callers are refused beyond its places and queue; no other account notices.",
    ),
    "F44": (
        "A provider is down for everybody",
        "After five failures 503 `provider-unavailable` at once for half a minute, then one call tries.",
    ),
    "F45": (
        "A token is revoked at the provider",
        "After two refusals in a row no further call is made; 424 until it is linked again.",
    ),
    "F46": ("DNS fails", "The last good address serves for a minute, then 502."),
    "F47": ("No file descriptors, no memory, a blocked loop", "Shed or slow, never down."),
    "F48": ("The caller goes away", "A read is cancelled, a write is finished and kept under its key."),
}
