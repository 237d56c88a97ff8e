"""Builds one compiled mapping from its words and checks it against schema and provider."""

from proxy.language.document import Document, Mistake
from proxy.provider.model import Provider
from unified.mapping.build_list import ListBuild
from unified.mapping.build_plan import PlanBuild
from unified.mapping.build_record import RecordBuild
from unified.mapping.model import ResourceMapping
from unified.mapping.parts import Parts
from unified.mapping.vocabulary import AttributeWords, MappingWords
from unified.schemas.resources import Resource


def build_mapping(
    document: Document, words: MappingWords, resource: Resource, provider: Provider
) -> tuple[ResourceMapping | None, list[Mistake]]:
    """The compiled mapping, or every mistake in it."""
    parts = Parts(document, provider)
    record, lists = RecordBuild(parts, words, resource), ListBuild(parts, words, resource)
    mapping = ResourceMapping(
        provider=provider,
        resource=resource,
        translate=record.translate(),
        id_parts=tuple(words.id) if words.id else None,
        references=record.references(),
        joins=record.joins(),
        lists=lists.lists(),
        get=lists.get(),
        plans=PlanBuild(parts, words, resource).plans(),
        enums=record.enums(),
        unsupported={
            name: one.unsupported
            for name, one in words.record.items()
            if isinstance(one, AttributeWords) and one.unsupported is not None
        },
    )
    return (None if parts.mistakes else mapping), parts.mistakes
