"""Calls that together print every key of every document of `-o json`."""

from collections.abc import Mapping
from dataclasses import replace

from ci_ways import child_of, deployed, deployment_fails, nothing_waits, red_shard, something_waits
from config_ways import begins_config, read_otherwise, renews_schemas
from desk import (
    Desk,
    Way,
    as_person,
    bad_config,
    broken,
    green,
    held,
    into,
    judged,
    locked,
    open_attempt,
    planned,
    red,
    refused,
    returns,
    saying,
    second_fails,
    secret_unusable,
    set_rules,
    standing,
    step_fails,
    too_early,
    unfit,
)
from evidence_ways import GATE, after_two_gates, under_a_gate, with_faults, with_log, with_rollout_log
from forge_ways import notes_refused, told_in_part
from ledger_ways import damaged_ledger, differing_snapshot, exporting, importing
from legs_ways import between_legs, legged, legged_again, legged_irreversible
from plane_ways import ONE, changed_over, nobody_answers, standing_on
from retire_ways import in_a_week, to_retire
from store_ways import in_the_store
from sweep_ways import leaving
from traffic_ways import counted, counted_in_a_run, nobody_counts

from pipeline.core.approval import ApprovalRule, GivenApproval
from pipeline.core.forge_rule import ForgeRule
from pipeline.core.freeze import Freeze
from pipeline.core.identity import Identity
from pipeline.core.stored import Store, Stored
from pipeline.engine.line import set_line
from pipeline.testing import FakeForge

OVERRIDE = ("override", "--stage", "dev", "--release", "r2", "--gate", "smoke", "--reason", "812", "--yes")
INIT_INVENTORY = ("init", "inventory", "--stage", "rack", "--vip", "192.0.2.5", "--key", "/key",
                  "database=192.0.2.24,192.0.2.25:2222")  # fmt: skip


def two_releases(desk: Desk) -> None:
    """Both are verified in dev."""
    desk(*green(desk))
    desk.bench.commit("second", a="2")
    desk("--stage", "dev")


def after_two_releases(*argv: str) -> Way:
    def way(desk: Desk) -> list[str]:
        two_releases(desk)
        return list(argv)

    return way


def interrupted(*argv: str) -> Way:
    def way(desk: Desk) -> list[str]:
        open_attempt(desk)
        return list(argv)

    return way


def after(way: Way, *argv: str) -> Way:
    """The command that comes once the run of another way has ended."""

    def then(desk: Desk) -> list[str]:
        desk(*way(desk))
        return list(argv)

    return then


def red_and_overridden(desk: Desk) -> list[str]:
    """The command that overrides the gate which dev has turned a second release down by."""
    desk(*green(desk))
    set_rules(desk, "dev", overriders=("operator@desk",))
    desk(*second_fails(desk))
    return list(OVERRIDE)


# The same, and the release has then been promoted all the same.
carried = after(red_and_overridden, "--stage", "dev")


def held_and_locked(desk: Desk) -> list[str]:
    locked(desk)
    desk("hold", "--reason", "freeze")
    return ["status"]


def audited(desk: Desk) -> list[str]:
    two_releases(desk)
    desk("--stage", "staging")
    return ["audit", "--stage", "staging"]


def given_on_a_forge(desk: Desk) -> list[str]:
    two_releases(desk)
    set_rules(desk, "staging", forge=ForgeRule(approvals=True))
    desk.bench.forge = FakeForge(given=(GivenApproval("anna", approved=True, comment="fine"),))
    desk("--stage", "staging")
    return ["audit", "--stage", "staging"]


def two_approvals_asked(desk: Desk) -> None:
    """Two releases are verified in dev; the operator must have two others' approval for staging."""
    two_releases(desk)
    set_rules(desk, "staging", approvals=ApprovalRule(2))


def approving(desk: Desk) -> list[str]:
    two_approvals_asked(desk)
    return ["approve", "--stage", "staging", "--release", "r2", "--yes"]


def approved_and_audited(desk: Desk) -> list[str]:
    argv = approving(desk)
    for name in ("anna", "bob"):
        as_person(desk, name, *argv)
    desk("--stage", "staging")
    return ["audit", "--stage", "staging"]


def another_line(desk: Desk) -> list[str]:
    two_releases(desk)
    before = desk.bench.shop().history().line
    frozen = replace(before.stages[0], freezes=(Freeze("fair", "2026-11-28T00:00", 60),))
    proved = Identity("https://gitlab.example", "stagegate")
    after = replace(before, stages=(frozen, *before.stages[1:]), identity=proved)
    set_line(desk.bench.shop(), after, "a test", expected=before)
    desk.bench.world.checks[f"smoke of {desk.bench.revisions.pin.id}"] = ("more",)
    return ["line", "set", "--from", "r2", "--yes"]


def shown_line(desk: Desk) -> list[str]:
    another_line(desk)
    return ["line", "show"]


def lost(*argv: str) -> Way:
    """What stands in dev has lost its data."""

    def way(desk: Desk) -> list[str]:
        desk(*green(desk))
        desk.bench.world.stages["dev"]["a"] = "lost"
        return list(argv)

    return way


def reusing(*argv: str) -> Way:
    """All of smoke in dev is reused by the second attempt."""

    def way(desk: Desk) -> list[str]:
        desk.bench.world.rests = {"thing": ("a",)}
        desk(*green(desk))
        desk("--stage", "dev")
        return list(argv)

    return way


