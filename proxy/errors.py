"""The errors a caller can meet, as RFC 9457 problems with stable codes.

    Problem
    |-- CallerProblem               the request is wrong, or may not be made
    |   |-- InvalidRequest            400 invalid-request
    |   |-- InvalidJson               400 invalid-json
    |   |-- InvalidPath               400 invalid-path
    |   |-- UnknownParameter          400 unknown-parameter
    |   |-- AccountRequired           400 account-required
    |   |-- AmbiguousAccount          400 ambiguous-account
    |   |-- UnsupportedFilter         400 unsupported-filter
    |   |-- UnsupportedCombination    400 unsupported-combination
    |   |-- RemoteQueryConflict       400 remote-query-conflict
    |   |-- RemoteDataConflict        400 remote-data-conflict
    |   |-- InvalidCursor             400 invalid-cursor
    |   |-- Unauthorized              401 unauthorized
    |   |-- MissingScope              403 missing-scope
    |   |-- OriginNotAllowed          403 origin-not-allowed
    |   |-- AccountBlocked            403 account-blocked
    |   |-- PathNotAllowed            403 path-not-allowed
    |   |-- CredentialOperation       403 credential-operation
    |   |-- CrossSite                 403 cross-site
    |   |-- NotFound                  404 not-found
    |   |-- UnknownLink               404 unknown-link
    |   |-- MethodNotAllowed          405 method-not-allowed
    |   |-- BodyTimeout               408 body-timeout
    |   |-- DifferentAccount          409 different-account
    |   |-- InProgress                409 idempotency-in-progress
    |   |-- AnswerNotKept             409 idempotency-answer-not-kept
    |   |-- LinkElsewhere             409 link-elsewhere
    |   |-- CursorExpired             410 cursor-expired
    |   |-- LinkExpired               410 link-expired
    |   |-- LinkUsed                  410 link-used
    |   |-- BodyTooLarge              413 body-too-large
    |   |-- UnsupportedMediaType      415 unsupported-media-type
    |   |-- InvalidCredential         422 invalid-credential
    |   |-- TenantNotAllowed          422 tenant-not-allowed
    |   |-- IdempotencyMismatch       422 idempotency-mismatch
    |   |-- ScanLimit                 422 scan-limit
    |   |-- UnsupportedAttribute      422 unsupported-attribute
    |   |-- UnsupportedChange         422 unsupported-change
    |   |-- RequiredAttribute         422 required-attribute
    |   |-- ReferenceNotFound         422 reference-not-found
    |   |-- PrivateNotProved          422 private-not-proved
    |   |-- TooManyAttempts           429 too-many-attempts
    |   |-- LinkAttempts              429 link-attempts
    |   |-- HeadTooLarge              431 head-too-large
    |   `-- UnsupportedOperation      501 unsupported-operation
    |-- ProviderProblem             the provider refused, failed or answered what cannot be used
    |   |-- ProviderForbidden         403 provider-forbidden
    |   |-- ProviderNotFound          404 provider-not-found
    |   |-- ProviderConflict          409 provider-conflict
    |   |-- ProviderInvalid           422 provider-invalid
    |   |-- ProviderLimit             422 provider-limit
    |   |-- ReauthRequired            424 reauth-required
    |   |-- RateLimited               429 rate-limited
    |   |-- ProviderError             502 provider-error
    |   |-- ProviderUnreachable       502 provider-unreachable
    |   |-- ProviderUnavailable       503 provider-unavailable
    |   |-- ProviderNotJson           502 provider-not-json
    |   |-- ProviderTooLarge          502 provider-too-large
    |   |-- ProviderRedirect          502 provider-redirect
    |   |-- CredentialEcho            502 credential-echo
    |   |-- MediaNotAllowed           502 media-not-allowed
    |   |-- PaginationLoop            502 pagination-loop
    |   |-- DeadlineExceeded          504 deadline-exceeded
    |   `-- OutcomeUnknown            504 outcome-unknown
    |       `-- OutcomeUndecided          the same, as 409: a repeated request meets it
    `-- ServerProblem               we cannot serve now
        |-- InternalError             500 internal-error
        |-- Overloaded                503 overloaded
        |-- JournalUnavailable        503 journal-unavailable
        `-- NotReady                  503 not-ready

``title`` lives in the class, ``detail`` says what happened this time. ``docs/errors.md`` explains each code.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from msgspec import Struct

TYPE_BASE = "https://interline.dev/errors/"


class FieldError(Struct, frozen=True):
    """One wrong part of a request: ``path`` names it as the caller wrote it."""

    path: str
    detail: str


class Problem(Exception):  # noqa: N818 - the name of RFC 9457
    """An answer of the kind ``application/problem+json``; ``members`` are extension members of the body."""

    status: ClassVar[int]
    code: ClassVar[str]
    title: ClassVar[str]

    def __init__(
        self,
        detail: str,
        *,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
        **members: Any,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = tuple(errors)
        self.headers = dict(headers or {})
        self.members = members

    def body(self, *, request_id: str, instance: str) -> dict[str, Any]:
        """The problem document: RFC 9457 members, ours, and the three that Truto's clients read."""
        return {
            "type": TYPE_BASE + self.code,
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "instance": instance,
            "code": self.code,
            "request_id": request_id,
            "errors": [{"path": error.path, "detail": error.detail} for error in self.errors],
            "statusCode": self.status,
            "error": self.title,
            "message": self.detail,
            **self.members,
        }


