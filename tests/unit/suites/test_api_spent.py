from suites.api.session import Spent
from suites.api.stream import Ended, Status, Stream


def test_the_tests_own_time_stands_beside_what_it_took_to_have_them_said() -> None:
    ended = (
        Ended("t.C", "setUpClass", Status.SKIPPED, "", 90.0),
        Ended("t.D.a", "", Status.PASSED, "", 4.0),
        Ended("t.D.b", "", Status.FAILED, "", 2.25),
        Ended("t.D.c", "", Status.BEGUN, "", 7.0),
    )
    assert Spent(whole=31.0, running=20.5, workers=2).line(Stream(ended)) == (
        "tempest: 2 tests in 6.2 s of their own, on 2 workers; the gate 31.0 s, of which the workers 20.5 s"
    )
