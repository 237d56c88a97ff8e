"""Some two hundred answers as bytes, right and wrong, for whoever reads HTTP/1.1: ``ANSWERS`` by what they are.

After each the server closes the connection.
"""

from itertools import product

BODY = b'{"a":1}'
SIZED = b"content-length: 7\r\n"
CHUNKED = b"transfer-encoding: chunked\r\n"
CHUNKS = b"3\r\n" + BODY[:3] + b"\r\n4\r\n" + BODY[3:] + b"\r\n"
END = b"0\r\n\r\n"


def answer(fields=SIZED, body=BODY, line=b"HTTP/1.1 200 OK"):
    return line + b"\r\n" + fields + b"\r\n" + body


LINES = {
    "HTTP/1.0": b"HTTP/1.0 200 OK",
    "no reason": b"HTTP/1.1 200",
    "an empty reason": b"HTTP/1.1 200 ",
    "a reason in Latin-1": b"HTTP/1.1 200 \xe9tat",
    "a long reason": b"HTTP/1.1 200 " + b"x" * 500,
    "HTTP/2.0": b"HTTP/2.0 200 OK",
    "HTTP/0.9": b"HTTP/0.9 200 OK",
    "HTTP/1.2": b"HTTP/1.2 200 OK",
    "HTTP/11": b"HTTP/11 200 OK",
    "a small http": b"http/1.1 200 OK",
    "two digits": b"HTTP/1.1 20 OK",
    "four digits": b"HTTP/1.1 2000 OK",
    "a status of letters": b"HTTP/1.1 abc OK",
    "status 000": b"HTTP/1.1 000 OK",
    "status 099": b"HTTP/1.1 099 OK",
    "status 299": b"HTTP/1.1 299 OK",
    "status 599": b"HTTP/1.1 599 OK",
    "status 999": b"HTTP/1.1 999 OK",
    "two spaces": b"HTTP/1.1  200 OK",
    "a tab": b"HTTP/1.1\t200 OK",
    "a leading space": b" HTTP/1.1 200 OK",
    "a NUL in the reason": b"HTTP/1.1 200 O\x00K",
    "a CR in the reason": b"HTTP/1.1 200 O\rK",
    "another protocol": b"ICY 200 OK",
    "SSH": b"SSH-2.0-OpenSSH_9.7",
    "a request": b"GET / HTTP/1.1",
    "an empty line before": b"\r\nHTTP/1.1 200 OK",
    "a LF before": b"\nHTTP/1.1 200 OK",
}

FIELDS = {
    "none": b"",
    "an empty value": b"x:\r\n",
    "no space": b"x:1\r\n",
    "many spaces": b"x:   1   \r\n",
    "tabs": b"x:\t1\t\r\n",
    "a colon in the value": b"x: a:b\r\n",
    "Latin-1": b"x: \xe9\r\n",
    "a tab inside": b"x: a\tb\r\n",
    "every kind of token": b"a!#$%&'*+-.^_`|~9: 1\r\n",
    "a space before the colon": b"x : 1\r\n",
    "a tab before the colon": b"x\t: 1\r\n",
    "a space in the name": b"x y: 1\r\n",
    "no name": b": 1\r\n",
    "no colon": b"x\r\n",
    "a NUL in the value": b"x: a\x00b\r\n",
    "a bell in the value": b"x: a\x07b\r\n",
    "a DEL in the value": b"x: a\x7fb\r\n",
    "a CR in the value": b"x: a\rb\r\n",
    "a lonely LF": b"x: a\nb: 1\r\n",
    "a CR at the end": b"x: a\r\r\n",
    "a NUL in the name": b"x\x00: 1\r\n",
    "Latin-1 in the name": b"\xe9: 1\r\n",
    "a folded line": b"x: a\r\n b\r\n",
    "a folded line with a tab": b"x: a\r\n\tb\r\n",
    "a folded first line": b" x: a\r\n",
    "quotes": b'x: "a\\"b"\r\n',
    "a hundred": b"x: 1\r\n" * 100,
    "a long one": b"x: " + b"a" * 8000 + b"\r\n",
    "a name twice": b"x: 1\r\nx: 2\r\n",
    "close": b"connection: close\r\n",
    "keep-alive": b"connection: Keep-Alive\r\nkeep-alive: timeout=5\r\n",
    "an upgrade that is offered": b"upgrade: h2c\r\nconnection: upgrade\r\n",
    "a trailer that is announced": b"trailer: x\r\n",
}

