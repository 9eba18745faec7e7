"""Queues that have expired and came back: which of them a broker removes, and when."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from stage_sample import content
from stand_in import install

from stages.design.manifest import LIB
from stages.roles.messaging.remnants import NoAnswer, look

# Stands for rabbitmq-erl: what each look finds, and which queues are still remnants when they are removed.
ERL = """
import base64, json, pathlib, re, sys
text = sys.stdin.read()
store = pathlib.Path(__file__).with_name("broker.json")
broker = json.loads(store.read_text())
if encoded := re.search(r'base64:decode\\(<<"(.*?)">>\\)', text):
    name = base64.b64decode(encoded[1]).decode()
    broker["asked"].append(name)
    sys.stdout.write("1 of 3" if name in broker["still"] else "")
else:
    assert "delete" not in text, text
    sys.stdout.write(json.dumps(broker["looks"].pop(0)))
store.write_text(json.dumps(broker))
if broker["fails"]:
    sys.exit("rabbit does not run")
"""


class Broker:
    """A stand-in for the program that asks the broker."""

    def __init__(
        self, folder: Path, *looks: Sequence[str], still: Sequence[str] = (), fails: bool = False
    ) -> None:
        install(folder, "rabbitmq-erl", ERL)
        self.program = str(folder / "rabbitmq-erl")
        self.store = folder / "broker.json"
        told = {"looks": looks, "still": still, "asked": [], "fails": fails}
        self.store.write_text(json.dumps(told))

    @property
    def asked(self) -> list[str]:
        asked: list[str] = json.loads(self.store.read_text())["asked"]
        return asked


def test_what_is_seen_twice_in_a_row_is_removed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broker = Broker(tmp_path, ["reply_1"], ["reply_1", "x_fanout_2"], still=["reply_1"])
    assert look(broker.program, set()) == {"reply_1"}
    assert capsys.readouterr().out == ""
    assert look(broker.program, {"reply_1"}) == {"x_fanout_2"}
    told = "removed queue reply_1, which had expired: 1 of 3 brokers had a member of it\n"
    assert (broker.asked, capsys.readouterr().out) == (["reply_1"], told)


def test_a_queue_that_was_just_being_declared_stays(tmp_path: Path) -> None:
    broker = Broker(tmp_path, [], ["new"])
    assert look(broker.program, {"new"}) == set()
    assert look(broker.program, set()) == {"new"}
    assert broker.asked == []


def test_one_that_is_no_remnant_any_more_when_it_is_removed_is_not_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broker = Broker(tmp_path, ["reply_1"], still=[])
    assert look(broker.program, {"reply_1"}) == set()
    assert (broker.asked, capsys.readouterr().out) == (["reply_1"], "")


def test_a_broker_that_does_not_answer_is_no_empty_look(tmp_path: Path) -> None:
    with pytest.raises(NoAnswer, match="rabbit does not run"):
        look(Broker(tmp_path, [], fails=True).program, set())


def test_every_broker_looks_all_the_time() -> None:
    unit = content("whole-prod", "messaging-1", "/etc/systemd/system/rabbitmq-remnants.service")
    assert "Environment=CALLER=remnants\n" in unit, "a name of its own, always the same"
    assert f"ExecStart={LIB}/rabbitmq-remnants --interval 5 {LIB}/rabbitmq-erl\n" in unit
