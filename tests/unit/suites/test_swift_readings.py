from suites.components.swift import objects


def test_an_object_read_back_is_the_one_that_was_stored_and_is_gone_then() -> None:
    assert objects.read_back("ab12 ab12 404\n", 3).holds
    assert objects.read_back("ab12 cd34 404", 3).seen == "stored ab12, read cd34"
    assert objects.read_back("ab12 ab12 there", 3).seen == "the object was deleted and is still there (there)"
    assert objects.read_back("", 3).seen == "the round trip said nothing"
