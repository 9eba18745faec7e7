"""What the board remembers of logins: for a while, and not of everybody who ever asked."""

from pipeline.board.sessions import MOST, Remembered


def test_nothing_is_remembered_for_longer_than_it_lasts() -> None:
    now = 0.0
    kept = Remembered[str](lambda: now, 10.0)
    key = kept.keep("ann")

    assert (kept.find(key), kept.find("another"), kept.find("")) == ("ann", None, None)
    now = 10.0
    assert kept.find(key) is None
    assert kept.take(key) is None


def test_of_too_many_begun_logins_the_oldest_is_forgotten() -> None:
    kept = Remembered[int](lambda: 0.0, 1.0)
    keys = [kept.keep(number) for number in range(MOST + 1)]

    assert [kept.find(keys[number]) for number in (0, 1, MOST)] == [None, 1, MOST]
    assert kept.take(keys[1]) == 1
    assert kept.take(keys[1]) is None
