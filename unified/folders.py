"""Where the data files are: in the package when installed, else in the checkout."""

from pathlib import Path

import unified
from proxy.settings import Settings

HERE = Path(unified.__file__).parent


def data_folder(name: str) -> Path:
    """A folder of data files: the packaged one if present, else the checkout's."""
    packaged = HERE / "_data" / name
    return packaged if packaged.is_dir() else HERE.parent / name


def mappings_folder(settings: Settings | None = None) -> Path:
    """Where the provider files are; the settings may name another folder."""
    chosen = None if settings is None else settings.mappings_dir
    return Path(chosen) if chosen else data_folder("mappings")
