"""The sentences of the link page, one file for each language under ``words/``, and which language a browser gets."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from re import compile as pattern

from proxy.language.document import Mistake, Mistakes, convert, read

FOLDER = Path(__file__).parent / "words"
ENGLISH = "en"
_PLACE = pattern(r"\{(\w+)\}")
_RANGE = pattern(r"\s*([A-Za-z]{1,8})(?:-[A-Za-z0-9-]{1,32})?\s*(?:;\s*q=([01](?:\.[0-9]{0,3})?)\s*)?\Z")
MOST_RANGES = 20


class Words:
    """The sentences by language and key; every language has every key, with the same places to fill."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._texts = {file.stem: _texts(file) for file in sorted(folder.glob("*.yaml"))}
        mistakes = [one for lang, texts in self._texts.items() for one in _differences(lang, self._texts, texts)]
        if mistakes:
            raise Mistakes(mistakes)

    @property
    def languages(self) -> Mapping[str, str]:
        """Each language by its code, in its own words."""
        return {lang: texts["language"] for lang, texts in self._texts.items()}

    @property
    def known(self) -> frozenset[str]:
        """Every key."""
        return frozenset(self._texts[ENGLISH])

    def say(self, lang: str, key: str, **values: object) -> str:
        """A sentence with its places filled; plain text, for the template to escape."""
        return _PLACE.sub(lambda found: str(values[found[1]]), self._texts[lang][key])

    def choose(self, asked: Sequence[str | None], accept_language: str | None) -> str:
        """The first language asked for that there is, else the browser's best (RFC 9110, 12.5.4), else English."""
        for lang in asked:
            if lang in self._texts:
                return str(lang)
        ranges = [_RANGE.match(one) for one in (accept_language or "").split(",")[:MOST_RANGES]]
        weighed = [(float(found[2] or 1), found[1].lower()) for found in ranges if found]
        fitting = [(weight, lang) for weight, lang in weighed if lang in self._texts and weight > 0]
        return max(fitting, key=lambda one: one[0])[1] if fitting else ENGLISH


def _texts(file: Path) -> dict[str, str]:
    texts, mistakes = convert(read(file), dict[str, str])
    if texts is None:
        raise Mistakes(mistakes)
    return texts


def _differences(lang: str, all_texts: Mapping[str, dict[str, str]], texts: dict[str, str]) -> list[Mistake]:
    """How a language differs from English in its keys or places."""
    english = all_texts[ENGLISH]
    keys = sorted(set(english) ^ set(texts))
    wrong = [(key, "is in one language only") for key in keys]
    wrong += [
        (key, "has other places to fill than in English")
        for key in sorted(set(english) & set(texts))
        if set(_PLACE.findall(english[key])) != set(_PLACE.findall(texts[key]))
    ]
    return [Mistake(f"{lang}.yaml", 0, key, message) for key, message in wrong]
