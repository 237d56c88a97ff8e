"""The files of examples beside the mappings: each a list, of which every entry knows where it stands."""

from pathlib import Path
from typing import TypeVar

from proxy.language.document import Mistake, Mistakes, convert, read
from unified.mapping.model import Mappings

Words = TypeVar("Words")


def example_rows(
    folder: Path, mappings: Mappings, place: str | Path, kind: type[Words]
) -> list[tuple[str, str, int, Words]]:
    """Provider, file, line and words of every example in the providers' folders ``place``.

    Raises Mistakes with those of every file that cannot be read.
    """
    found: list[tuple[str, str, int, Words]] = []
    mistakes: list[Mistake] = []
    for name in mappings.providers:
        for path in sorted((folder / name / place).glob("*.yaml")):
            try:
                document = read(path)
            except Mistakes as error:
                mistakes.extend(error.mistakes)
                continue
            words, wrong = convert(document, list[kind])  # type: ignore[valid-type]
            mistakes.extend(wrong)
            rows: list[Words] = words or []
            found += [(name, document.file, document.line((index,)), one) for index, one in enumerate(rows)]
    if mistakes:
        raise Mistakes(mistakes)
    return found
