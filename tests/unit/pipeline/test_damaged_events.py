"""Whatever stands in the place of an event is read as one, or refused as damaged; never a traceback."""

import json
from contextlib import suppress
from copy import deepcopy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from test_codec import ONE_OF_EACH

from pipeline.core.codec import EVENTS, decode, encode
from pipeline.core.errors import LedgerNotUnderstood

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


def places(value: object, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of every field and item in the value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [found for key, item in inner for found in ((*path, key), *places(item, (*path, key)))]


@given(st.data())
def test_an_event_with_anything_in_one_place_is_read_or_refused(data: st.DataObject) -> None:
    whole = json.loads(json.dumps(encode(data.draw(st.sampled_from(ONE_OF_EACH)))))
    changed = deepcopy(whole)
    *way, last = data.draw(st.sampled_from(places(whole)))
    holder = changed
    for key in way:
        holder = holder[key]
    if data.draw(st.booleans()):
        del holder[last]
    else:
        holder[last] = data.draw(JSON)
    with suppress(LedgerNotUnderstood):
        encode(decode(changed))


@given(
    JSON
    | st.builds(
        lambda name, more: {**more, "event": name, "schema": 1},
        st.sampled_from(sorted(EVENTS)),
        st.dictionaries(st.text(), JSON),
    )
)
def test_any_json_is_read_or_refused(data: object) -> None:
    with suppress(LedgerNotUnderstood):
        encode(decode(data))
