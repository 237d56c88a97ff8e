"""Who may change what: administrators the directory, everybody the tickets and contacts."""

from collections.abc import Callable, Iterable

from sandbox.http import Response
from sandbox.trengo.answers import Refusal, answer
from sandbox.trengo.call import Call

Operation = Callable[..., Response]
Route = tuple[str, str, Operation]


def forbidden() -> Refusal:
    """403 for what the user's role does not allow."""
    return Refusal(answer({"message": "This action is unauthorized."}, 403))


def for_administrators(routes: Iterable[Route]) -> tuple[Route, ...]:
    """The same routes, closed to everybody else."""
    return tuple((method, path, _checked(operation)) for method, path, operation in routes)


def _checked(operation: Operation) -> Operation:
    def checked(call: Call, *keys: str) -> Response:
        if call.user.role != "administrator":
            raise forbidden()
        return operation(call, *keys)

    return checked
