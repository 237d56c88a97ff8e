"""What a provider can do, told from its files: capabilities of an account, and the parameters of a method."""

from collections.abc import Iterator, Mapping
from typing import Any

from proxy.bounds import Bounds
from proxy.errors import NotFound
from proxy.provider.model import Provider
from unified.mapping.model import Mappings, ResourceMapping
from unified.writable import write_capability, write_meta

READS = ("list", "get")


def capabilities_of(provider: Provider, mappings: Mappings, version: str | None = None) -> dict[str, Any]:
    """Every resource that the provider has at a version of it, with its methods, and the passthrough's reach."""
    known = {} if provider.words.version is None else {"version": version}
    return {
        "integration": {"name": provider.name, "label": provider.words.label, **known},
        "proxy": {"base": "/proxy", "allow": provider.words.passthrough.allow},
        "unified": [
            {
                "model": model,
                "resource": name,
                "description": mapping.resource.description,
                "methods": mapping.methods,
                "filters": mapping.filters,
                "sorts": mapping.sorts,
                "unsupported": dict(mapping.unsupported),
                "writes": {method: write_capability(mapping, method) for method in mapping.plans},
            }
            for (model, name), mapping in _at(provider, mappings, version)
        ],
    }


def _at(
    provider: Provider, mappings: Mappings, version: str | None
) -> Iterator[tuple[tuple[str, str], ResourceMapping]]:
    for (of, model, name), mapping in sorted(mappings.resources.items()):
        if of == provider.name:
            yield (model, name), mapping.at(version)


def meta_of(
    mapping: ResourceMapping, method: str, bounds: Bounds, connection: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """What a method takes and answers; raises NotFound for one that the provider does not have.

    ``connection`` is the account's, which may stand in for what a write needs.
    """
    if method not in mapping.methods:
        raise NotFound(f"{mapping.provider.words.label} has no {method} for {mapping.resource.name}")
    named = {"model": mapping.resource.model, "resource": mapping.resource.name, "method": method}
    if method in mapping.plans:
        return named | write_meta(mapping, method, connection or {})
    told: dict[str, Any] = {
        **named,
        "attributes": {
            name: {"supported": name not in mapping.unsupported, "reason": mapping.unsupported.get(name)}
            for name in mapping.resource.attributes
        },
        "select": list(mapping.resource.attributes),
    }
    if method == "list":
        told |= _list_meta(mapping, bounds)
    return told


def _list_meta(mapping: ResourceMapping, bounds: Bounds) -> dict[str, Any]:
    known = {one.name: one for one in mapping.resource.filters}
    return {
        "limit": {"default": bounds.limit_default, "max": bounds.limit_max},
        "filters": [
            {
                "name": name,
                "description": known[name].description,
                "required": known[name].required,
                "set": known[name].many,
                "how": HOW[place],
            }
            for name, place in mapping.filters.items()
        ],
        "sorts": mapping.sorts,
        "combinations": [
            {"filters": sorted(plan.filters), "sorts": [*plan.sorts, *plan.local_sorts]} for plan in mapping.lists
        ],
    }


HOW = {"query": "narrowed", "body": "narrowed", "path": "narrowed", "scan": "scan", "local": "local"}
"""``narrowed``: the provider is asked for at least the wanted rows. ``scan``: pages are read and tested, ten a request.
``local``: the whole list is read and tested."""
