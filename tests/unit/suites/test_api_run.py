import pytest

from suites.api.run import WORKERS, shares


def test_each_test_is_in_one_share_and_no_class_is_in_two() -> None:
    tests = [f"a.b.{place}.test_{number}" for place in ("C", "CB", "D", "E", "F") for number in range(3)]
    found = shares(tests[::-1])
    assert len(found) == WORKERS
    assert [test for share in found for test in share] == sorted(tests)
    classes = [{test.rpartition(".")[0] for test in share} for share in found]
    assert not classes[0] & classes[1]


def test_shares_are_about_as_large() -> None:
    few = [f"a.b.C.test_{number}" for number in range(4)]
    many = [f"a.b.D.test_{number}" for number in range(5)]
    assert [len(share) for share in shares(few + many)] == [4, 5]


@pytest.mark.parametrize("tests", [["a.b.C.one"], ["a.b.C.one", "a.b.C.other"]])
def test_where_there_is_one_class_there_is_one_share(tests: list[str]) -> None:
    assert shares(tests) == (tuple(tests),)
