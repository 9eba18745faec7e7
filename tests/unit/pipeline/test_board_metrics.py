"""/metrics: figures that are true, in Prometheus' format; alerts and the dashboard ask for no others."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from board_ways import asked, busy
from desk import Desk, green
from forge_ways import told_in_part
from programs import ended

from pipeline.board.handing import Handing
from pipeline.board.metrics import Metric, exposition, hook_metrics, metrics
from pipeline.board.reading import Reader

MONITORING = Path(__file__).parents[3] / "docs" / "monitoring"
ALERTS = yaml.safe_load((MONITORING / "alerts.yml").read_text())["groups"][0]["rules"]
DASHBOARD = json.loads((MONITORING / "dashboard.json").read_text())
PROMETHEUS_OWN = {"up"}


@pytest.fixture
def desk(desk: Desk, tmp_path: Path) -> Desk:
    desk.bench.site = tmp_path
    return desk


def values(desk: Desk) -> dict[str, float]:
    """What /metrics says, by the metric with its labels."""
    answer = asked(desk).get("/metrics")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    lines = [line for line in answer.text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


def asked_for(expression: str) -> set[str]:
    """The names of metrics in a query."""
    bare = re.sub(r"\{[^}]*\}|\[[^]]*\]|(?:by|on) \([^)]*\)", "", expression)
    return set(re.findall(r"\b(?:stagegate_\w+|up)\b", bare))


def queries() -> Iterator[pytest.param]:
    for rule in ALERTS:
        yield pytest.param(rule["expr"], id=rule["alert"])
    for panel in DASHBOARD["panels"]:
        yield from (pytest.param(target["expr"], id=panel["title"]) for target in panel["targets"])


def every_metric(desk: Desk) -> dict[str, Metric]:
    shop = desk.bench.shop()
    reader = Reader(shop)
    found = (*metrics(reader.counted(), reader.now()), *hook_metrics(0, {("code", "0"): 1}, 0))
    return {metric.name: metric for metric in found}


@pytest.mark.parametrize("expression", [*queries()])
def test_what_an_alert_or_a_panel_asks_for_is_served(desk: Desk, expression: str) -> None:
    desk(*told_in_part(desk))
    served, wanted = every_metric(desk), asked_for(expression) - PROMETHEUS_OWN

    assert wanted or asked_for(expression)
    assert wanted <= served.keys()
    assert all(served[name].samples for name in wanted)
    asked_labels = set(re.findall(r'(\w+)=~?"', expression)) - {"job"}
    assert all(asked_labels <= dict(served[name].samples[0][0]).keys() for name in wanted)


def test_each_metric_is_in_the_dashboard_or_in_an_alert(desk: Desk) -> None:
    desk(*green(desk))
    shown = set().union(*(asked_for(case.values[0]) for case in queries()))

    assert shown - PROMETHEUS_OWN == every_metric(desk).keys()


def test_figures_are_those_of_the_site(desk: Desk) -> None:
    busy(desk)
    found = values(desk)

    assert found['stagegate_attempts_total{stage="dev",outcome="failed"}'] == 1
    assert found['stagegate_attempts_total{stage="dev",outcome="rolled_back"}'] == 1
    assert found['stagegate_attempts_total{stage="staging",outcome="verified"}'] == 1
    assert found['stagegate_attempts_total{stage="prod",outcome="rollback_failed"}'] == 0
    assert found['stagegate_stage_info{stage="staging",standing="r1",verified="r1"}'] == 1
    assert found['stagegate_stage_held{stage="staging"}'] == 1
    assert found['stagegate_stage_held{stage="dev"}'] == 0
    assert found['stagegate_stage_releases_waiting{stage="prod"}'] == 1
    assert found["stagegate_ledger_events_total"] == desk.bench.shop().ledger.head().seq


def test_the_age_of_what_is_verified_grows_with_the_clock(desk: Desk) -> None:
    desk(*green(desk))
    before = values(desk)['stagegate_stage_verified_age_seconds{stage="dev"}']
    desk.bench.clock.time += 3600

    assert values(desk)['stagegate_stage_verified_age_seconds{stage="dev"}'] == before + 3600


def test_a_held_lease_and_an_open_attempt_are_told(desk: Desk) -> None:
    desk(*green(desk))
    board = asked(desk)
    desk.bench.shop().ledger.acquire("dev", "p2", 60)
    desk.bench.store.dead.clear()

    assert 'stagegate_stage_locked{stage="dev"} 1.0' in board.get("/metrics").text


def test_what_waits_for_gitlab_is_counted(desk: Desk) -> None:
    desk(*told_in_part(desk))
    waiting = desk.document("status")["outbox"]["waiting"]

    assert values(desk)["stagegate_outbox_waiting"] == len(waiting) > 0


def test_each_attempt_is_counted_once_however_often_figures_are_asked(desk: Desk) -> None:
    desk(*green(desk))
    board = asked(desk)
    first = board.get("/metrics").text
    desk.bench.commit("second", a="2")
    desk("--stage", "dev")
    second, third = board.get("/metrics").text, board.get("/metrics").text

    assert 'outcome="verified"} 1.0' in first
    assert 'stage="dev",outcome="verified"} 2.0' in second
    assert second == third


def test_webhooks_have_figures_of_their_own(desk: Desk) -> None:
    desk(*green(desk))
    handing = Handing(lambda _candidate: 0, lambda: 0.0, lambda _text: None)
    handing.pushed("code")

    found = asked(desk, handing=handing).get("/metrics").text

    assert "stagegate_hook_promotions_waiting 1.0" in found


def test_labels_are_escaped() -> None:
    metric = Metric("a", "gauge", "Help.", [({"b": 'x"y\\z\nw'}, 1.5)])

    assert exposition([metric]).splitlines()[-1] == r'a{b="x\"y\\z\nw"} 1.5'


@pytest.mark.processes
def test_prometheus_takes_the_figures(desk: Desk) -> None:
    busy(desk)

    done = ended("promtool", "check", "metrics", given=asked(desk).get("/metrics").text)

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.processes
def test_prometheus_takes_the_alerts() -> None:
    done = ended("promtool", "check", "rules", "--lint-fatal", MONITORING / "alerts.yml")

    assert done.returncode == 0, done.stderr
    assert f"{len(ALERTS)} rules found" in done.stdout


FIRES = {
    "StagegateDown": ('up{job="stagegate"}', "0x60", ""),
    "StagegateRollbackFailed": (
        'stagegate_attempts_total{stage="dev", outcome="rollback_failed"}', "0x30 1x30", "",
    ),
    "StagegateInterrupted": ('stagegate_stage_interrupted{stage="dev"}', "1x60", ""),
    "StagegateUnverified": ('stagegate_stage_unverified{stage="dev"}', "1x60", "locked"),
    "StagegateGateFailed": ('stagegate_attempts_total{stage="dev", outcome="failed"}', "3x30 4x30", ""),
    "StagegateReleaseOld": ('stagegate_stage_verified_age_seconds{stage="dev"}', "2700000x60", ""),
    "StagegateReleaseWaits": ('stagegate_stage_releases_waiting{stage="dev"}', "1x1500", "held"),
    "StagegateHeld": ('stagegate_stage_held{stage="dev"}', "1x1500", ""),
    "StagegateNotTold": ("stagegate_outbox_waiting", "2x90", ""),
    "StagegatePushFailed": ("stagegate_hook_last_exit_code", "3x60", ""),
}  # fmt: skip


@pytest.mark.processes
def test_each_alert_fires_when_it_should_and_is_quiet_otherwise(tmp_path: Path) -> None:
    assert FIRES.keys() == {rule["alert"] for rule in ALERTS}
    tests = []
    for name, (series, found, silent) in FIRES.items():
        quiet = "1x1500" if name == "StagegateDown" else "0x1500"
        tests += [_case(name, series, found, fires=True), _case(name, series, quiet)]
        if silent:
            tests.append(_case(name, series, found, f'stagegate_stage_{silent}{{stage="dev"}}'))
    path = tmp_path / "cases.yml"
    cases = {"rule_files": [str(MONITORING / "alerts.yml")], "evaluation_interval": "5m", "tests": tests}
    path.write_text(yaml.safe_dump(cases))

    done = ended("promtool", "test", "rules", path)

    assert done.returncode == 0, done.stdout + done.stderr


def _case(name: str, series: str, found: str, also: str = "", *, fires: bool = False) -> dict:
    """One alert on one series, beside another that is 1 all the time; promtool compares names and labels."""
    end = f"{sum(int(part.rpartition('x')[2]) for part in found.split())}m"
    labels = dict(re.findall(r'(\w+)="(\w+)"', series))
    rule = next(rule for rule in ALERTS if rule["alert"] == name)
    notes = {key: _filled(text, labels, found) for key, text in rule["annotations"].items()}
    alert = {"exp_labels": {**labels, **rule["labels"]}, "exp_annotations": notes}
    beside = [{"series": also, "values": "1x1600"}] if also else []
    return {
        "interval": "1m",
        "input_series": [{"series": series, "values": found}, *beside],
        "alert_rule_test": [{"eval_time": end, "alertname": name, "exp_alerts": [alert] if fires else []}],
    }


def _filled(text: str, labels: dict[str, str], found: str) -> str:
    """An annotation with its labels and value filled in, as Prometheus does."""
    for key, value in labels.items():
        text = text.replace(f"{{{{ $labels.{key} }}}}", value)
    return text.replace("{{ $value }}", found.partition("x")[0])
