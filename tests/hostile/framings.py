"""Raw requests made from the rules of RFC 9112: each rule, and the ways to break it that are told of real servers.

Every payload is one request for ``INNER`` below the passthrough, and where it has a body that could be mistaken, that
body holds a whole second request for ``SMUGGLED``, which is let in like the first if a server takes it for one.
"""

from dataclasses import dataclass, replace
from itertools import product

TAKEN, REFUSED, EITHER = "taken", "refused", "either"
NUMBER = b"@@@@"
"""Stands for a payload's number, by which a provider's log tells which one arrived."""
INNER, SMUGGLED = b"/proxy/api/v1/accounts/3/inner", b"/proxy/api/v1/accounts/3/smuggled"


@dataclass(frozen=True)
class Payload:
    """``verdict``: one request, none, or either is right; ``body`` is what a provider may receive, if anything."""

    name: str
    raw: bytes
    verdict: str = EITHER
    body: bytes | None = None


class Framings:
    """Makes the payloads for one server and its credentials."""

    def __init__(self, host, credentials):
        self.host, self.credentials = host, credentials

    def all(self):
        """Every payload, its number put in."""
        found = [
            *self.codings(),
            *self.coding_names(),
            *self.lengths(),
            *self.chunks(),
            *self.field_lines(),
            *self.controls(),
            *self.targets(),
            *self.escapes(),
            *self.hosts(),
            *self.versions(),
            *self.methods(),
            *self.sizes(),
            *self.line_ends(),
        ]
        names = [one.name for one in found]
        assert len(set(names)) == len(names), sorted(name for name in names if names.count(name) > 1)
        return [numbered(one, b"%04d" % number) for number, one in enumerate(found)]

    def request(self, *lines, body=b"", method=b"POST", target=INNER, version=b"HTTP/1.1", host=True):
        head = [method + b" " + target + b" " + version, *([b"Host: " + self.host] if host else [])]
        return b"\r\n".join([*head, b"User-Agent: " + NUMBER, *self.credentials, *lines]) + b"\r\n\r\n" + body

    def second(self):
        """What must never be served: it would be let in."""
        return self.request(method=b"GET", target=SMUGGLED)

    def codings(self):
        """Transfer codings in every spelling, with and without a length beside them."""
        spellings = {
            "plain": b"Transfer-Encoding: chunked",
            "upper": b"TRANSFER-ENCODING: CHUNKED",
            "tab": b"Transfer-Encoding:\tchunked",
            "no space": b"Transfer-Encoding:chunked",
            "trailing space": b"Transfer-Encoding: chunked   ",
            "space before colon": b"Transfer-Encoding : chunked",
            "tab before colon": b"Transfer-Encoding\t: chunked",
            "leading space": b" Transfer-Encoding: chunked",
            "underscore": b"Transfer_Encoding: chunked",
            "dot": b"Transfer.Encoding: chunked",
            "folded": b"Transfer-Encoding:\r\n chunked",
            "folded tab": b"Transfer-Encoding:\r\n\tchunked",
            "bare CR": b"Transfer-Encoding: \rchunked",
            "bare LF": b"X: y\nTransfer-Encoding: chunked",
            "NUL": b"Transfer-Encoding: \x00chunked",
            "vertical tab": b"Transfer-Encoding: \x0bchunked",
            "form feed": b"Transfer-Encoding: \x0cchunked",
            "non-breaking space": b"Transfer-Encoding: \xa0chunked",
            "quoted": b'Transfer-Encoding: "chunked"',
            "single quotes": b"Transfer-Encoding: 'chunked'",
            "comma first": b"Transfer-Encoding: ,chunked",
            "comma last": b"Transfer-Encoding: chunked,",
            "parameter": b"Transfer-Encoding: chunked;a=b",
            "identity": b"Transfer-Encoding: identity",
            "identity first": b"Transfer-Encoding: identity, chunked",
            "chunked first": b"Transfer-Encoding: chunked, identity",
            "gzip first": b"Transfer-Encoding: gzip, chunked",
            "gzip": b"Transfer-Encoding: gzip",
            "twice": b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
            "then identity": b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
            "after nonsense": b"Transfer-Encoding: x\r\nTransfer-Encoding: chunked",
            "twice in one": b"Transfer-Encoding: chunked, chunked",
            "empty": b"Transfer-Encoding:",
            "longer": b"Transfer-Encoding: chunkedx",
            "shorter": b"Transfer-Encoding: chunke",
            "null": b"Transfer-Encoding: null",
            "in another value": b"X: x Transfer-Encoding: chunked",
            "hidden in a name": b"XTransfer-Encoding: chunked",
            "hop by hop": b"Connection: Transfer-Encoding\r\nTransfer-Encoding: chunked",
        }
        fine = {"bare LF", "plain", "upper", "tab", "no space", "trailing space", "hop by hop"}
        lengths = {
            "none": b"",
            "zero": b"Content-Length: 0",
            "of the chunk": b"Content-Length: 4",
            "of all": b"Content-Length: %d",
        }
        body = b"0\r\n\r\n" + self.second()
        for (name, spelling), (beside, length), first, keep in product(
            spellings.items(), lengths.items(), (True, False), (True, False)
        ):
            if (keep and beside == "of the chunk") or (not length and not first):
                continue  # what follows a length is rightly the next request; without one there is no order
            lines = [spelling, length % len(body) if b"%d" in length else length]
            lines = [one for one in (lines if first else lines[::-1]) if one]
            alone = name in fine and not length
            rest = b"0\r\n\r\n" if alone else body
            order = "first" if first else "last"
            verdict = TAKEN if alone else EITHER
            close = b"Connection: keep-alive" if keep else b"Connection: close"
            raw = self.request(*lines, close, body=rest)
            yield Payload(f"coding {name}, length {beside}, {order}, {keep=}", raw, verdict, b"" if alone else None)

    def coding_names(self):
        """A byte put into the name or value of the coding, at each end: 256 bytes at three places."""
        for byte, place in product(range(256), ("name", "before", "after")):
            one = bytes([byte])
            line = {
                "name": b"Transfer-Encoding" + one + b": chunked",
                "before": b"Transfer-Encoding:" + one + b"chunked",
                "after": b"Transfer-Encoding: chunked" + one,
            }[place]
            body = b"0\r\n\r\n" + self.second()
            raw = self.request(b"Content-Length: %d" % len(body), line, b"Connection: close", body=body)
            yield Payload(f"coding with byte {byte:#04x} {place}", raw)

    def lengths(self):
        """Lengths that are no whole number, too many, or not of the body."""
        values = (b"+4 -4 0x4 4.0 4e0 4,4 4;4 4_0 0b1 04 4a a4 ''4'' 99999999999999999999 -0 -1 four").split()
        values += [b"4 4", b"", b" ", b'"4"', b"4\t4", b"\xb2", b"4\x00", b"\xef\xbc\x94", b"18446744073709551616"]
        for value in values:
            raw = self.request(b"Content-Length: " + value, b"Connection: close", body=b"abcd")
            yield Payload(f"length {value!r}", raw, EITHER if value == b"04" else REFUSED, b"abcd")
        for first, last in ((b"4", b"5"), (b"0", b"4"), (b"4", b"0"), (b"4", b"")):
            raw = self.request(b"Content-Length: " + first, b"Content-Length: " + last, body=b"abcd" + self.second())
            yield Payload(f"lengths {first!r} and {last!r}", raw, REFUSED)
        raw = self.request(b"Content-Length: 4", b"Content-Length: 04", b"Connection: close", body=b"abcd")
        yield Payload("lengths that are one number", raw, EITHER, b"abcd")
        raw = self.request(b"Content-Length: 4", b"Connection: close", body=b"abcd")
        yield Payload("a length that fits", raw, TAKEN, b"abcd")
        body = self.second()
        raw = self.request(b"Content-Length: %d" % len(body), b"Connection: close", body=body)
        yield Payload("a body that is a request", raw, TAKEN, body)
        yield Payload("a length too long", self.request(b"Content-Length: 400", body=b"abcd"), REFUSED)
        raw = self.request(b"Content-Length: %d" % len(body), b"Connection: close", method=b"GET", body=body)
        yield Payload("a GET with a body", raw, TAKEN, body)

    def chunks(self):
        """Chunk sizes, extensions, ends and trailers."""
        good = {
            "one": (b"4\r\nabcd\r\n0\r\n\r\n", b"abcd"),
            "two": (b"2\r\nab\r\n2\r\ncd\r\n0\r\n\r\n", b"abcd"),
            "leading zeros": (b"0004\r\nabcd\r\n0\r\n\r\n", b"abcd"),
            "capital hex": (b"A\r\n0123456789\r\n0\r\n\r\n", b"0123456789"),
            "long last": (b"4\r\nabcd\r\n0000\r\n\r\n", b"abcd"),
        }
        for name, (body, whole) in good.items():
            raw = self.request(b"Transfer-Encoding: chunked", b"Connection: close", body=body)
            yield Payload(f"chunks {name}", raw, TAKEN, whole)
        odd = {
            "extension": b"4;a=b\r\nabcd\r\n0\r\n\r\n",
            "quoted extension": b'4;a="b;c"\r\nabcd\r\n0\r\n\r\n',
            "extension with LF": b"4;a\nb\r\nabcd\r\n0\r\n\r\n",
            "extension with CR": b"4;a\rb\r\nabcd\r\n0\r\n\r\n",
            "bare semicolon": b"4;\r\nabcd\r\n0\r\n\r\n",
            "long extension": b"4;" + b"a" * 20_000 + b"\r\nabcd\r\n0\r\n\r\n",
            "space before size": b" 4\r\nabcd\r\n0\r\n\r\n",
            "space after size": b"4 \r\nabcd\r\n0\r\n\r\n",
            "tab after size": b"4\t\r\nabcd\r\n0\r\n\r\n",
            "LF for CRLF": b"4\nabcd\n0\n\n",
            "CR for CRLF": b"4\rabcd\r0\r\r",
            "trailer": b"4\r\nabcd\r\n0\r\nX-Trailer: y\r\n\r\n",
            "trailer with length": b"4\r\nabcd\r\n0\r\nContent-Length: 9\r\n\r\n",
            "trailer with authorization": b"4\r\nabcd\r\n0\r\nAuthorization: Bearer x\r\n\r\n",
            "trailer without colon": b"4\r\nabcd\r\n0\r\nnonsense\r\n\r\n",
        }
        bad = {
            "0x size": b"0x4\r\nabcd\r\n0\r\n\r\n",
            "plus size": b"+4\r\nabcd\r\n0\r\n\r\n",
            "minus size": b"-4\r\nabcd\r\n0\r\n\r\n",
            "minus one": b"-1\r\nabcd\r\n0\r\n\r\n",
            "underscore size": b"0_4\r\nabcd\r\n0\r\n\r\n",
            "no size": b"\r\nabcd\r\n0\r\n\r\n",
            "letters": b"zz\r\nabcd\r\n0\r\n\r\n",
            "overflow to 4": b"10000000000000004\r\nabcd\r\n0\r\n\r\n",
            "overflow of 32 bits": b"100000004\r\nabcd\r\n0\r\n\r\n",
            "all ones": b"ffffffffffffffff\r\nabcd\r\n0\r\n\r\n",
            "very long size": b"0" * 5000 + b"g\r\nabcd\r\n0\r\n\r\n",
            "size too small": b"3\r\nabcd\r\n0\r\n\r\n",
            "size too large": b"5\r\nabcd\r\n0\r\n\r\n",
            "NUL in size": b"4\x00\r\nabcd\r\n0\r\n\r\n",
            "no last chunk": b"4\r\nabcd\r\n",
            "cut in a chunk": b"400\r\nabcd",
            "cut in a size": b"4",
            "cut before the end": b"4\r\nabcd\r\n0\r\n",
            "only LF after data": b"4\r\nabcd\n0\r\n\r\n",
            "two bytes after data": b"4\r\nabcdxx0\r\n\r\n",
            "comma": b"4,4\r\nabcd\r\n0\r\n\r\n",
            "size in a later chunk": b"2\r\nab\r\nxyz\r\ncd\r\n0\r\n\r\n",
        }
        for verdict, cases in ((EITHER, odd), (REFUSED, bad)):
            for name, body in cases.items():
                raw = self.request(b"Transfer-Encoding: chunked", b"Connection: close", body=body + self.second())
                yield Payload(f"chunks {name}", raw, verdict, b"abcd" if verdict == EITHER else None)

    def field_lines(self):
        """Lines of a head that are none."""
        lines = {
            "folded": b"X: a\r\n b",
            "folded with tab": b"X: a\r\n\tb",
            "no colon": b"nonsense",
            "no name": b": a",
            "space in a name": b"X Y: a",
            "space before colon": b"X : a",
            "bare CR": b"X: a\rb",
            "CR CR LF": b"X: a\r",
            "NUL": b"X: a\x00b",
            "a request line": b"GET " + SMUGGLED + b" HTTP/1.1",
            "a status line": b"HTTP/1.1 200 OK",
            "underscore": b"X_Y: a",
            "underscore of ours": b"X_Integrated_Account_Id: a",
            "brackets": b"X[]: a",
            "slash": b"X/Y: a",
            "at": b"X@Y: a",
            "quotes": b'"X": a',
            "8 bit name": b"X\xe9: a",
        }
        odd = {
            "8 bit value": b"X: \xe9",
            "long value": b"X: " + b"a" * 20_000,
            "second account": b"X-Integrated-Account-Id: other",
            "second authorization": b"Authorization: Bearer other",
            "expectation of nonsense": b"Expect: nonsense",
            "upgrade to h2c": b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk",
            "upgrade to websocket": b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n"
            b"Sec-WebSocket-Version: 13",
            "connection names authorization": b"Connection: close, authorization",
            "connection names account": b"Connection: x-integrated-account-id",
            "connection names host": b"Connection: host",
            "connection names length": b"Connection: content-length",
            "method override": b"X-HTTP-Method-Override: DELETE",
            "rewritten url": b"X-Original-URL: /metrics\r\nX-Rewrite-URL: /metrics",
            "forwarded": b"Forwarded: for=127.0.0.1;host=evil.example\r\nX-Forwarded-Host: evil.example",
        }
        for verdict, cases in ((REFUSED, lines), (EITHER, odd)):
            for name, line in cases.items():
                raw = self.request(line, b"Connection: close", b"Content-Length: 0")
                yield Payload(f"field {name}", raw, verdict, b"")

    def controls(self):
        """Each control character in a name, a value, the target and the method."""
        for byte in [*range(32), 127]:
            one = bytes([byte])
            tab = REFUSED if one != b"\t" else EITHER
            ends = EITHER if one == b"\n" else tab  # a bare LF may end a line (RFC 9112 2.2)
            raw = self.request(b"X: a" + one + b"b", b"Connection: close", method=b"GET")
            yield Payload(f"control {byte:#04x} in a value", raw, ends if one != b"\n" else REFUSED, b"")
            raw = self.request(b"X" + one + b"Y: b", b"Connection: close", method=b"GET")
            yield Payload(f"control {byte:#04x} in a name", raw, REFUSED)
            raw = self.request(b"Connection: close", method=b"GET", target=INNER + one + b"x")
            yield Payload(f"control {byte:#04x} in the target", raw, REFUSED)
            raw = self.request(b"Connection: close", method=b"GE" + one + b"T")
            yield Payload(f"control {byte:#04x} in the method", raw, REFUSED)

    def targets(self):
        """Targets of every form, and none."""
        refused = [b"", b"*", b"proxy", b"?a=b", b"//evil.example", b"@evil.example", b":80", b"/ /", b"\\proxy"]
        refused += [
            b"evil.example:443",
            b"javascript:alert(1)",
            b"file:///etc/passwd",
            b"/%",
            b"/%4",
            b"/%zz",
            b"/%u0041",
        ]
        refused += [
            "/é".encode(),
            b"/\xff",
            b"/a b",
            b"/%00/%zz",
            b"http:/evil.example",
            b"http:evil.example",
            b"http://",
        ]
        for target in refused:
            raw = self.request(b"Connection: close", method=b"GET", target=target)
            yield Payload(f"target {target!r}", raw, REFUSED)
        for scheme, authority in product(
            (b"http", b"https", b"ftp", b"HTTP"),
            (b"evil.example", b"127.0.0.1:1", b"user:secret@evil.example", b"[::1]", b"169.254.169.254"),
        ):
            target = scheme + b"://" + authority + INNER
            raw = self.request(b"Connection: close", method=b"GET", target=target)
            yield Payload(f"target {target[:40]!r}", raw, EITHER, b"")
        for target in (INNER + b"#/../x", INNER + b"?a#b", INNER + b"?a=%zz", INNER + b"?http://evil.example/"):
            raw = self.request(b"Connection: close", method=b"GET", target=target)
            yield Payload(f"target {target!r}", raw, EITHER, b"")

    def escapes(self):
        """What no provider may receive, in one segment of a path."""
        for text in (
            b"%2f",
            b"%5c",
            b"%00",
            b"%0d%0a",
            b"%2e%2e",
            b"..",
            b".",
            b"%3f",
            b"%23",
            b"%25",
            b"%3b",
            b"%ff",
            b"",
        ):
            raw = self.request(b"Connection: close", method=b"GET", target=INNER + b"/" + text + b"/x")
            yield Payload(f"segment {text!r}", raw, REFUSED)

    def hosts(self):
        """Hosts that are none, too many, or another's."""
        bad = [b"", b" ", b"a b", b"a,b", b"a/b", b"a?b", b"a#b", b"a@b", b"a\\b", b"a%20b", b"a:b", b"a:", b"a:1:2"]
        bad += [
            b"[::1",
            b"::1]",
            b"[::1]x",
            b"a\xe9",
            b"<a>",
            b"a:999999",
            b'"a"',
            b"http://a",
            b"a\tb",
            b"a;b",
            b"{a}",
        ]
        for value in bad:
            raw = self.request(b"Host: " + value, b"Connection: close", method=b"GET", host=False)
            yield Payload(f"host {value!r}", raw, REFUSED)
        for lines in (
            (),
            (b"Host: a", b"Host: a"),
            (b"Host: a", b"Host: b"),
            (b"Host: a", b"HOST: a"),
            (b"Host : a",),
            (b"Host:", b"Host: a"),
        ):
            raw = self.request(*lines, b"Connection: close", method=b"GET", host=False)
            yield Payload(f"hosts {lines!r}", raw, REFUSED)
        for value in (b"evil.example", b"169.254.169.254", b"[::1]:80", b"a_b", b"A.EXAMPLE.", b"a:80"):
            raw = self.request(b"Host: " + value, b"Connection: close", method=b"GET", host=False)
            yield Payload(f"host {value!r}", raw, TAKEN, b"")

    def versions(self):
        """Versions that are none of ours."""
        bad = [
            b"HTTP/0.9",
            b"HTTP/1.2",
            b"HTTP/1",
            b"HTTP/1.",
            b"HTTP/.1",
            b"HTTP/2.0",
            b"HTTP/3",
            b"HTTP/11",
            b"HTTP/1.10",
        ]
        bad += [
            b"http/1.1",
            b"HTTP 1.1",
            b"HTTP/1,1",
            b"HTTPS/1.1",
            b"ICY/1.0",
            b"HTTP/1.1x",
            b"HTTP/-1.1",
            b"HTTP/1.1 ",
            b"",
        ]
        for version in bad:
            raw = self.request(b"Connection: close", method=b"GET", version=version)
            yield Payload(f"version {version!r}", raw, REFUSED)
        yield Payload("HTTP/0.9", b"GET " + INNER + b"\r\n", REFUSED)
        yield Payload(
            "HTTP/2 preface", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\x00\x00\x00\x04" + b"\x00" * 5, REFUSED
        )
        yield Payload("TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 40, REFUSED)
        raw = self.request(method=b"GET", version=b"HTTP/1.0")
        yield Payload("HTTP/1.0", raw, TAKEN, b"")
        raw = self.request(method=b"GET", version=b"HTTP/1.0", host=False)
        yield Payload("HTTP/1.0 without a host", raw, REFUSED)
        raw = self.request(b"Transfer-Encoding: chunked", version=b"HTTP/1.0", body=b"0\r\n\r\n" + self.second())
        yield Payload("HTTP/1.0 with a coding", raw, REFUSED)
        raw = self.request(b"Connection: keep-alive", method=b"GET", version=b"HTTP/1.0") + b"\x00garbage\r\n\r\n"
        yield Payload("HTTP/1.0 kept alive, then garbage", raw, EITHER, b"")

    def methods(self):
        """Methods that no route has."""
        for method in (b"CONNECT", b"TRACE", b"get", b"G" * 40, b"", b"GET,POST", b"GET/", b"G@T", b"\xc7ET"):
            raw = self.request(b"Connection: close", method=method)
            yield Payload(f"method {method!r}", raw, REFUSED)
        raw = self.request(b"Connection: close", method=b"CONNECT", target=b"evil.example:443")
        yield Payload("CONNECT with an authority", raw, REFUSED)

    def sizes(self):
        """Heads that are too large, in each of the ways."""
        many = b"\r\n".join(b"X-%d: y" % number for number in range(99))
        for name, lines, target in (
            ("fields", (many,), INNER),
            ("fields beyond the server's", (many, many.replace(b"X-", b"Y-")), INNER),
            ("bytes", (b"X: " + b"a" * 33_000,), INNER),
            ("bytes beyond the server's", (b"X: " + b"a" * 900_000,), INNER),
            ("name", (b"X" * 33_000 + b": a",), INNER),
            ("path", (), INNER + b"/" + b"a" * 2049),
            ("path beyond the server's", (), INNER + b"/" + b"a" * 70_000),
            ("query", (), INNER + b"?" + b"a" * 8193),
        ):
            raw = self.request(*lines, b"Connection: close", method=b"GET", target=target)
            yield Payload(f"too large: {name}", raw, REFUSED)

    def line_ends(self):
        """Line ends, and what stands around a request."""
        whole = self.request(b"Connection: close", method=b"GET")
        for name, raw, verdict in (
            ("LF alone", whole.replace(b"\r\n", b"\n"), EITHER),
            ("CR alone", whole.replace(b"\r\n", b"\r"), REFUSED),
            ("LF CR", whole.replace(b"\r\n", b"\n\r"), REFUSED),
            ("empty lines before", b"\r\n\r\n" + whole, EITHER),
            ("spaces before", b"  " + whole, REFUSED),
            ("NUL before", b"\x00" + whole, REFUSED),
            ("a byte order mark before", b"\xef\xbb\xbf" + whole, REFUSED),
            ("two spaces", whole.replace(b"GET ", b"GET  ", 1), REFUSED),
            ("a tab for the space", whole.replace(b"GET ", b"GET\t", 1), REFUSED),
            ("two spaces before the version", whole.replace(b" HTTP", b"  HTTP", 1), REFUSED),
            ("a second request after close", whole + self.second(), TAKEN),
            ("garbage after close", whole + b"\x00\xff\r\n\r\n", TAKEN),
        ):
            yield Payload(f"lines: {name}", raw, verdict, b"")


def numbered(payload, number):
    """A payload with its number in it, and in the body that is expected."""
    body = None if payload.body is None else payload.body.replace(NUMBER, number)
    return replace(payload, raw=payload.raw.replace(NUMBER, number), body=body)
