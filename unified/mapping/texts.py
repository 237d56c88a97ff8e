"""The texts of a mapping file that are compiled: expressions and paths."""

from typing import Annotated

from msgspec import Meta

PathText = Annotated[
    str,
    Meta(
        pattern=r"^\^?/",
        description="A path below the provider's prefix; {expression} is one encoded segment, ^/ starts at the base.",
    ),
]
