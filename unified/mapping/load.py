"""From the mappings folder to compiled mappings, with every mistake of every file reported together."""

from pathlib import Path

from proxy.language.document import Document, Mistake, Mistakes, convert, read
from proxy.provider.load import load_provider
from proxy.provider.model import Provider
from unified.mapping.build import build_mapping
from unified.mapping.model import Mappings, ResourceMapping
from unified.mapping.vocabulary import MappingWords
from unified.schemas.resources import RESOURCES, find_resource

PROVIDER_FILE = "provider.yaml"
MODELS = tuple(dict.fromkeys(resource.model for resource in RESOURCES))


def load_mappings(folder: Path) -> Mappings:
    """Every provider below ``folder``; raises Mistakes with the mistakes of all files."""
    mistakes: list[Mistake] = []
    providers: dict[str, Provider] = {}
    resources: dict[tuple[str, str, str], ResourceMapping] = {}
    for file in sorted(folder.glob(f"*/{PROVIDER_FILE}")):
        provider = _provider(file, mistakes)
        if provider is None:
            continue
        providers[provider.name] = provider
        for model in MODELS:
            for path in sorted((file.parent / model).glob("*.yaml")):
                mapping = _mapping(path, model, provider, mistakes)
                if mapping is not None:
                    resources[provider.name, model, mapping.resource.name] = mapping
    if not providers and not mistakes:
        mistakes.append(Mistake(str(folder), 0, "", f"no {PROVIDER_FILE} in any folder below"))
    if mistakes:
        raise Mistakes(sorted(mistakes))
    return Mappings(providers, resources)


def _provider(file: Path, mistakes: list[Mistake]) -> Provider | None:
    document = _read(file, mistakes)
    if document is None:
        return None
    provider, found = load_provider(document)
    mistakes.extend(found)
    if provider is not None and provider.name != file.parent.name:
        mistakes.append(
            Mistake(document.file, document.line(("name",)), "name", f"is not its folder's: {file.parent.name}")
        )
    return provider


def _mapping(path: Path, model: str, provider: Provider, mistakes: list[Mistake]) -> ResourceMapping | None:
    document = _read(path, mistakes)
    if document is None:
        return None
    words, found = convert(document, MappingWords)
    mistakes.extend(found)
    if words is None:
        return None
    resource = find_resource(model, words.resource)
    if resource is None or path.stem != words.resource:
        message = "the file is named after its resource" if resource else f"{model} has no resource of that name"
        mistakes.append(Mistake(document.file, document.line(("resource",)), "resource", message))
        return None
    mapping, found = build_mapping(document, words, resource, provider)
    mistakes.extend(found)
    return mapping


def _read(path: Path, mistakes: list[Mistake]) -> Document | None:
    try:
        return read(path)
    except Mistakes as error:
        mistakes.extend(error.mistakes)
        return None
