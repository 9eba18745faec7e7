"""May this release enter this stage? Every rule is asked, and each reason is told."""

from collections.abc import Callable

from pipeline.core.advancing import closing_outcome
from pipeline.core.attempt import Attempt
from pipeline.core.history import History
from pipeline.core.kinds import Kind, Outcome
from pipeline.core.policy.approved import still_approved, unapproved
from pipeline.core.policy.decision import Allow, Decision, Deny, Finding, Obstacle, decided
from pipeline.core.policy.frozen import in_freeze, unsaid
from pipeline.core.policy.holds import held
from pipeline.core.policy.line_kept import takes_away
from pipeline.core.policy.open_attempts import opened
from pipeline.core.policy.question import Question
from pipeline.core.policy.rejection import rejected
from pipeline.core.policy.soaked import unsoaked
from pipeline.core.policy.verified_before import unproved
from pipeline.core.proof import proves
from pipeline.core.transitions import Phase

Rule = Callable[[Question], Finding | None]
# In the order of their reasons. Those of an entry hold for a resumption as well; those of a leg are asked
# again where a plan says so.
OF_A_START: tuple[Rule, ...] = (held, in_freeze, unsaid, opened, unapproved)
OF_A_LEG: tuple[Rule, ...] = (held, in_freeze, unsaid)
OF_AN_ENTRY: tuple[Rule, ...] = (rejected, takes_away, unproved, unsoaked)
# Nothing enters a stage in which something is retired.
OF_A_RETIREMENT: tuple[Rule, ...] = (rejected, takes_away)

_WELL = (Outcome.VERIFIED, Outcome.RETIRED)
_FORWARD = (Phase.PLANNING, Phase.BETWEEN, Phase.PERFORMING, Phase.GATING)


def findings(question: Question, rules: tuple[Rule, ...] = OF_A_START + OF_AN_ENTRY) -> tuple[Finding, ...]:
    """What each rule has against it; nothing of rules that have nothing."""
    stranger = _no_such_stage(question)
    if stranger is not None:
        return (stranger,)
    return tuple(found for rule in rules if (found := rule(question)) is not None)


def may_promote(question: Question) -> Decision:
    """Whether the release may enter the stage now."""
    return decided(findings(question), _welcome(question))


def may_go_on(history: History, attempt: Attempt, at: float) -> Decision:
    """Whether an interrupted attempt may be resumed. One that can no longer verify its release always may.

    A promotion needs what it needed to enter: meanwhile its release may have been rejected, or turned down in
    the stage before, and the line may ask for more. So does a retirement, which enters nothing and ends the
    way back. A hold and a freeze stop new ones, and legs that ask policy; approvals need not count any more
    if they did at its start.
    """
    passed = attempt.phase is Phase.CLOSING and closing_outcome(attempt) in _WELL
    forward = passed or attempt.phase in _FORWARD
    if not attempt.kind.by_the_line or not forward:
        return Allow((f"{attempt.id} brings nothing new into {attempt.stage}",))
    question = Question(history, history.releases[attempt.release], attempt.stage, at, attempt.by)
    back = f"promote abort --stage {attempt.stage}"
    found = findings(question, OF_A_RETIREMENT if attempt.kind is Kind.RETIRE else OF_AN_ENTRY)
    if found:
        reasons = tuple(reason for finding in found for reason in finding.reasons)
        return Deny(Obstacle.NOT_VERIFIED_BEFORE, reasons, back)
    if not proves(attempt, question.rules):
        reason = f"this site's line asks more of {attempt.stage} than when {attempt.id} began"
        return Deny(Obstacle.NOT_VERIFIED_BEFORE, (reason,), back)
    if not still_approved(attempt, question.rules):
        reason = f"this site's line asks for approvals that {attempt.id} did not have when it began"
        return Deny(Obstacle.NOT_APPROVED, (reason,), back)
    return Allow((f"{attempt.id} may still go on in {attempt.stage}",))


def _no_such_stage(question: Question) -> Deny | None:
    if question.line.stage(question.stage) is None:
        reason = f"this site's line is {question.line}"
        return Deny(Obstacle.NO_SUCH_STAGE, (reason,), "promote line show")
    own = question.release.stages.names()
    if question.stage in own:
        return None
    reason = f"the config of {question.release.alias} has no stage {question.stage}; it has {', '.join(own)}"
    return Deny(Obstacle.NO_SUCH_STAGE, (reason,), "promote releases")


def _welcome(question: Question) -> Allow:
    rules = question.line.stage(question.stage)
    if rules is None or rules.first:
        return Allow((f"{question.stage} is the first stage, which any pinned release may enter",))
    return Allow((f"{question.release.alias} is verified in {rules.before}",))
