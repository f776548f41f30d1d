"""Where two sequences differ is what the library says, also where it is not asked for all of them."""

from __future__ import annotations

from difflib import SequenceMatcher

from hypothesis import example, given, settings
from hypothesis import strategies as st

from ems_control.ground.alike import opcodes

few = st.lists(st.sampled_from("abcdx"), max_size=6)


@settings(max_examples=500)
@given(few, few, few, few)
@example(list("ab"), [], list("ab"), [])
@example(list("ab"), list("x"), list("abc"), list("abc"))
@example(list("x"), list("dd"), list("d"), list("dd"))
def test_what_is_found_is_what_the_library_finds(
    first: list[str], old: list[str], new: list[str], last: list[str]
) -> None:
    for one, other in (([*first, *old, *last], [*first, *new, *last]), (old, new)):
        assert list(opcodes(one, other)) == SequenceMatcher(None, one, other, autojunk=False).get_opcodes()
