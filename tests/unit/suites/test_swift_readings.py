import pytest

from suites.components.swift import disk, objects
from suites.errors import ReadingFailed


def test_an_object_read_back_is_the_one_that_was_stored_and_is_gone_then() -> None:
    assert objects.read_back("ab12 ab12 404\n", 3).holds
    assert objects.read_back("ab12 cd34 404", 3).seen == "stored ab12, read cd34"
    assert objects.read_back("ab12 ab12 there", 3).seen == "the object was deleted and is still there (there)"
    assert objects.read_back("", 3).seen == "the round trip said nothing"


def test_a_disk_that_is_nearly_full_has_no_room() -> None:
    assert disk.has_room(*disk.parse("  Avail 1B-blocks\n 80 1000\n")).holds
    assert not disk.has_room(40, 1000).holds
    assert not disk.has_room(0, 0).holds


@pytest.mark.parametrize("text", ["", "Avail", "df: no such directory"])
def test_other_output_than_of_df_is_refused(text: str) -> None:
    with pytest.raises(ReadingFailed):
        disk.parse(text)
