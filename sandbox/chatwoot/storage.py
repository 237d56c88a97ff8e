"""Attachment URLs on the simulator's own host: a signed id that redirects to a disk path that answers bytes."""

from base64 import urlsafe_b64encode
from hashlib import sha1
from urllib.parse import quote

from sandbox.chatwoot.model import Attachment, Blob
from sandbox.chatwoot.state import State
from sandbox.http import Request, Response

NAMED = ("image", "audio", "video", "file")
"""File types with a stored file."""
INLINE = ("image/png", "image/jpeg", "image/gif", "audio/ogg", "video/mp4")


def host_of(request: Request) -> str:
    """The host a client reached us by; attachment URLs are made of it."""
    return request.header("host") or "localhost"


def data_url(blob_id: int, blob: Blob, host: str) -> str:
    """Where a file is fetched; its only trace of a name is the last segment."""
    return (
        f"http://{host}/rails/active_storage/blobs/redirect/{_signed(blob_id, 'blob_id')}/{quote(blob.name, safe='')}"
    )


def thumb_url(attachment: Attachment, blob: Blob, host: str) -> str:
    """A preview of images; empty for all else."""
    if attachment.file_type != "image" or attachment.blob is None:
        return ""
    path = f"{_signed(attachment.blob, 'blob_id')}/{_signed(attachment.blob, 'variation')}"
    return f"http://{host}/rails/active_storage/representations/redirect/{path}/{quote(blob.name, safe='')}"


def redirect(state: State, request: Request, signed: str, *_rest: str) -> Response:
    """302 to the disk service; also for previews, which show the file itself."""
    found = _find(state, signed, "blob_id")
    if found is None:
        return Response(404)
    blob_id, blob = found
    path = f"{_signed(blob_id, 'blob_key')}/{quote(blob.name, safe='')}"
    headers = (
        ("location", f"http://{host_of(request)}/rails/active_storage/disk/{path}"),
        ("content-type", "text/html; charset=utf-8"),
        ("cache-control", "max-age=300, private"),
    )
    return Response(302, b"", headers)


def disk(state: State, _request: Request, signed: str, _name: str) -> Response:
    """The bytes."""
    found = _find(state, signed, "blob_key")
    if found is None:
        return Response(404)
    blob = found[1]
    shown = "inline" if blob.content_type in INLINE else "attachment"
    ascii_name = blob.name.encode("ascii", "replace").decode().replace("?", "_").replace('"', "_")
    disposition = f"{shown}; filename=\"{ascii_name}\"; filename*=UTF-8''{quote(blob.name, safe='')}"
    return Response(200, blob.data, (("content-type", blob.content_type), ("content-disposition", disposition)))


def file_type(content_type: str) -> str:
    """The kind of attachment a content type makes."""
    family = content_type.partition("/")[0]
    return family if family in ("image", "audio", "video") else "file"


def _signed(blob_id: int, purpose: str) -> str:
    claim = f'{{"_rails":{{"data":{blob_id},"pur":"{purpose}"}}}}'.encode()
    return urlsafe_b64encode(claim).decode().rstrip("=") + "--" + sha1(claim, usedforsecurity=False).hexdigest()


def _find(state: State, signed: str, purpose: str) -> tuple[int, Blob] | None:
    return next(((number, blob) for number, blob in state.blobs.items() if _signed(number, purpose) == signed), None)
