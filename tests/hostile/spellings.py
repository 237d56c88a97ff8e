"""Spellings of a way out of a folder, made by rules: forms of dots and slashes, in encodings, at places of a path."""

import itertools
import posixpath
from urllib.parse import unquote_to_bytes

DOTS = [
    "..",
    ".",
    "...",
    ". .",
    ".. ",
    " ..",
    "..;",
    "..;x=1",
    ".;",
    "..\x00",
    "..\t",
    "\u2025",
    "\uff0e\uff0e",
    "\u2024\u2024",
]
SLASHES = ["/", "\\", "//", "/./", "\\\\", "/\\", "\uff0f", "\uff3c", "\u2215", "\u2044", "\u29f8"]
EXTRAS = [
    "\r\n",
    "\n",
    "\x00",
    "?",
    "#",
    ";",
    "%",
    " ",
    "\t",
    "\x7f",
    "\u2028",
    "\u202e",
    "@evil.example",
    "http://evil.example",
]
TARGETS = ["admin", "etc/passwd", "x", "%2e%2e", "..%2f..", "windows\\win.ini"]
RAW = [
    b"..%c0%af..", b"..%c1%9c..", b"%c0%ae%c0%ae", b"%e0%80%ae%e0%80%ae", b"%f0%80%80%ae", b"..%e0%80%af",
    b"%fc%80%80%80%80%af",
    b"%u002e%u002e", b"%2", b"%", b"%zz", b"..%ff", b"%ed%a0%80", b"\xff\xfe", b"\xc0\xae\xc0\xae", b"%%32%65%%32%65",
]  # fmt: skip


def plain(text):
    return text.encode("utf-8", "surrogatepass")


def percent(text):
    return b"".join(b"%%%02X" % byte for byte in plain(text))


def percent_lower(text):
    return percent(text).lower()


def twice(text):
    return percent(text).replace(b"%", b"%25")


def thrice(text):
    return twice(text).replace(b"%", b"%25")


def half(text):
    return b"".join(b"%%%02x" % byte if number % 2 else bytes([byte]) for number, byte in enumerate(plain(text)))


def overlong(width):
    """Every ASCII character in more bytes than it needs, which UTF-8 forbids (RFC 3629 section 3)."""
    leads = {2: 0xC0, 3: 0xE0, 4: 0xF0}

    def stretched(code):
        tail = [0x80 | code >> 6 * number & 0x3F for number in range(width - 1)]
        return [leads[width] | code >> 6 * (width - 1), *reversed(tail)]

    def encode(text):
        raw = b"".join(bytes(stretched(one)) if one < 0x80 else bytes([one]) for one in plain(text))
        return b"".join(b"%%%02x" % byte for byte in raw)

    return encode


def utf16(text):
    """As a program writes it that takes UTF-16 for the text of an address."""
    return b"".join(b"%%%02x" % byte for byte in text.encode("utf-16-be", "surrogatepass"))


def as_units(text):
    """The escapes of old Microsoft servers."""
    return b"".join(b"%%u%04x" % ord(character) for character in text if ord(character) < 0x10000)


ENCODINGS = [plain, percent, percent_lower, twice, thrice, half]
WIDER = [overlong(2), overlong(3), overlong(4), utf16, as_units]
PLACES = [
    b"/%b", b"/tickets/%b", b"/%b/tickets", b"/tickets/%b/messages", b"/tickets/1/%b", b"/a/b/c/%b",
    b"/tickets%b", b"/%btickets", b"//%b", b"/tickets//%b",
]  # fmt: skip


def attacks():
    """Every spelling of dots, of slashes and of what follows, in every encoding, to every depth, at every place."""
    for dots, slash, depth in itertools.product(DOTS, SLASHES, (1, 2, 3, 6)):
        climbs = (dots + slash) * depth
        for tail, encode in itertools.product(("", *TARGETS), ENCODINGS):
            yield encode(climbs) + plain(tail)
    for first, second in itertools.product(ENCODINGS, ENCODINGS):
        for dots, slash, depth in itertools.product(DOTS, SLASHES, (1, 2)):
            yield (first(dots) + second(slash)) * depth + b"admin"
    for extra, encode, around in itertools.product(
        EXTRAS, ENCODINGS, (b"%b", b"a%b", b"%bb", b"..%b..", b"..%b/admin")
    ):
        yield around.replace(b"%b", encode(extra))
    for dots, slash, encode in itertools.product(DOTS, SLASHES, WIDER):
        for depth in (1, 3):
            yield encode((dots + slash) * depth) + b"admin"
            yield plain(dots) + encode(slash) + plain(dots) + b"/admin"
    yield from RAW
    yield from (b"http://evil.example/%b", b"//evil.example/", b"/\\evil.example", b"*", b"evil.example:443")


def corpus():
    for number, attack in enumerate(attacks()):
        chosen = PLACES if number % 3 == 0 else (PLACES[number % len(PLACES)], PLACES[(number * 7 + 3) % len(PLACES)])
        for place in chosen:
            yield place.replace(b"%b", attack)


def escapes(path):
    """Whether a path leaves its base for a reader that decodes it up to three times and folds what servers fold."""
    raw = path.encode("ascii")
    for _ in range(4):
        folded = raw.replace(b"\\", b"/").replace(b"\x00", b"")
        segments = [segment.split(b";")[0].strip(b" ") for segment in folded.split(b"/")]
        resolved = posixpath.normpath(b"/base/v2" + b"/".join(segments))
        if b".." in segments or not (resolved + b"/").startswith(b"/base/v2/") or any(byte < 32 for byte in folded):
            return True
        raw = unquote_to_bytes(raw)
    return False
