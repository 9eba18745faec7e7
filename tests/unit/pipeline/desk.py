"""A command line on fakes, and every way to make it end."""

import contextlib
import json
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from pipeline.bootstrap.office import Place
from pipeline.cli.app import run
from pipeline.core.actor import Actor
from pipeline.core.approval import ApprovalRule
from pipeline.core.errors import ChildCrashed, ChildRefused, ConfigProblem, TryAgain
from pipeline.core.line import Line
from pipeline.core.stages import StageGraph
from pipeline.engine.line import set_line
from pipeline.ports import CheckResult, Notifier
from pipeline.testing import Bench
from pipeline.testing.deployer import Recipe
from pipeline.workshop import Workshop


class Desk:
    """A command line on a bench; `places` are what the wiring was asked for."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self.bench = Bench()
        self.places = []
        self.error: Exception | None = None
        self.alive = False
        self._capsys = capsys

    @contextlib.contextmanager
    def wiring(self, place: Place, _notifier: Notifier) -> Iterator[Workshop]:
        self.places.append(place)
        if self.error is not None:
            raise self.error
        shop = self.bench.shop()
        if self.alive:
            self.bench.store.dead.clear()
        yield shop

    def __call__(self, *argv: str) -> int:
        code = run(argv, self.wiring)
        self.out, self.err = self._capsys.readouterr()
        return code

    def interrupted(self, *argv: str, after: int) -> None:
        """Run the command, and let a signal arrive when it has recorded so many events."""
        quiet = self.bench.quiet
        quiet.after = len(quiet.records) + after
        self(*argv)
        quiet.after, quiet.signal = None, None

    def document(self, *argv: str) -> dict:
        self.code = self("-o", "json", *argv)
        found = json.loads(self.out)
        assert found["schema_version"] == 3
        return found


# A way to end: makes the desk ready, and gives the command that then ends so.
Way = Callable[[Desk], list[str]]


def green(desk: Desk) -> list[str]:
    desk.bench.commit("first", a="1")
    return ["--stage", "dev"]


def into(stage: str) -> Way:
    return lambda desk: ["--stage", stage, *green(desk)[2:]]


def saying(*argv: str) -> Way:
    return lambda _desk: list(argv)


def raising(error: Exception, *argv: str) -> Way:
    """The wiring itself fails."""

    def way(desk: Desk) -> list[str]:
        desk.error = error
        return list(argv)

    return way


def broken(what: str, error: Exception | None = None) -> Way:
    """Something breaks in the release, or raises this error."""

    def way(desk: Desk) -> list[str]:
        if error is None:
            desk.bench.world.broken.add(what)
        else:
            desk.bench.world.errors[what] = error
        return green(desk)

    return way


def judged(outcome: str) -> Way:
    """The gate's check ends so."""

    def way(desk: Desk) -> list[str]:
        desk.bench.answers["smoke"] = outcome
        return green(desk)

    return way


def signalled(number: int) -> Way:
    def way(desk: Desk) -> list[str]:
        desk.bench.quiet.signal = number
        return green(desk)

    return way


def planned(way: Way) -> Way:
    return lambda desk: ["plan", *way(desk)]


def saying_more(way: Way, *words: str) -> Way:
    return lambda desk: [*way(desk), *words]


def standing(way: Way, *argv: str) -> Way:
    """The same once a first release is verified, or another command then."""

    def after(desk: Desk) -> list[str]:
        desk(*green(desk))
        found = way(desk)
        return list(argv) or found

    return after


def bad_config(desk: Desk) -> list[str]:
    problems = tuple(ConfigProblem("config/a.yaml", n, 5, f"mistake {n}", "try this") for n in range(1, 11))
    desk.bench.world.check = CheckResult(problems, StageGraph(()))
    return ["check"]


def dirty(desk: Desk) -> list[str]:
    desk.bench.revisions.dirty = True
    return green(desk)


def keep_in_prod(desk: Desk) -> list[str]:
    desk("--stage", "staging")
    return ["--stage", "prod", "--keep"]


def unfit(desk: Desk) -> list[str]:
    desk.bench.tools.fit = False
    return ["doctor"]


def locked(desk: Desk) -> list[str]:
    desk.bench.shop().ledger.acquire("dev", "something else", 3600)
    desk.alive = True
    return green(desk)


def held(desk: Desk) -> list[str]:
    desk("hold", "--reason", "freeze")
    return green(desk)


def second_fails_everywhere(desk: Desk) -> list[str]:
    desk.bench.commit("second", a="2")
    desk.bench.answers["smoke in dev"] = "failed"
    return ["--stage", "dev"]


def second_fails(desk: Desk) -> list[str]:
    second = desk.bench.commit("second", a="2")
    desk.bench.answers[f"smoke of {second}"] = "failed"
    return ["--stage", "dev"]


