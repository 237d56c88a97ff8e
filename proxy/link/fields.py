"""The fields of a provider as the form shows them: pure."""

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from proxy.link.sentences import Failure
from proxy.provider.model import FieldWords, ProviderWords


class Shown(Struct, frozen=True):
    """One field: its words in the customer's language, what stands in it, what is wrong with it."""

    path: str
    label: str
    help: str
    placeholder: str
    value: str
    secret: bool
    optional: bool
    numeric: bool
    address: bool
    locked: bool
    wrong: bool
    mistake: str
    """The key of the sentence beside it, or nothing."""

    @property
    def id(self) -> str:
        """For labels to point to."""
        return self.path.replace(".", "-")


def shown_fields(
    words: ProviderWords, lang: str, locked: Mapping[str, Any], values: Mapping[str, str], failure: Failure | None
) -> list[Shown]:
    """The connection fields, then the credential; what the operator set cannot be changed."""
    return list(_shown(words, lang, locked, values, failure))


def _shown(
    words: ProviderWords, lang: str, locked: Mapping[str, Any], values: Mapping[str, str], failure: Failure | None
) -> Iterator[Shown]:
    marks = failure.fields if failure else {}
    for part, fields in (("context", words.connection), ("credentials", words.credential)):
        secret = part == "credentials"
        for name, field in fields.items():
            path, set_before = f"{part}.{name}", not secret and name in locked
            value = str(locked[name]) if set_before else values.get(path, field.default or "")
            label, explained, placeholder = _translated(field, lang)
            yield Shown(
                path=path,
                label=label,
                help=explained,
                placeholder=placeholder,
                value="" if secret else value,
                secret=secret,
                optional=field.optional,
                numeric=field.type == "integer",
                address=field.type == "origin",
                locked=set_before,
                wrong=path in marks and not set_before,
                mistake=marks.get(path, ""),
            )


def _translated(field: FieldWords, lang: str) -> tuple[str, str, str]:
    """Label, help and placeholder in a language, in English where there is none."""
    for code, words in field.translated.items():
        if code == lang:
            return words.label, words.help, words.placeholder or field.placeholder
    return field.label, field.help, field.placeholder
