"""A write that ended without a whole answer, in the words of a write."""

from proxy.errors import DeadlineExceeded, OutcomeUnknown, ProviderProblem, ProviderUnreachable


def of_a_write(problem: ProviderProblem) -> ProviderProblem:
    """``OutcomeUnknown`` where the provider may have carried the write out, else the problem itself."""
    members = problem.members
    silent = isinstance(problem, ProviderUnreachable | DeadlineExceeded) and members.get("outcome") == "unknown"
    refused = members["provider_status"] is not None and 400 <= members["provider_status"] < 500  # its body broke off
    if not silent or refused:
        return problem
    return OutcomeUnknown(
        problem.detail,
        provider=members["provider"],
        provider_status=members["provider_status"],
        outcome="unknown",
    )
