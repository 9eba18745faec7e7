"""A command line on fakes, and every way to make it end."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING

from pipeline.cli.app import run
from pipeline.core.errors import ChildCrashed, ChildRefused, ConfigProblem, TryAgain
from pipeline.core.stages import StageGraph
from pipeline.ports import CheckResult
from pipeline.testing import Bench
from pipeline.testing.deployer import Recipe

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

    from pipeline.bootstrap import Place
    from pipeline.ports import Notifier
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

    def document(self, *argv: str) -> dict:
        self.code = self(*argv, "-o", "json")
        found = json.loads(self.out)
        assert found["schema_version"] == 2
        return found


def green(desk: Desk) -> list[str]:
    desk.bench.commit("first", a="1")
    return ["--stage", "dev"]


def unexpected(desk: Desk) -> list[str]:
    desk.error = RuntimeError("what nobody thought of")
    return ["--stage", "dev"]


def crashed(desk: Desk) -> list[str]:
    desk.error = ChildCrashed("the child crashed")
    return ["--stage", "dev"]


def unplanned(desk: Desk) -> list[str]:
    desk.bench.world.broken.add("plan")
    return green(desk)


def secret_unusable(desk: Desk) -> list[str]:
    desk.bench.world.errors["plan"] = ChildRefused(
        "a secret cannot be used", next="edit config/stages/dev.yaml"
    )
    return green(desk)


def secret_unusable_plan(desk: Desk) -> list[str]:
    return ["plan", *secret_unusable(desk)]


def download_fails(desk: Desk) -> list[str]:
    desk.bench.world.errors["plan"] = TryAgain("the virtual environment of the release could not be built")
    return green(desk)


def without_stage(_desk: Desk) -> list[str]:
    return []


def unknown_verb(_desk: Desk) -> list[str]:
    return ["splendid"]


def bad_duration(_desk: Desk) -> list[str]:
    return ["--stage", "dev", "--lock-timeout", "soon"]


def unknown_stage(desk: Desk) -> list[str]:
    green(desk)
    return ["--stage", "nowhere"]


def unknown_release(_desk: Desk) -> list[str]:
    return ["--stage", "dev", "--release", "r9"]


def bad_config(desk: Desk) -> list[str]:
    problems = tuple(ConfigProblem("config/a.yaml", n, 5, f"mistake {n}", "try this") for n in range(1, 11))
    desk.bench.world.check = CheckResult(problems, StageGraph(()))
    return ["check"]


def dirty(desk: Desk) -> list[str]:
    desk.bench.revisions.dirty = True
    return green(desk)


def keep_in_prod(desk: Desk) -> list[str]:
    green(desk)
    for stage in ("dev", "staging"):
        desk("--stage", stage)
    return ["--stage", "prod", "--keep"]


def unfit(desk: Desk) -> list[str]:
    desk.bench.tools.fit = False
    return ["doctor"]


def red(desk: Desk) -> list[str]:
    desk.bench.answers["smoke"] = "failed"
    return green(desk)


def red_ad_hoc(desk: Desk) -> list[str]:
    desk(*green(desk))
    desk.bench.answers["smoke"] = "failed"
    return ["gate", "smoke", "--stage", "dev"]


def unknown_gate(desk: Desk) -> list[str]:
    desk(*green(desk))
    return ["gate", "smok", "--stage", "dev"]


def locked(desk: Desk) -> list[str]:
    desk.bench.shop().ledger.acquire("dev", "something else", 3600)
    desk.alive = True
    return green(desk)


def held(desk: Desk) -> list[str]:
    desk("hold", "--reason", "freeze")
    return green(desk)


def held_plan(desk: Desk) -> list[str]:
    green(desk)
    desk("hold", "--stage", "dev", "--reason", "freeze")
    return ["plan", "--stage", "dev"]


def step_fails(desk: Desk) -> list[str]:
    desk.bench.world.broken.add("step a")
    return green(desk)


def rollback_fails(desk: Desk) -> list[str]:
    desk(*green(desk))
    desk.bench.commit("second", a="2")
    desk.bench.answers["smoke in dev"] = "failed"
    return ["--stage", "dev"]


def returns(desk: Desk) -> list[str]:
    desk(*green(desk))
    second = desk.bench.commit("second", a="2")
    desk.bench.answers[f"smoke of {second}"] = "failed"
    return ["--stage", "dev"]


def not_verified_before(desk: Desk) -> list[str]:
    green(desk)
    return ["--stage", "staging"]


def refused(desk: Desk) -> list[str]:
    release = desk.bench.commit("first")
    desk.bench.world.recipes[release] = Recipe({}, {}, ("the schema cannot go back",))
    return ["--stage", "dev"]


def refused_plan(desk: Desk) -> list[str]:
    return ["plan", *refused(desk)]


def nothing_to_resume(_desk: Desk) -> list[str]:
    return ["resume"]


def open_attempt(desk: Desk) -> list[str]:
    desk.bench.quiet.after = 3
    argv = green(desk)
    desk(*argv)
    desk.bench.quiet.after, desk.bench.quiet.signal = None, None
    return argv


def unclear(desk: Desk) -> list[str]:
    desk.bench.answers["smoke"] = "skipped"
    return green(desk)


def busy(desk: Desk) -> list[str]:
    desk.error = TryAgain("the ledger is busy")
    return ["status"]


def control_c(desk: Desk) -> list[str]:
    desk.bench.quiet.signal = 2
    return green(desk)


def hung_up(desk: Desk) -> list[str]:
    desk.bench.quiet.signal = 1
    return green(desk)


def terminated(desk: Desk) -> list[str]:
    desk.bench.quiet.signal = 15
    return green(desk)
