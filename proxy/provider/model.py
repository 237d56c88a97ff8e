"""The words of ``provider.yaml`` as typed fields.

The Structs are what the YAML may say; ``load`` turns them into a ``Provider``, whose expressions are compiled and whose
references are checked. Facts stand in the file, never in Python.
"""

from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from msgspec import Meta, Struct, field

from proxy.language.expression import Expression
from proxy.provider.paging import Paging, PagingWords
from proxy.provider.template import PathTemplate

Name = Annotated[str, Meta(pattern="^[a-z][a-z0-9_-]*$")]


Language = Literal["de", "es", "fr", "nl"]
"""The languages of the link page beside English, which is what the words themselves are in."""


class TranslatedWords(Struct, frozen=True, forbid_unknown_fields=True):
    """What the link page says of a field in another language."""

    label: str
    """As ``label``, in this language."""
    help: str
    """As ``help``; the names of menus as they stand in the provider's own translation, where it has one."""
    placeholder: str | None = None
    """Where the example holds words."""


class FieldWords(Struct, frozen=True, forbid_unknown_fields=True):
    """One field a customer fills in when linking: a connection field is shown again, a credential never."""

    label: str
    """What the link page calls it."""
    help: str
    """Where the customer finds it in the provider's settings."""
    placeholder: str = ""
    """An example that is not a real value."""
    type: Literal["text", "integer", "origin"] = "text"
    """``origin`` is scheme, host and port of a self-hosted provider, checked by the egress rules."""
    default: str | None = None
    """Used when the customer leaves the field empty."""
    optional: bool = False
    """May be left empty."""
    translated: dict[Language, TranslatedWords] = {}
    """Label and help in other languages; English is used for those that are missing."""


class AuthWords(Struct, frozen=True, forbid_unknown_fields=True):
    """How the credential is put into a request: ``value`` names credential fields in braces."""

    header: str
    value: str


class VerifyWords(Struct, frozen=True, forbid_unknown_fields=True):
    """The call that proves a credential, and the expressions over its answer."""

    get: str
    """Path like those of the mappings; ``^/`` starts at the base."""
    expect: str
    """An expression that must be true, else the credential does not fit the connection."""
    identity: str
    """The provider's own id of what was linked (its workspace), as an expression."""
    label: str
    """A name to show for it, as an expression."""


class VersionWords(Struct, frozen=True, forbid_unknown_fields=True):
    """The call that tells which version a server runs, for mappings that depend on it."""

    get: str
    """Path as in ``verify``."""
    read: str
    """Where the version is in the answer, as an expression."""


class ListWords(Struct, frozen=True, forbid_unknown_fields=True):
    """A small list of the provider kept per account for five minutes, to complete references from."""

    get: str
    each: Name | None = None
    """Another small list: this one is read for each of its rows. ``{each().id}`` in the path is the row's, and every
    row found has it as ``parent``."""
    query: dict[str, str] = {}
    items: str = "@"
    more: str | None = None
    """An expression that is true while another page (parameter ``page``) follows; absent: one answer holds all."""


class ErrorWords(Struct, frozen=True, forbid_unknown_fields=True):
    """One rule from a provider's refusal to our code; the first that holds decides."""

    status: int
    code: str
    when: str | None = None
    """An expression over the decoded body (null where it is not JSON); one that fails to evaluate is false."""
    fields: str | None = None
    """An expression that gives ``[{path, detail}]`` of a validation answer."""


class LimitWords(Struct, frozen=True, forbid_unknown_fields=True):
    """A rate limit the provider keeps: so many calls in so many seconds."""

    scope: Literal["token", "account", "host"]
    calls: Annotated[int, Meta(gt=0)]
    per: Annotated[float, Meta(gt=0)]
    path: str | None = None
    """Only calls whose path under the prefix starts so count."""


class LimitHeaders(Struct, frozen=True, forbid_unknown_fields=True):
    """The answer headers that correct a limit, where the provider sends them."""

    limit: str | None = None
    remaining: str | None = None
    reset: str | None = None


class PassthroughWords(Struct, frozen=True, forbid_unknown_fields=True):
    """What ``/proxy`` reaches, as path patterns below the base.

    ``{field}`` is a value of the connection, ``*`` any segment, ``**`` the rest.
    """

    allow: list[str]
    credential_operations: list[str] = []
    """Paths that show or rotate the linked credential: refused for every caller."""


class EnvelopeWords(Struct, frozen=True, forbid_unknown_fields=True):
    """Lists that the passthrough can answer in the envelope: their paths, where the items are, how they go on."""

    get: list[str] = []
    """Path patterns as in ``passthrough``, below the prefix, after ``^`` below the base."""
    post: list[str] = []
    """The same for searches that take a body; the page stands in the query."""
    items: str = "@"
    """Where the items are in the answer, as an expression."""
    id: str = "id"
    """The key of an item that no two share."""
    paging: Literal["whole"] | PagingWords = "whole"
    not_with: list[str] = []
    """Parameters that change the order or the bounds of the pages: refused in the envelope."""


