"""What a failed step says about its effect: pure."""

from proxy.errors import CallerProblem, Overloaded, Problem, RateLimited, ReauthRequired

BEFORE_SENDING = (CallerProblem, Overloaded, RateLimited, ReauthRequired)
"""Raised before a byte leaves, or where the provider refuses whoever asks."""
REQUEST_TIMEOUT = 408


def had_no_effect(problem: Problem) -> bool:
    """Whether a step that ended so is known not to have been carried out.

    A refusal (4xx) was not acted on. An error of the provider's own (5xx), an answer that cannot be used and silence
    tell nothing, and neither does any answer to a call that was made again: the attempt before may have arrived.
    """
    if problem.members.get("outcome") == "unknown":
        return False
    if isinstance(problem, BEFORE_SENDING) or problem.members.get("outcome") == "not_sent":
        return True
    status = problem.members.get("provider_status")
    return isinstance(status, int) and 400 <= status < 500 and status != REQUEST_TIMEOUT
