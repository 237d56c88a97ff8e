"""Secrets that are planted and looked for: every form in which one could have been written down."""

import base64
import json
from urllib.parse import quote

PREFIX = 12
"""So many characters of a canary say enough: 48 bits and more."""


def forms(secret):
    """How a secret looks as it is, encoded, escaped, reversed, and cut."""
    raw = secret.encode()
    found = {secret, secret[:PREFIX], secret[::-1], raw.hex(), raw.hex().upper()}
    found |= {quote(secret, safe=""), quote(secret, safe="").lower(), "".join(f"%{byte:02X}" for byte in raw)}
    found |= {json.dumps(secret)[1:-1], json.dumps(secret)[1:-1].replace("/", "\\/")}
    found |= {"".join(f"\\u{ord(one):04x}" for one in secret)}
    for offset in range(3):
        first, last = -(-offset * 8 // 6), (offset + len(raw)) * 8 // 6
        padded = b"\0" * offset + raw
        found |= {encode(padded)[first:last].decode() for encode in (base64.b64encode, base64.urlsafe_b64encode)}
    return found


def hits(secrets, text):
    """The names of the secrets that a text (or bytes) shows in any form."""
    data = text.encode("utf-8", "surrogateescape") if isinstance(text, str) else text
    return sorted(name for name, secret in secrets.items() if any(form.encode() in data for form in forms(secret)))
