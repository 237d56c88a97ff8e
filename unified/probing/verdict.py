"""What became of each fact: looked at with its check, judged, and worded."""

from typing import Any, Literal

from msgspec import Struct

from proxy.errors import ProviderProblem, ReauthRequired
from proxy.language.expression import Context, EvaluationError
from proxy.provider.account import LinkedAccount
from unified.probing.answers import Answer, Answers, NothingToAsk, ago
from unified.probing.plan import Check, Fact

Word = Literal["ok", "differs", "undecided", "failed", "not checkable"]


class Finding(Struct, frozen=True):
    """A fact and what was seen of it; ``answer`` is the one that was judged."""

    fact: Fact
    verdict: Word
    reason: str = ""
    seen: Any = None
    answer: Answer | None = None


async def find(fact: Fact, answers: Answers, account: LinkedAccount) -> Finding:
    """Looks at one fact; raises ``ReauthRequired`` where the credential is no longer good, which ends the probe."""
    check = fact.check
    if check is None:
        return Finding(fact, "not checkable", "not checkable read-only")
    context = Context(connection=account.connection, steps={})
    try:
        for name, call in check.before.items():
            context.steps[name] = await answers.ask(call, context)
        answer = await answers.ask(check.call, context)
    except NothingToAsk:
        return Finding(fact, "undecided", "this account has nothing to ask about")
    except ReauthRequired:
        raise
    except ProviderProblem as problem:
        return Finding(fact, "failed", f"{problem.code}: {problem.detail}")
    zone = account.provider.zone
    root = {**answer, "times": {name: _time(one, answer, context, zone) for name, one in check.times.items()}}
    return judge(fact, check, root, context)


def judge(fact: Fact, check: Check, root: Answer, context: Context) -> Finding:
    """The verdict over an answer: status and media type first, then what is expected."""
    if (root["status"], root["type"]) != (check.status, check.type):
        reason = f"answered {root['status']} {root['type']}, not {check.status} {check.type}"
        return Finding(fact, "differs", reason, [root["status"], root["type"]], root)
    try:
        expected = check.expect(root, context)
    except EvaluationError as error:
        return Finding(fact, "differs", f"the answer has another shape: {error}", None, root)
    words: dict[Any, Word] = {True: "ok", None: "undecided"}
    verdict = words.get(expected, "differs") if expected is None or isinstance(expected, bool) else "differs"
    reason = "this account has nothing to tell it by" if verdict == "undecided" else ""
    return Finding(fact, verdict, reason, _seen(check, root, context), root)


def _seen(check: Check, root: Answer, context: Context) -> Any:
    try:
        return check.seen(root, context)
    except EvaluationError:
        return None


def _time(expression: Any, answer: Answer, context: Context, zone: Any) -> dict[str, float] | None:
    try:
        return ago(expression(answer, context), answer["now"], zone)
    except EvaluationError:
        return None
