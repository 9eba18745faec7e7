import pytest
from incidents import disagreements

LOGGER = "neutron.plugins.ml2.drivers.ovn.mech_driver.ovsdb.ovn_db_sync"
SYNC = "neutron.cmd.ovn.neutron_ovn_db_sync_util"
# As the services of a lab log it: time, process, level, logger, request.
AT, AT_LATER = "2026-11-29 15:59:45.716 128", "2026-11-29 16:20:01.002 977"
REQUEST = "[None req-f400ddfe-0b0a-435e-9922-222fb550f258 - - - - - -]"
STARTED = f"{AT} INFO {SYNC} [-] Neutron OVN DB sync started\n"
COMPLETED = f"{AT} INFO {SYNC} [-] Neutron OVN DB sync completed\n"
MISSING = "Network found in Neutron but not in OVN NB DB, network_id=6f1c"


def warned(at: str, request: str) -> str:
    return f"{STARTED}{at} WARNING {LOGGER} {request} {MISSING}\n{COMPLETED}"


def test_databases_that_agree_have_no_disagreement() -> None:
    assert disagreements(STARTED + COMPLETED) == frozenset()


def test_a_warning_is_the_same_at_another_time_and_of_another_request() -> None:
    wanted = frozenset({f"WARNING {LOGGER} {MISSING}"})
    assert disagreements(warned(AT, REQUEST)) == wanted
    assert disagreements(warned(AT_LATER, "[-]")) == wanted


@pytest.mark.parametrize("said", ["", STARTED, "Traceback (most recent call last):\nImportError: neutron\n"])
def test_who_did_not_look_to_the_end_proves_nothing(said: str) -> None:
    with pytest.raises(AssertionError, match="did not compare all"):
        disagreements(said)
