"""What a worker takes on where the system gives it little."""

import pytest

from proxy.bounds import MIB, Bounds
from unified.capacity import UNLIMITED, fitting

DEFAULT = Bounds()


@pytest.mark.parametrize(
    ("space", "bodies"),
    [
        (None, 64 * MIB),
        (8192 * MIB, 64 * MIB),
        (832 * MIB, 64 * MIB),
        (512 * MIB, 24 * MIB),
        (336 * MIB, 2 * MIB),
        (324 * MIB, MIB),
        (100 * MIB, MIB),
    ],
)
def test_less_address_space_holds_fewer_bodies_but_always_one(space, bodies):
    assert fitting(DEFAULT, UNLIMITED, space).bodies_bytes == bodies


@pytest.mark.parametrize(("files", "requests"), [(UNLIMITED, 1000), (4064, 1000), (256, 48), (96, 8), (10, 2)])
def test_fewer_files_serve_fewer_requests(files, requests):
    assert fitting(DEFAULT, files, None).requests == requests


def test_what_is_set_lower_stays():
    low = Bounds(requests=1, idle_accounts=1, bodies_bytes=2 * MIB)
    assert fitting(low, UNLIMITED, None) == low