class CallWords(Struct, frozen=True, forbid_unknown_fields=True):
    """A call that reads; in path and values ``{expression}`` is what earlier calls of the check answered."""

    get: str
    """Path like those of the mappings; ``^/`` starts at the base."""
    query: dict[str, str] = {}


class CheckWords(Struct, frozen=True, forbid_unknown_fields=True):
    """How a live account shows whether a fact still holds, by reading alone.

    The expressions are applied to ``{status, type, headers, body, now, times}`` of the answer.
    """

    get: str
    """Path like those of the mappings; ``^/`` starts at the base."""
    expect: str
    """True: as assumed. False: it differs. Null: this account has nothing to tell it by."""
    query: dict[str, str] = {}
    before: dict[Name, CallWords] = {}
    """Calls made first, in this order; their answers are ``steps().<name>``."""
    credential: Literal["own", "wrong"] = "own"
    """``wrong`` sends an invented one, once in a probe."""
    status: int = 200
    """Another status of the answer is a difference."""
    type: str = "application/json"
    """Another media type of the answer is a difference."""
    times: dict[Name, str] = {}
    """Times to look at: each becomes ``{ago, ago_utc}``, seconds before the answer, a naive one read in both zones."""
    seen: str = "[status, type]"
    """What to show; nothing that names people."""


class FactWords(Struct, frozen=True, forbid_unknown_fields=True):
    """An assumption about the provider, with the evidence for it."""

    says: str
    grade: Literal["measured", "documented", "clients", "source", "inferred"]
    check: CheckWords | None = None
    """None where it cannot be seen by reading alone."""


EnumWords = dict[str, dict[str, Any]]
"""Provider word -> what it means in the vocabulary; ``write`` names the word for each category."""


class ProviderWords(Struct, frozen=True, forbid_unknown_fields=True):
    """A whole ``provider.yaml``."""

    name: Name
    label: str
    base: str
    """Where ``/proxy/{path}`` is joined: scheme, host and base path; ``{field}`` is a connection field."""
    auth: AuthWords
    verify: VerifyWords
    passthrough: PassthroughWords
    envelopes: list[EnvelopeWords] = []
    """The lists that ``/proxy`` can answer in the envelope."""
    prefix: str = ""
    """Where a mapping's path is joined, below the base."""
    headers: dict[str, str] = {}
    """Sent with every call unless the caller's own header of that name is relayed."""
    connection: dict[Name, FieldWords] = {}
    credential: dict[Name, FieldWords] = {}
    zone: str = "UTC"
    """The zone of times that name none."""
    zero_is_null: bool = False
    """A time of 0 means no time."""
    claims: str | None = None
    """The credential field that is a JWT (RFC 7519); ``claims()`` are those of its payload, unverified."""
    version: VersionWords | None = None
    """How the server's version is read; absent: there is one version for all."""
    lists: dict[Name, ListWords] = {}
    enums: dict[Name, EnumWords] = {}
    errors: list[ErrorWords] = []
    limits: list[LimitWords] = []
    limit_headers: LimitHeaders = LimitHeaders()
    id_pattern: str | None = None
    """What the ids in calls look like, as a regular expression; any other text is the id of nothing."""
    secret_fields: list[str] = []
    """Keys of the provider's objects that never leave, at any depth, beside the general pattern."""
    media_hosts: list[str] = []
    """Hosts that attachments may be fetched from, as ``*.example.com`` or exact names."""
    facts: dict[str, FactWords] = {}


class ErrorRule(Struct, frozen=True):
    """An ``ErrorWords`` with its expressions compiled."""

    status: int
    code: str
    when: Expression | None
    fields: Expression | None


class Provider(Struct, frozen=True):
    """A provider ready for use: the words, their expressions compiled, the zone opened."""

    name: str
    words: ProviderWords
    zone: ZoneInfo
    errors: tuple[ErrorRule, ...]
    verify_expect: Expression
    verify_identity: Expression
    verify_label: Expression
    lists: dict[str, "SmallListPlan"] = field(default_factory=dict)
    envelopes: "tuple[Envelope, ...]" = ()
    version: Expression | None = None
    """Reads the version out of the answer to its call."""


class Envelope(Struct, frozen=True):
    """One path of an ``EnvelopeWords``: a pattern below the base, with the expressions compiled."""

    method: Literal["GET", "POST"]
    path: str
    items: Expression
    id: str
    paging: Paging
    not_with: tuple[str, ...]

    @property
    def paged(self) -> bool:
        """Whether pages are asked for by a parameter."""
        return self.paging.style != "whole" or self.paging.more is not None


class SmallListPlan(Struct, frozen=True):
    """A ``ListWords`` with its expressions compiled."""

    get: PathTemplate
    each: str | None
    query: dict[str, str]
    items: Expression
    more: Expression | None