class CallerProblem(Problem):
    """The request is wrong, or may not be made."""


class InvalidRequest(CallerProblem):
    """A part of the request is malformed; ``errors`` names it."""

    status, code, title = 400, "invalid-request", "The request is malformed"


class InvalidJson(CallerProblem):
    """The body is not JSON that we accept: syntax, encoding, depth."""

    status, code, title = 400, "invalid-json", "The body is not valid JSON"


class InvalidPath(CallerProblem):
    """The path holds a segment that no provider may receive."""

    status, code, title = 400, "invalid-path", "The path is not acceptable"


class UnknownParameter(CallerProblem):
    """A query parameter that does not exist."""

    status, code, title = 400, "unknown-parameter", "A query parameter is unknown"


class AccountRequired(CallerProblem):
    """No account is named."""

    status, code, title = 400, "account-required", "No account is named"


class AmbiguousAccount(CallerProblem):
    """Query and header name different accounts."""

    status, code, title = 400, "ambiguous-account", "Two accounts are named"


class UnsupportedFilter(CallerProblem):
    """A filter or sort that this resource of this provider does not have."""

    status, code, title = 400, "unsupported-filter", "A filter or sort is not supported here"


class UnsupportedCombination(CallerProblem):
    """Filters or sorts that cannot be used together."""

    status, code, title = 400, "unsupported-combination", "Filters cannot be combined this way"


class RemoteQueryConflict(CallerProblem):
    """A parameter for the provider that the mapping or its paging sets itself."""

    status, code, title = 400, "remote-query-conflict", "A provider parameter is used by the mapping"


class RemoteDataConflict(CallerProblem):
    """A part of ``remote_data`` that the mapping sets itself, or that no step of the plan takes."""

    status, code, title = 400, "remote-data-conflict", "A part of remote_data is set by the mapping"


class InvalidCursor(CallerProblem):
    """A cursor that was tampered with, or belongs to another list."""

    status, code, title = 400, "invalid-cursor", "The cursor is not valid here"


class Unauthorized(CallerProblem):
    """Our key is missing, unknown or expired."""

    status, code, title = 401, "unauthorized", "The API key is missing or wrong"

    def __init__(self, detail: str = "send 'Authorization: Bearer <API key or account token>'") -> None:
        super().__init__(detail, headers={"WWW-Authenticate": "Bearer"})


class MissingScope(CallerProblem):
    """The key lacks the scope of the route."""

    status, code, title = 403, "missing-scope", "The key may not do this"


class OriginNotAllowed(CallerProblem):
    """A page of another origin than the account token allows asks with it."""

    status, code, title = 403, "origin-not-allowed", "A page of this origin may not use the account token"


class AccountBlocked(CallerProblem):
    """The operator blocked the account: no call is made for it."""

    status, code, title = 403, "account-blocked", "The account is blocked"


class PathNotAllowed(CallerProblem):
    """The provider file does not open this path to the passthrough."""

    status, code, title = 403, "path-not-allowed", "The passthrough does not reach this path"


class CredentialOperation(CallerProblem):
    """The operation shows or changes the linked credential."""

    status, code, title = 403, "credential-operation", "The operation concerns the linked credential"


class CrossSite(CallerProblem):
    """A form of the link page that another site sent."""

    status, code, title = 403, "cross-site", "The form was not sent by our own page"


class NotFound(CallerProblem):
    """No such route, account or record within the caller's reach."""

    status, code, title = 404, "not-found", "Not found"


class UnknownLink(CallerProblem):
    """A link token that was never made here."""

    status, code, title = 404, "unknown-link", "There is no such link"