LENGTHS = {
    "0 and a body": b"content-length: 0\r\n",
    "too short": b"content-length: 3\r\n",
    "too long": b"content-length: 70\r\n",
    "a plus": b"content-length: +7\r\n",
    "a minus": b"content-length: -7\r\n",
    "a leading zero": b"content-length: 007\r\n",
    "a fraction": b"content-length: 7.0\r\n",
    "hexadecimal": b"content-length: 0x7\r\n",
    "an underscore": b"content-length: 0_7\r\n",
    "empty": b"content-length:\r\n",
    "letters": b"content-length: seven\r\n",
    "a space inside": b"content-length: 7 7\r\n",
    "a list of the same": b"content-length: 7, 7\r\n",
    "a list of others": b"content-length: 7, 8\r\n",
    "twice the same": b"content-length: 7\r\ncontent-length: 7\r\n",
    "twice, and different": b"content-length: 7\r\ncontent-length: 8\r\n",
    "beyond 64 bits": b"content-length: 99999999999999999999\r\n",
    "a hundred digits": b"content-length: " + b"9" * 100 + b"\r\n",
    "Arabic digits": b"content-length: \xd9\xa7\r\n",
    "in capitals": b"CONTENT-LENGTH: 7\r\n",
    "with a space before the colon": b"content-length : 7\r\n",
    "folded": b"content-length:\r\n 7\r\n",
    "of two": b"content-length: 7\r\ncontent_length: 9\r\n",
}

CODINGS = {
    "capitals": b"Transfer-Encoding: CHUNKED\r\n",
    "gzip first": b"transfer-encoding: gzip, chunked\r\n",
    "gzip last": b"transfer-encoding: chunked, gzip\r\n",
    "identity": b"transfer-encoding: identity\r\n",
    "gzip alone": b"transfer-encoding: gzip\r\n",
    "twice": b"transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n",
    "a list of the same": b"transfer-encoding: chunked, chunked\r\n",
    "with a parameter": b"transfer-encoding: chunked;q=1\r\n",
    "in quotes": b'transfer-encoding: "chunked"\r\n',
    "a word before": b"transfer-encoding: xchunked\r\n",
    "a word after": b"transfer-encoding: chunkedx\r\n",
    "a vertical tab": b"transfer-encoding: \x0bchunked\r\n",
    "empty": b"transfer-encoding:\r\n",
    "a comma": b"transfer-encoding: , chunked\r\n",
    "with a length": b"content-length: 7\r\ntransfer-encoding: chunked\r\n",
    "with a length after": b"transfer-encoding: chunked\r\ncontent-length: 7\r\n",
    "with a length of 0": b"content-length: 0\r\ntransfer-encoding: chunked\r\n",
    "a space before the colon": b"transfer-encoding : chunked\r\n",
    "folded": b"transfer-encoding:\r\n chunked\r\n",
}

CHUNKINGS = {
    "one chunk": b"7\r\n" + BODY + b"\r\n" + END,
    "two chunks": CHUNKS + END,
    "nothing": END,
    "leading zeros": b"0007\r\n" + BODY + b"\r\n000\r\n\r\n",
    "capitals": b"A\r\n0123456789\r\n" + END,
    "small letters": b"a\r\n0123456789\r\n" + END,
    "an extension": b"7;a=b\r\n" + BODY + b"\r\n" + END,
    "an extension without a value": b"7;a\r\n" + BODY + b"\r\n" + END,
    "an extension in quotes": b'7;a="b;c"\r\n' + BODY + b"\r\n" + END,
    "a space after the size": b"7 \r\n" + BODY + b"\r\n" + END,
    "a space before the extension": b"7 ;a=b\r\n" + BODY + b"\r\n" + END,
    "a space before the size": b" 7\r\n" + BODY + b"\r\n" + END,
    "a size of letters": b"xyz\r\n" + BODY + b"\r\n" + END,
    "a size with 0x": b"0x7\r\n" + BODY + b"\r\n" + END,
    "a size with a plus": b"+7\r\n" + BODY + b"\r\n" + END,
    "a size with a minus": b"-7\r\n" + BODY + b"\r\n" + END,
    "a size with an underscore": b"0_7\r\n" + BODY + b"\r\n" + END,
    "an empty size": b"\r\n" + BODY + b"\r\n" + END,
    "a size beyond 64 bits": b"ffffffffffffffffffff\r\n" + BODY + b"\r\n" + END,
    "a size of many digits": b"0" * 40 + b"7\r\n" + BODY + b"\r\n" + END,
    "LF after the size": b"7\n" + BODY + b"\r\n" + END,
    "LF after the data": b"7\r\n" + BODY + b"\n" + END,
    "nothing after the data": b"7\r\n" + BODY + END,
    "other bytes after the data": b"7\r\n" + BODY + b"xx" + END,
    "a chunk too short": b"9\r\n" + BODY + b"\r\n" + END,
    "a chunk too long": b"3\r\n" + BODY + b"\r\n" + END,
    "no last chunk": CHUNKS,
    "half a last chunk": CHUNKS + b"0\r\n",
    "a last chunk without its line": CHUNKS + b"0",
    "a trailer": CHUNKS + b"0\r\nx: 1\r\n\r\n",
    "two trailers": CHUNKS + b"0\r\nx: 1\r\ny: 2\r\n\r\n",
    "a trailer that is no field": CHUNKS + b"0\r\nnothing\r\n\r\n",
    "a trailer with a length": CHUNKS + b"0\r\ncontent-length: 90\r\n\r\n",
    "a trailer with a NUL": CHUNKS + b"0\r\nx: \x00\r\n\r\n",
    "a trailer that does not end": CHUNKS + b"0\r\nx: 1\r\n",
    "a trailer with LF": CHUNKS + b"0\r\nx: 1\n\r\n",
    "a CR in the extension": b"7;a\rb\r\n" + BODY + b"\r\n" + END,
    "a LF in the extension": b"7;a\nb\r\n" + BODY + b"\r\n" + END,
    "a NUL in the extension": b"7;a\x00b\r\n" + BODY + b"\r\n" + END,
    "an endless extension": b"7;" + b"a" * 200_000 + b"\r\n" + BODY + b"\r\n" + END,
    "bytes after the end": CHUNKS + END + b"HTTP/1.1 200 OK\r\n\r\n",
    "an empty line after the end": CHUNKS + END + b"\r\n",
    "a body that is not chunked": BODY,
}

