"""JSON texts made from the grammar of RFC 8259: those that are JSON, those that are not, and what it leaves open.

Each is the value of the member ``probe`` of an object, so that a route reads it as a part of a body of its own.
"""

WHITE = [b" ", b"\t", b"\n", b"\r"]
CONTROLS = [bytes([one]) for one in range(32)]
SIGNS = [bytes([one]) for one in range(33, 127) if not bytes([one]).isdigit()]
"""Printable characters that are no value."""


def valid():
    """Texts that every reader takes."""
    numbers = b"0 -0 1 -1 10 0.1 -0.1 1e1 1E1 1e+1 1e-1 1.5e3 123456789012345 1e308 1e-400 0e0 0e+1 20e1 -0.0".split()
    texts = [
        b'""',
        b'"a"',
        b'"\xc3\xa9"',
        b'"\xf0\x9f\x98\x80"',
        b'"\\u00e9"',
        b'"\\ud83d\\ude00"',
        b'"\\u0000"',
        b'"\x7f"',
    ]
    texts += [b'"\\' + one + b'"' for one in (b'"', b"\\", b"/", b"b", b"f", b"n", b"r", b"t")]
    texts += [
        b'"\xe2\x80\xa8"',
        b'"\xef\xbf\xbf"',
        b'"' + b"a" * 10_000 + b'"',
        b'"[[[[{{{{"',
        b'"\\uFFFF"',
        b'"\\u2028"',
    ]
    words = [b"true", b"false", b"null", b"1" + b"0" * 400]
    arrays = [
        b"[]",
        b"[1]",
        b"[1,2]",
        b"[[]]",
        b"[[[]]]",
        b"[{}]",
        b"[null]",
        b"[" * 60 + b"]" * 60,
        b"[" + b"1," * 5000 + b"1]",
    ]
    objects = [
        b"{}",
        b'{"a":1}',
        b'{"a":{}}',
        b'{"":1}',
        b'{"a":1,"b":2}',
        b'{"a":1,"A":2}',
        b'{"\\u0061":1}',
        b'{"a b":[]}',
    ]
    spaced = [white.join([b"", b"[", b"1", b",", b"2", b"]", b""]) for white in WHITE]
    return [*numbers, *texts, *words, *arrays, *objects, *spaced]


