"""The words of a plan: how one unified write becomes calls of the provider; ``mappings/README.md`` shows each."""

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct, field

from proxy.provider.paging import ExpressionText
from unified.mapping.texts import PathText

StepName = Annotated[str, Meta(pattern="^[a-z][a-z0-9_]*$")]


class LeafWords(Struct, frozen=True, forbid_unknown_fields=True):
    """A value of a provider's body that is more than an expression."""

    from_: ExpressionText = field(name="from")
    """The expression, over the unified body."""
    enum: str | None = None
    """Our plain word is translated to the provider's by this table."""
    send_null: bool = False
    """A null is sent; without this it is left out."""
    given: str | None = None
    """Sent where this attribute is in the body, null included, and nowhere else."""


class NeedWords(Struct, frozen=True, forbid_unknown_fields=True):
    """Something the provider cannot do without: at least one of the expressions must not be null."""

    one_of: list[ExpressionText]
    """Attributes of the body (``contact.id``), or a connection field that stands in for them."""
    detail: str
    """Why, as a sentence for the caller."""


class RefuseWords(Struct, frozen=True, forbid_unknown_fields=True):
    """A change known to be impossible: refused before any call."""

    when: ExpressionText
    path: str
    """The attribute that asks for it, as the caller writes it."""
    detail: str
    """What is possible instead."""


class ProbeWords(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How to find out whether a step that must not be repeated arrived after all: a list that would show its effect.

    It is read before the step too; what matches then was there already.
    """

    get: PathText | None = None
    post: PathText | None = None
    query: dict[str, ExpressionText] = {}
    body: dict[str, Any] | None = None
    items: ExpressionText = "@"
    """Where the rows are in the answer."""
    id: ExpressionText = "id"
    """What tells one row from another."""
    same: dict[ExpressionText, ExpressionText]
    """An expression over a row to the one over the unified body that it must equal."""
    keep: dict[str, ExpressionText] | None = None
    """Values of the row for later steps, in place of the step's own ``keep``; not said: the same expressions."""


class StepWords(Struct, frozen=True, forbid_unknown_fields=True):
    """One call of a plan, or one for each of several elements."""

    step: StepName
    given: str | list[str] | None = None
    """Runs where one of these attributes is in the body, null included; ``tags`` also where ``tags_add`` is."""
    when: ExpressionText | None = None
    """Runs where this counts as true."""
    each: ExpressionText | None = None
    """Runs once for each element of this list, which ``each()`` gives."""
    get: PathText | None = None
    post: PathText | None = None
    put: PathText | None = None
    patch: PathText | None = None
    delete: PathText | None = None
    query: dict[str, ExpressionText] = {}
    body: dict[str, Any] | None = None
    """The JSON body: expressions at the leaves. Null values and empty objects are left out."""
    files: str | None = None
    """Sends files in form fields of this name, and ``body`` as the others: the file of ``each()``, or all."""
    keep: dict[str, ExpressionText] = {}
    """Values of the answer for later steps, ``steps().<step>``; nothing else of an answer is kept."""
    retry: Literal["safe", "never"] | None = None
    """``safe``: may reach the provider twice, its effect is once. Not said: GET, PUT and DELETE are, others never."""
    reads: bool = False
    """A POST that only reads, such as a search: it changes nothing, and a dry run makes it."""
    main: bool = False
    """The caller's ``remote_data`` is added to this step's body."""
    private: ExpressionText | None = None
    """Over the provider's body: true proves that no customer will see what the step sends."""
    probe: ProbeWords | None = None


class PlanWords(Struct, frozen=True, forbid_unknown_fields=True):
    """One unified write."""

    steps: list[StepWords]
    needs: list[NeedWords] = []
    refuse: list[RefuseWords] = []
    id: ExpressionText | dict[str, ExpressionText] | None = None
    """create: the id of the record that was made, or its parts."""
    created: ExpressionText | None = None
    """create: whether the record was made (true), found (false), or null where nobody knows."""
    otherwise: dict[str, ExpressionText] = {}
    """What counts as asked where the body says nothing; a record that differs from it is told of in a warning."""


class CallExampleWords(Struct, frozen=True, forbid_unknown_fields=True):
    """A call of the provider as an example expects it: the method with its filled path, and what is sent."""

    get: str | None = None
    post: str | None = None
    put: str | None = None
    patch: str | None = None
    delete: str | None = None
    query: dict[str, Any] = {}
    body: Any = None
    files: list[str] = []
    """The names of the files that go with the call."""


class PlanExampleWords(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An example of a write: the body of a caller and the provider calls that come of it, or the refusal."""

    resource: str
    says: str
    """The fact that the example shows."""
    method: Literal["create", "update", "delete", "merge"]
    model: str = "ticketing"
    id: str | dict[str, str] | None = None
    """The id of the path, or its parts."""
    body: dict[str, Any] = {}
    """What the caller sends."""
    files: list[str] = []
    """The names of the files that come with it."""
    now: dict[str, Any] | None = None
    """What the record is before, as far as it matters."""
    connection: dict[str, Any] = {}
    lists: dict[str, list[dict[str, Any]]] = {}
    """Rows of the provider's small lists, for references."""
    answers: dict[str, Any] = {}
    """What the provider answers to a step; for one of several calls a list."""
    calls: list[CallExampleWords] = []
    """The calls in their order."""
    made: str | dict[str, Any] | None = None
    """The id of the record that was made, or its parts."""
    created: bool | None = None
    """Whether it was made, where the plan tells."""
    refused: list[str] = []
    """The attributes that make it impossible; no call is made then."""