BEFORE = {
    "100": b"HTTP/1.1 100 Continue\r\n\r\n",
    "102": b"HTTP/1.1 102 Processing\r\n\r\n",
    "103 with a field": b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n",
    "three": b"HTTP/1.1 103 Early Hints\r\n\r\n" * 3,
    "100 with a length": b"HTTP/1.1 100 Continue\r\ncontent-length: 5\r\n\r\n",
    "100 that is chunked": b"HTTP/1.1 100 Continue\r\ntransfer-encoding: chunked\r\n\r\n",
    "199": b"HTTP/1.1 199 Odd\r\n\r\n",
    "101": b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n",
    "101 without an upgrade": b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
    "a thousand": b"HTTP/1.1 103 Early Hints\r\n\r\n" * 1000,
}

WITHOUT_BODY = {
    f"{status} with {name}": answer(fields, body, b"HTTP/1.1 %d X" % status)
    for status, (name, fields, body) in product(
        (204, 304, 205),
        (
            ("nothing", b"", b""),
            ("a length of 0", b"content-length: 0\r\n", b""),
            ("a length and no body", SIZED, b""),
            ("a length and a body", SIZED, BODY),
            ("chunks", CHUNKED, CHUNKS + END),
        ),
    )
}

CUT = {
    "nothing at all": b"",
    "half a version": b"HTT",
    "half a status line": b"HTTP/1.1 20",
    "a status line": b"HTTP/1.1 200 OK\r\n",
    "half a field": b"HTTP/1.1 200 OK\r\ncontent-le",
    "a head without its empty line": b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n",
    "half an empty line": b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r",
    "a head without a body": answer(SIZED, b""),
    "half a body": answer(SIZED, BODY[:3]),
    "an interim answer and no other": b"HTTP/1.1 103 Early Hints\r\n\r\n",
    "a body until the end": answer(b""),
    "no body until the end": answer(b"", b""),
    "a long body until the end": answer(b"", b"x" * 300_000),
    "LF alone": answer().replace(b"\r\n", b"\n"),
    "CR alone": answer().replace(b"\r\n", b"\r"),
    "zeros": bytes(100),
    "HTML": b"<html><body>no server</body></html>",
    "TLS": b"\x15\x03\x01\x00\x02\x02\x28",
    "a head that does not end": b"HTTP/1.1 200 OK\r\n" + b"x: 1\r\n" * 40_000,
    "a line that does not end": b"HTTP/1.1 200 OK\r\nx: " + b"a" * 200_000,
}

ANSWERS = {
    "plain": answer(),
    **{f"line: {name}": answer(line=line) for name, line in LINES.items()},
    **{f"field: {name}": answer(fields + SIZED) for name, fields in FIELDS.items()},
    **{f"length: {name}": answer(fields) for name, fields in LENGTHS.items()},
    **{f"coding: {name}": answer(fields, CHUNKS + END) for name, fields in CODINGS.items()},
    "coding: chunked in HTTP/1.0": answer(CHUNKED, CHUNKS + END, b"HTTP/1.0 200 OK"),
    **{f"chunks: {name}": answer(CHUNKED, body) for name, body in CHUNKINGS.items()},
    **{f"before: {name}": before + answer() for name, before in BEFORE.items()},
    **WITHOUT_BODY,
    **{f"cut: {name}": raw for name, raw in CUT.items()},
}