def invalid():
    """Texts that none may take."""
    numbers = b"+1 01 -01 1. .1 -.1 1.e1 1e 1e+ 1E- 0x1 0b1 1_0 1a -a e1 1e1.5 --1 1-1 1+1 NaN Infinity".split()
    numbers += [
        *b"-Infinity -NaN inf nan +Inf 1/2 1e-x".split(),
        b"\xef\xbc\x91",
        b"1,5",
        b"1 000",
        b"2.",
        b"0e",
        b"-0.",
        b"1.2.3",
        b"1e1e1",
        b"\xc2\xbd",
    ]
    texts = [
        b"'a'",
        b'"',
        b'"a',
        b'a"',
        b"a",
        b'"\\x41"',
        b'"\\a"',
        b'"\\0"',
        b'"\\u12"',
        b'"\\u12g4"',
        b'"\\',
        b'"\\"',
        b'"\\U0041"',
    ]
    texts += [b'"' + one + b'"' for one in CONTROLS]
    encodings = [
        b'"\xff"',
        b'"\xc0\x80"',
        b'"\xc3"',
        b'"\xed\xa0\x80"',
        b'"\xf4\x90\x80\x80"',
        b'"\xe9"',
        b'"\xfe\xff"',
        b'"\x80"',
    ]
    encodings += [b'"\xe2\x82"', b'"\xf0\x80\x80\xaf"', b'"\xf8\x88\x80\x80\x80"', b'"\xc1\xbf"', b'"\xf0\x9f"']
    surrogates = [b'"\\ud800"', b'"\\udc00"', b'"\\ud800\\ud800"', b'"\\ud800a"', b'"\\udc00\\ud800"', b'"\\ud800\\n"']
    words = b"True TRUE tru truee nul nulls undefined None yes false1".split()
    arrays = [
        b"[",
        b"]",
        b"[1",
        b"[1,",
        b"[1,]",
        b"[,1]",
        b"[,]",
        b"[1,,2]",
        b"[1 2]",
        b"[1;2]",
        b"[1:2]",
        b"[1}",
        b"(1)",
        b"[1]]",
    ]
    arrays += [b"[" * 100_000, b"[[]" * 1000, b"[1]x", b"[\x00]", b"[1]\x00", b"[...]"]
    objects = [
        b"{",
        b"}",
        b'{"a"',
        b'{"a":',
        b'{"a":1',
        b'{"a":1,',
        b'{"a":1,}',
        b'{,"a":1}',
        b'{"a" 1}',
        b'{"a"::1}',
        b"{a:1}",
    ]
    objects += [
        b"{1:1}",
        b"{'a':1}",
        b'{"a":1 "b":2}',
        b'{"a",1}',
        b"{null:1}",
        b'{"a":1}}',
        b"{[]:1}",
        b'{"a"=1}',
        b'{"a":}',
    ]
    comments = [b"/* */1", b"1//x", b"#1", b"1/**/", b"<!-- -->1", b"1;"]
    odd = [
        b"",
        b"\xef\xbb\xbf1",
        b"\xc2\xa01",
        b"\x0b1",
        b"\x0c1",
        b"\xe2\x80\xa81",
        b"\\u0031",
        b"`1`",
        b"1\x00",
        b"\xff",
        b"$",
    ]
    huge = [b"9" * 5000, b"1e999", b"-1e999", b"-" + b"9" * 10_000]
    return list(
        dict.fromkeys(
            [*SIGNS, *numbers, *texts, *encodings, *surrogates, *words, *arrays, *objects, *comments, *odd, *huge]
        )
    )


def ambiguous():
    """Texts that the grammar has, and that a caller may not send: two readers could take them differently."""
    twice = [b'{"a":1,"a":2}', b'{"a":1,"a":1}', b'{"a":1,"\\u0061":2}', b'[{"b":{"a":1,"a":2}}]', b'{"":1,"":2}']
    return [*twice, b"[" * 65 + b"]" * 65, b'{"a":' * 65 + b"1" + b"}" * 65]


def bombs():
    """Whole bodies that are small to send and large, or slow, to read."""
    most = 1_000_000
    return {
        "depth": b'{"probe":' + b"[" * (most - 100),
        "depth of objects": b'{"a":' * (most // 5),
        "breadth": b'{"probe":[' + b"[]," * (most // 3 - 20) + b"[]]}",
        "numbers": b'{"probe":[' + b"1," * (most // 2 - 20) + b"1]}",
        "names": b"{" + b",".join(b'"%d":1' % one for one in range(80_000)) + b',"1":2}',
        "an open text full of quotation marks": b"{" + b"[]," * 65 + b'"' + b'\\"' * (most // 2 - 200),
        "quotation marks alone": b"[[[[" * 20 + b'"' * (most - 200),
        "a number": b'{"probe":' + b"9" * (most - 20) + b"}",
        "large numbers": b'{"probe":[' + b",".join([b"9" * 4299] * 230) + b"]}",
        "a fraction": b'{"probe":0.' + b"1" * (most - 40) + b"e999999}",
        "UTF-16": '{"probe":1}'.encode("utf-16"),
        "UTF-32": '{"probe":1}'.encode("utf-32"),
        "a byte order mark": b'\xef\xbb\xbf{"probe":1}',
        "nothing": b"",
        "spaces": b" " * (most - 1),
        "NUL": b"\x00" * 1000,
        "a text": b'"probe"',
        "a list": b"[]",
        "null": b"null",
        "two": b'{"probe":1}{"probe":1}',
    }
