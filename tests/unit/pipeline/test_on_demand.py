"""Values that are loaded when they are asked for; of many, only the latest are remembered."""

import pytest

from pipeline.core.on_demand import OnDemand


def test_a_value_is_loaded_when_it_is_asked_for_and_only_so_many_are_remembered() -> None:
    loaded: list[str] = []

    def load(name: str) -> str:
        loaded.append(name)
        return name.upper()

    values = OnDemand("abcd", load, most=2)

    assert (list(values), len(values), "a" in values, loaded) == (["a", "b", "c", "d"], 4, True, [])
    assert list(values.values()) == ["A", "B", "C", "D"]
    assert [values[name] for name in "cda"] == ["C", "D", "A"]
    assert loaded == ["a", "b", "c", "d", "a"], "c and d were remembered, a was not"
    with pytest.raises(KeyError):
        values["e"]


def test_without_a_limit_each_is_loaded_once() -> None:
    loaded: list[str] = []
    values = OnDemand("abc", lambda name: loaded.append(name) or name)

    assert [*values.values(), *values.values()] == list("abcabc")
    assert loaded == ["a", "b", "c"]
