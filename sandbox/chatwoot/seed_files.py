"""Small files and places attached to seeded messages; their sizes are true."""

from base64 import b64decode

from sandbox.chatwoot.model import Attachment, Blob, Json, Message
from sandbox.chatwoot.state import State

_PNG = b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
_PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    b"2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
)
FILES = {
    "pdf": ("file", Blob("factuur été 2026 #44.pdf", "application/pdf", _PDF)),
    "png": ("image", Blob("foto's.png", "image/png", _PNG)),
    "ogg": ("audio", Blob("spraak.ogg", "audio/ogg", b"OggS" + bytes(60))),
}
_PLACE: Json = {
    "coordinates_lat": 53.2194,
    "coordinates_long": 6.5665,
    "fallback_title": "Martinitoren",
    "data_url": "https://kaart.example/martinitoren",
}


def attach(state: State, message: Message, kinds: tuple[str, ...]) -> None:
    """Attaches a file of each kind; ids follow later, when messages are numbered."""
    for kind in kinds:
        if kind == "location":
            message.attachments.append(Attachment(0, 0, "location", message.created, extra=_PLACE))
            continue
        file_type, blob = FILES[kind]
        number = state.next_id("blobs")
        state.blobs[number] = blob
        side = 1 if file_type == "image" else None
        message.attachments.append(Attachment(0, 0, file_type, message.created, number, side, side))