class MethodNotAllowed(CallerProblem):
    """The route exists with other methods."""

    status, code, title = 405, "method-not-allowed", "The method is not allowed here"


class BodyTimeout(CallerProblem):
    """The body pauses for too long, or comes too slowly."""

    status, code, title = 408, "body-timeout", "The body did not come in time"


class DifferentAccount(CallerProblem):
    """A new credential belongs to another account of the provider than the one that was linked."""

    status, code, title = 409, "different-account", "The credential belongs to another provider account"


class InProgress(CallerProblem):
    """Another request with the same idempotency key is being carried out; ``Retry-After`` is in seconds."""

    status, code, title = 409, "idempotency-in-progress", "A request with this idempotency key is under way"


class AnswerNotKept(CallerProblem):
    """The write of this idempotency key was carried out; its answer was too large to keep, or could not be given."""

    status, code, title = 409, "idempotency-answer-not-kept", "The write was carried out, and its answer not kept"


class LinkElsewhere(CallerProblem):
    """A link that another browser has begun with, or whose cookie is missing."""

    status, code, title = 409, "link-elsewhere", "The link is in use in another browser"


class CursorExpired(CallerProblem):
    """A cursor older than its life of 24 hours."""

    status, code, title = 410, "cursor-expired", "The cursor has expired"


class LinkExpired(CallerProblem):
    """A link older than its life of 15 minutes, or whose key was revoked."""

    status, code, title = 410, "link-expired", "The link has expired"


class LinkUsed(CallerProblem):
    """A link by which an account was linked already."""

    status, code, title = 410, "link-used", "The link has been used"


class BodyTooLarge(CallerProblem):
    """The body exceeds its bound."""

    status, code, title = 413, "body-too-large", "The body is too large"


class UnsupportedMediaType(CallerProblem):
    """The body's content type is not one that the route takes."""

    status, code, title = 415, "unsupported-media-type", "The content type is not supported"


class InvalidCredential(CallerProblem):
    """The provider refused the credential that was to be linked."""

    status, code, title = 422, "invalid-credential", "The provider refused the credential"


class TenantNotAllowed(CallerProblem):
    """The key is limited to tenants, and the account would belong to another."""

    status, code, title = 422, "tenant-not-allowed", "The key may not link accounts of this tenant"


class IdempotencyMismatch(CallerProblem):
    """The idempotency key was used for another request."""

    status, code, title = 422, "idempotency-mismatch", "The idempotency key belongs to another request"


class ScanLimit(CallerProblem):
    """Nothing matched within the provider calls that one request may make; ``next_cursor`` goes on."""

    status, code, title = 422, "scan-limit", "The filter matched nothing within one request's provider calls"


class UnsupportedAttribute(CallerProblem):
    """An attribute that exists and that the provider cannot set or clear by this method."""

    status, code, title = 422, "unsupported-attribute", "The provider cannot set an attribute"


class UnsupportedChange(CallerProblem):
    """A change that is known to be impossible at the provider; the detail says what is possible."""

    status, code, title = 422, "unsupported-change", "The provider cannot make this change"


class RequiredAttribute(CallerProblem):
    """The provider needs an attribute that the body does not have."""

    status, code, title = 422, "required-attribute", "The provider needs an attribute that is missing"


class ReferenceNotFound(CallerProblem):
    """A record that the body names does not exist at the provider."""

    status, code, title = 422, "reference-not-found", "A record that is named does not exist"


class PrivateNotProved(CallerProblem):
    """A private comment whose provider call does not prove that it stays private: nothing was sent."""

    status, code, title = 422, "private-not-proved", "The comment could not be proved private"


class TooManyAttempts(CallerProblem):
    """Many wrong keys came from the caller's address within a minute; ``Retry-After`` is in seconds."""

    status, code, title = 429, "too-many-attempts", "Too many wrong API keys from this address"


class LinkAttempts(CallerProblem):
    """More tries than one link is given."""

    status, code, title = 429, "link-attempts", "Too many attempts with one link"


class HeadTooLarge(CallerProblem):
    """Headers, path or query exceed their bounds."""

    status, code, title = 431, "head-too-large", "The request head is too large"


class UnsupportedOperation(CallerProblem):
    """The provider cannot do this; ``supported`` names what it can."""

    status, code, title = 501, "unsupported-operation", "The provider cannot do this"