def refused(desk: Desk) -> list[str]:
    release = desk.bench.commit("first")
    desk.bench.world.recipes[release] = Recipe({}, {}, ("the schema cannot go back",))
    return ["--stage", "dev"]


def open_attempt(desk: Desk) -> list[str]:
    argv = green(desk)
    desk.interrupted(*argv, after=3)
    return argv


red, step_fails, unclear = judged("failed"), broken("step a"), judged("skipped")
rollback_fails, returns = standing(second_fails_everywhere), standing(second_fails)
red_ad_hoc = standing(red, "gate", "smoke", "--stage", "dev")
secret_unusable = broken("plan", ChildRefused("a secret cannot be used", next="edit config/stages/dev.yaml"))


def must_soak(desk: Desk, seconds: int) -> None:
    """From now on a release must have stood verified in dev for so long to enter staging."""
    shop = desk.bench.shop()
    before = shop.history().line
    dev, staging, *rest = before.stages
    after = Line((dev, replace(staging, soak_s=seconds), *rest))
    set_line(shop, after, "a test", expected=before)


def must_be_approved(desk: Desk, stage: str, rule: ApprovalRule) -> None:
    """From now on a promotion into this stage needs such approvals."""
    shop = desk.bench.shop()
    before = shop.history().line
    stages = (replace(item, approvals=rule) if item.name == stage else item for item in before.stages)
    set_line(shop, Line(tuple(stages)), "a test", expected=before)


def as_person(desk: Desk, name: str, *argv: str, proved: bool = False) -> int:
    """The command, given by somebody else than who usually does."""
    before, desk.bench.actor = desk.bench.actor, Actor(name, proved)
    try:
        return desk(*argv)
    finally:
        desk.bench.actor = before


def may_override(desk: Desk, *names: str, stage: str = "dev") -> None:
    """From now on these people may override the gates of the stage."""
    shop = desk.bench.shop()
    before = shop.history().line
    rules = (replace(one, overriders=names) if one.name == stage else one for one in before.stages)
    set_line(shop, Line(tuple(rules)), "a test", expected=before)


def too_early(desk: Desk) -> list[str]:
    desk(*green(desk))
    must_soak(desk, 3600)
    return ["--stage", "staging"]


def not_approved(desk: Desk) -> list[str]:
    desk(*green(desk))
    must_be_approved(desk, "staging", ApprovalRule(1))
    return ["--stage", "staging"]


# Every way, and the exit code of it.
WAYS: dict[str, tuple[Way, int]] = {
    "green": (green, 0),
    "unexpected": (raising(RuntimeError("what nobody thought of"), "--stage", "dev"), 1),
    "crashed": (raising(ChildCrashed("the child crashed"), "--stage", "dev"), 1),
    "unplanned": (broken("plan"), 1),
    "without_stage": (saying(), 2),
    "unknown_verb": (saying("splendid"), 2),
    "bad_duration": (saying("--stage", "dev", "--lock-timeout", "soon"), 2),
    "unknown_gate": (standing(green, "gate", "smok", "--stage", "dev"), 2),
    "unknown_stage": (into("nowhere"), 2),
    "unknown_release": (saying("--stage", "dev", "--release", "r9"), 2),
    "bad_config": (bad_config, 2),
    "dirty": (dirty, 2),
    "keep_in_prod": (standing(keep_in_prod), 2),
    "unfit": (unfit, 2),
    "red": (red, 3),
    "red_ad_hoc": (red_ad_hoc, 3),
    "too_early": (too_early, 4),
    "too_early_plan": (planned(too_early), 4),
    "not_approved": (not_approved, 9),
    "not_approved_plan": (planned(not_approved), 9),
    "locked": (locked, 5),
    "held": (held, 6),
    "held_plan": (planned(held), 6),
    "step_fails": (step_fails, 7),
    "rollback_fails": (rollback_fails, 8),
    "not_verified_before": (into("staging"), 9),
    "refused": (refused, 9),
    "refused_plan": (planned(refused), 9),
    "secret_unusable": (secret_unusable, 9),
    "secret_unusable_plan": (planned(secret_unusable), 9),
    "nothing_to_resume": (saying("resume"), 9),
    "open_attempt": (open_attempt, 9),
    "unclear": (unclear, 10),
    "changes": (planned(saying_more(green, "--detailed-exitcode")), 20),
    "busy": (raising(TryAgain("the ledger is busy"), "status"), 75),
    "download_fails": (
        broken("plan", TryAgain("the virtual environment of the release could not be built")), 75
    ),
    "hung_up": (signalled(1), 129),
    "control_c": (signalled(2), 130),
    "terminated": (signalled(15), 143),
}  # fmt: skip
