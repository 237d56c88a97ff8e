"""The words of a mapping file, as typed fields; ``mappings/README.md`` shows each in use."""

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct, field

from proxy.provider.paging import ExpressionText, PagingWords
from unified.mapping.plan_words import PlanWords
from unified.mapping.texts import PathText


class AttributeWords(Struct, frozen=True, forbid_unknown_fields=True):
    """An attribute that is more than an expression: a value of an enum table, a constant reason, an odd conversion."""

    from_: ExpressionText | None = field(default=None, name="from")
    """The expression whose value is looked up, or converted as ``as`` says."""
    enum: str | None = None
    """The provider's enum table that translates it."""
    unsupported: str | None = None
    """Why the provider cannot say this attribute; the record has null."""
    as_: Literal["said"] | None = field(default=None, name="as")
    """``said``: a list that the provider does not say stays null, where it would be empty."""
    id_of: str | None = None
    """The id of a record of that resource, made of ``parts``."""
    parts: dict[str, ExpressionText] = {}


class FilterWords(Struct, frozen=True, forbid_unknown_fields=True):
    """A narrowing: a provider parameter that returns at least the wanted rows. The record is tested afterwards."""

    query: str | None = None
    """The provider's query parameter; one ending in ``[]`` takes a set."""
    body: bool = False
    """The list's own ``body`` uses it, by ``query()``: the values translated by ``enum``."""
    enum: str | None = None
    """The values are translated to the provider's words by this table."""
    one_by_one: bool = False
    """The parameter takes one value: the list is walked once for each."""
    always: bool = False
    """Without the filter the list is walked for every word of ``enum``: the provider lists nothing without the
    parameter."""
    form: Literal["rfc3339", "naive", "epoch", "digits"] | None = None
    """How the parameter wants its value: a time (``naive``: in the provider's zone, unsaid), a phone's ``digits``."""
    widen: Annotated[str, Meta(pattern=r"^\d+[smhd]$")] | None = None
    """The time is moved outwards by this much, where the provider's own reading of it is not certain."""
    since: Annotated[str, Meta(pattern=r"^\d+(\.\d+)*$")] | None = None
    """The provider's version that knows it; with an earlier or unknown one the filter is a scan."""


FilterEntry = Literal["body", "path", "scan"] | FilterWords
"""``path`` and ``body``: the list's own expressions use it, by ``query()``. ``scan``: tested on the records alone."""


class ListWords(Struct, frozen=True, forbid_unknown_fields=True):
    """One way to list a resource; the first that knows every filter and the sort of a request is used."""

    get: PathText | None = None
    post: PathText | None = None
    enum: str | None = None
    """The rows of one of the provider's enum tables, without a call."""
    items: ExpressionText = "@"
    """Where the rows are in the answer."""
    rows: ExpressionText | None = None
    """Makes records of the parts of each item: the list of them; ``parent()`` is the item."""
    also: list[dict[str, Any]] = []
    """Rows beside the provider's, before them: what it has built in and does not list."""
    paging: Literal["whole"] | PagingWords = "whole"
    query: dict[str, ExpressionText] = {}
    """Parameters sent always."""
    body: dict[str, Any] | None = None
    """The body of a ``post``, expressions at the leaves."""
    filters: dict[str, FilterEntry] = {}
    sort: dict[str, dict[str, str]] = {}
    """The sort's name to the parameters that ask for it; no parameters: the list is in that order anyway."""


class GetWords(Struct, frozen=True, forbid_unknown_fields=True):
    """How one record is read by its id."""

    get: PathText
    item: ExpressionText = "@"
    """Where the object is in the answer; null is 404."""
    rows: ExpressionText | None = None
    """The record is one of the parts of the object: the list of them; ``parent()`` is the object."""
    query: dict[str, ExpressionText] = {}
    needs: ExpressionText | None = None
    """What must not be null before the call; else the operation is unsupported for this account."""


class JoinWords(Struct, frozen=True, forbid_unknown_fields=True):
    """An attribute made of the rows of a small list that belong to the record."""

    in_: str = field(name="in")
    """The provider's small list."""
    on: str
    """The column that holds the record's id, with dots into nested objects."""
    give: str | dict[str, str]
    """What each row gives: a column, or an object of columns."""


class MappingWords(Struct, frozen=True, forbid_unknown_fields=True):
    """A whole mapping file: one resource of one provider."""

    resource: str
    record: dict[str, ExpressionText | AttributeWords]
    """Every attribute of the schema: mapped, or unsupported with the reason."""
    id: dict[str, ExpressionText] | None = None
    """The parts of an id that is made of several; ``id().part`` reads one back."""
    refs: dict[str, dict[str, str]] = {}
    """Attribute (``team``, or ``assignees[]`` for each element) to the list that completes it: ``in``, then columns."""
    joins: dict[str, JoinWords] = {}
    """Attribute to the rows of a small list that make it."""
    lists: ListWords | list[ListWords] | None = field(default=None, name="list")
    get: str | GetWords | None = None
    """A path, or ``find``: the id is looked up in the list."""
    create: PlanWords | None = None
    update: PlanWords | None = None
    delete: PlanWords | PathText | None = None
    """A plan, or the path that one call of DELETE goes to."""
    merge: PlanWords | None = None
    """The record of the path takes in another, ``source``, whose id ends."""


class ExampleWords(Struct, frozen=True, forbid_unknown_fields=True):
    """An example: what the provider gives and the record that comes of it; run by the tests, shown in OpenAPI."""

    resource: str
    says: str
    """The fact that the example shows."""
    given: dict[str, Any]
    """The provider's object."""
    expect: dict[str, Any]
    """The record, or those attributes of it that the example is about."""
    model: str = "ticketing"
    """The model that the resource is of."""
    parent: dict[str, Any] | None = None
    """The object that the given one is a part of."""
    connection: dict[str, Any] = {}
    lists: dict[str, list[dict[str, Any]]] = {}
    """Rows of the provider's small lists, for references."""