class ProviderProblem(Problem):
    """The provider refused, failed, or answered what cannot be used.

    ``provider`` is its name, ``provider_status`` the HTTP status it sent, if any.
    """

    def __init__(
        self,
        detail: str,
        *,
        provider: str,
        provider_status: int | None = None,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
        **members: Any,
    ) -> None:
        super().__init__(
            detail,
            errors=errors,
            headers=headers,
            is_remote_error=True,
            provider=provider,
            provider_status=provider_status,
            **members,
        )


class ProviderForbidden(ProviderProblem):
    """The provider accepts the credential but not the operation."""

    status, code, title = 403, "provider-forbidden", "The provider forbids this to the linked user"


class ProviderNotFound(ProviderProblem):
    """The provider has no such record."""

    status, code, title = 404, "provider-not-found", "The provider has no such record"


class ProviderConflict(ProviderProblem):
    """The provider answered 409."""

    status, code, title = 409, "provider-conflict", "The provider reports a conflict"


class ProviderInvalid(ProviderProblem):
    """The provider's own validation refused the request."""

    status, code, title = 422, "provider-invalid", "The provider refused the input"


class ProviderLimit(ProviderProblem):
    """A limit of the customer's plan at the provider."""

    status, code, title = 422, "provider-limit", "The provider's plan does not allow more"


class ReauthRequired(ProviderProblem):
    """The provider refuses the stored credential; the customer must link again."""

    status, code, title = 424, "reauth-required", "The account must be linked again"


class RateLimited(ProviderProblem):
    """The provider's rate budget is used up and the wait did not fit; ``Retry-After`` is in seconds."""

    status, code, title = 429, "rate-limited", "The provider's rate budget is used up"


class ProviderError(ProviderProblem):
    """The provider answered with an error of its own."""

    status, code, title = 502, "provider-error", "The provider failed"


class ProviderUnreachable(ProviderProblem):
    """No connection, or it broke before a whole answer came."""

    status, code, title = 502, "provider-unreachable", "The provider cannot be reached"


class ProviderUnavailable(ProviderProblem):
    """Calls to the provider failed in a row, and none is made for a while; ``Retry-After`` is in seconds."""

    status, code, title = 503, "provider-unavailable", "The provider does not answer at present"


class ProviderNotJson(ProviderProblem):
    """The provider answered something else than the JSON it documents."""

    status, code, title = 502, "provider-not-json", "The provider did not answer JSON"


class ProviderTooLarge(ProviderProblem):
    """The provider's answer exceeds its bound."""

    status, code, title = 502, "provider-too-large", "The provider's answer is too large"


class ProviderRedirect(ProviderProblem):
    """The provider redirected; redirects are never followed."""

    status, code, title = 502, "provider-redirect", "The provider redirected"


class CredentialEcho(ProviderProblem):
    """The provider's answer contains the linked credential and is not relayed."""

    status, code, title = 502, "credential-echo", "The answer held the linked credential"


class MediaNotAllowed(ProviderProblem):
    """A file's address, or a redirect from it, leads where files are not fetched from."""

    status, code, title = 502, "media-not-allowed", "The file is at an address that is not fetched from"


class PaginationLoop(ProviderProblem):
    """The provider gives the same page again and again."""

    status, code, title = 502, "pagination-loop", "The provider repeats a page"


class DeadlineExceeded(ProviderProblem):
    """The request's deadline passed before the provider answered."""

    status, code, title = 504, "deadline-exceeded", "The provider did not answer in time"


class OutcomeUnknown(ProviderProblem):
    """A write was sent and no answer came: the provider may have carried it out."""

    status, code, title = 504, "outcome-unknown", "It is not known whether the write was carried out"


class OutcomeUndecided(OutcomeUnknown):
    """A request repeats a write whose outcome is still not known; it is not sent again."""

    status = 409


class ServerProblem(Problem):
    """We cannot serve now."""


class InternalError(ServerProblem):
    """A fault of ours; the log line of ``request_id`` says more."""

    status, code, title = 500, "internal-error", "The server failed"


class Overloaded(ServerProblem):
    """Too many requests of this account, or of the whole server, are under way."""

    status, code, title = 503, "overloaded", "The server is busy"


class JournalUnavailable(ServerProblem):
    """The write journal cannot be written, so nothing that needs it is sent."""

    status, code, title = 503, "journal-unavailable", "The write journal is not available"


class NotReady(ServerProblem):
    """The server is starting or stopping, or its database cannot be used."""

    status, code, title = 503, "not-ready", "The server is not ready"


def all_problems(root: type[Problem] = Problem) -> Iterator[type[Problem]]:
    """Every problem that has a code of its own, in the order of this file."""
    for child in root.__subclasses__():
        if "code" in vars(child):
            yield child
        yield from all_problems(child)
