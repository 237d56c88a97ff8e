"""A value that never prints itself."""

from typing import NoReturn

MASK = "***"


class Secret:
    """A credential in memory: ``repr``, ``str`` and ``format`` give ``***``, pickling and encoding fail.

    ``reveal`` is called where the credential is put into a request and where it is sealed, nowhere else.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The value itself."""
        return self._value

    def __repr__(self) -> str:
        return MASK

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return MASK

    def __eq__(self, other: object) -> bool:
        return self is other

    __hash__ = object.__hash__

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret is not pickled")