def unneeded_copy(desk: Desk) -> list[str]:
    """A folder that no release has, and the environment that it alone ran in."""
    copy = Stored(Store.COPY, "a" * 64, 2_500_000, 0.0, "e" * 16)
    desk.bench.storage.folders = [copy, Stored(Store.ENVIRONMENT, "e" * 16, 7, 0.0)]
    return ["prune"]


def unfit_stage(desk: Desk) -> list[str]:
    return [*unfit(desk), "--stage", "dev"]


# By the name of the schema: every way leads to a document of it.
DOCUMENTS: Mapping[str, tuple[Way, ...]] = {
    "promote": (
        green,
        red,
        returns,
        step_fails,
        refused,
        secret_unusable,
        judged("retaken"),
        broken("transient plan"),
        reusing("--stage", "dev"),
        legged_irreversible,
    ),
    "to": (after(green, "to", "dev", "--yes"),),
    "pin": (saying("pin"),),
    "prune": (unneeded_copy, saying("prune", "--yes")),
    "store-push": (in_the_store("store", "push"),),
    "store-fetch": (in_the_store("store", "fetch", "r1"),),
    "resume": (interrupted("resume"),),
    "abort": (interrupted("abort"),),
    "rollback": (after_two_releases("rollback", "--stage", "dev"),),
    "gate": (with_faults(*GATE, "--repeat", "2"), standing(red, *GATE), standing(green, *GATE)),
    "flaky": (saying("flaky"), standing(green, "flaky", "--stage", "dev", "--gate", "smoke")),
    "bootstrap": (lost("bootstrap", "--stage", "dev"), lost("bootstrap", "--stage", "dev", "--yes")),
    "redeploy": (
        standing(green, "redeploy", "a", "--stage", "dev"),
        standing(green, "redeploy", "a", "--stage", "dev", "--yes"),
    ),
    "retire": (
        standing(green, "retire", "--stage", "dev"),
        after(to_retire, "retire", "--stage", "dev"),
        after(to_retire, "retire", "--stage", "dev", "--yes"),
        after(in_a_week, "retire", "--stage", "dev", "--if-due"),
    ),
    "ci-again": (nothing_waits, something_waits),
    "ci-child": (child_of,),
    "ci-deploy": (deployed, deployment_fails),
    "ci-shard": (red_shard,),
    "plan": (
        planned(green),
        planned(refused),
        planned(held),
        planned(legged),
        planned(legged_again),
        reusing("plan", "--stage", "dev"),
        standing(green, "plan", "--stage", "dev"),
        standing(green, "plan", "--rollback", "--stage", "dev", "--to", "r1"),
    ),
    "status": (
        saying("status"),
        held_and_locked,
        interrupted("status"),
        after(between_legs, "status"),
        after(carried, "status"),
        after(in_a_week, "status"),
        under_a_gate,
        notes_refused("status"),
        standing_on(ONE),
        changed_over,
        nobody_answers,
    ),
    "watch": (counted, counted_in_a_run, nobody_counts),
    "history": (after(returns, "history"), interrupted("history")),
    "releases": (after_two_releases("releases"),),
    "show": (
        after(standing(second_fails), "show", "p2"),
        interrupted("show", "p1"),
        after(legged_irreversible, "show"),
        reusing("show", "p2"),
        after(carried, "show", "p4"),
        with_log,
        with_rollout_log,
        after_two_gates("show", "p3", "--against", "p2"),
    ),
    "diff": (after_two_releases("diff", "r1", "r2"),),
    "audit": (audited, approved_and_audited, given_on_a_forge),
    "approve": (approving,),
    "why": (after_two_releases("why", "--stage", "staging"), after(too_early, "why", "--stage", "staging")),
    "reject": (after(green, "reject", "r1", "--reason", "it loses rows"),),
    "override": (red_and_overridden, after(red_and_overridden, *OVERRIDE[:-1], "--withdraw")),
    "hold": (saying("hold", "--reason", "freeze"), saying("hold", "--stage", "dev", "--reason", "freeze")),
    "unhold": (after(held, "unhold"),),
    "line-show": (after(green, "line", "show"), shown_line),
    "line-set": (after(green, "line", "set", "--from", "r1"), another_line),
    "check": (saying("check"), read_otherwise),
    "sweep": (
        leaving("server", None, "sweep", "--stage", "dev", "--yes"),
        leaving("network", "answered 409", "sweep", "--stage", "dev"),
    ),
    "scale": (
        saying("scale", "--stage", "staging", "thing=3"),
        saying("scale", "--stage", "staging", "thing=1"),
    ),
    "init-config": (begins_config, renews_schemas),
    "init-inventory": (saying(*INIT_INVENTORY), after(unfit, *INIT_INVENTORY)),
    "doctor": (saying("doctor"), unfit_stage),
    "ledger-verify": (saying("ledger", "verify"), damaged_ledger, differing_snapshot),
    "ledger-export": (exporting,),
    "ledger-import": (importing,),
    "ledger-migrate": (saying("ledger", "migrate"),),
    "lab-status": (saying("lab", "status"),),
    "lab-down": (saying("lab", "down"),),
    "lab-list": (saying("lab", "list"),),
    "lab-clean": (saying("lab", "clean", "--all"), saying("lab", "clean", "3fa2b1", "--yes")),
    "deliver": (told_in_part, notes_refused("deliver", "--drop")),
    "error": (bad_config, too_early, into("staging"), saying("splendid"), saying("show", "p9")),
}
