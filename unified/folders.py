"""Where files are: the data in the package when installed, else in the checkout; the metrics in one of the system's."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import unified
from proxy.settings import Settings

HERE = Path(unified.__file__).parent
METRICS_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""The variable by which ``prometheus_client`` is told its folder; it is read when that is imported."""


def data_folder(name: str) -> Path:
    """A folder of data files: the packaged one if present, else the checkout's."""
    packaged = HERE / "_data" / name
    return packaged if packaged.is_dir() else HERE.parent / name


def mappings_folder(settings: Settings | None = None) -> Path:
    """Where the provider files are; the settings may name another folder."""
    chosen = None if settings is None else settings.mappings_dir
    return Path(chosen) if chosen else data_folder("mappings")


@contextmanager
def shared_metrics_folder() -> Iterator[None]:
    """Where several workers keep their metrics, for as long as the server runs; entered before they start."""
    with TemporaryDirectory(prefix="interline-metrics-") as folder:
        os.environ[METRICS_FOLDER] = folder
        yield
