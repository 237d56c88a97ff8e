"""Whether a call that may be made again is, and what is noted of it for the log line and the metrics."""

from proxy.outbound.breaker import Passage
from proxy.outbound.retry import NOTHING_FAILED, Verdict, no
from proxy.outbound.retry_budget import Share
from proxy.trace import Trace


def granted(verdict: Verdict, passage: Passage, share: Share, trace: Trace) -> Verdict:
    """The verdict, unless the breaker or the retry budget holds the call back."""
    if verdict.retry and passage.closing():
        verdict = no(f"{verdict.reason}, but the provider does not answer others either")
    elif verdict.retry and not (verdict.paced or share.take()):
        trace.retries_withheld += 1
        verdict = no(f"{verdict.reason}, but too many calls are being made again")
    if verdict.reason != NOTHING_FAILED:
        trace.facts["retry"] = verdict.reason
    if verdict.retry:
        trace.retries += 1
        trace.facts["retries"] = trace.retries
    return verdict
