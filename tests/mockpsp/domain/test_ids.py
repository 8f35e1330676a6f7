"""Public ids: there and back, and nothing but there and back."""

import re

from hypothesis import given
from hypothesis import strategies as st

from mockpsp.domain.text import ids

KEY = ids.key_for(1)
SEQS = st.integers(0, 2**63 - 1)


@given(SEQS, st.sampled_from(["tr_", "iv_", "iv_det_", "tr_op_"]))
def test_an_id_decodes_to_its_number(seq: int, prefix: str) -> None:
    assert ids.decode(KEY, prefix, ids.encode(KEY, prefix, seq)) == seq


def test_an_id_is_a_prefix_and_32_letters() -> None:
    assert re.fullmatch(r"tr_[0-9A-Za-z]{32}", ids.encode(KEY, "tr_", 1))


@given(SEQS, st.integers(3, 34), st.sampled_from("0aZ9"))
def test_a_mistyped_id_decodes_to_nothing(seq: int, place: int, letter: str) -> None:
    text = ids.encode(KEY, "tr_", seq)
    mistyped = text[:place] + letter + text[place + 1 :]

    assert ids.decode(KEY, "tr_", mistyped) == (seq if mistyped == text else None)


@given(st.text(max_size=40))
def test_any_other_text_decodes_to_nothing(text: str) -> None:
    assert ids.decode(KEY, "tr_", text) is None
    assert ids.decode(KEY, "tr_", "tr_" + text) is None


def test_an_id_of_another_universe_or_kind_decodes_to_nothing() -> None:
    text = ids.encode(KEY, "tr_", 7)

    assert ids.decode(ids.key_for(2), "tr_", text) is None
    assert ids.decode(KEY, "iv_", "iv_" + text[3:]) is None


def test_neighbouring_numbers_look_unrelated() -> None:
    first, second = ids.encode(KEY, "tr_", 1)[3:], ids.encode(KEY, "tr_", 2)[3:]

    assert sum(a == b for a, b in zip(first, second, strict=True)) < 6


def test_letters_are_spread_evenly() -> None:
    letters = "".join(ids.encode(KEY, "tr_", seq)[3:] for seq in range(2_000))
    counts = [letters.count(letter) for letter in set(letters)]

    assert len(counts) == 62
    assert max(counts) < 1.2 * len(letters) / 62
    assert min(counts) > 0.8 * len(letters) / 62


def test_the_first_letters_are_spread_too() -> None:
    assert len({ids.encode(KEY, "tr_", seq)[3] for seq in range(2_000)}) == 62
    assert len({ids.encode(KEY, "tr_", seq)[18] for seq in range(2_000)}) == 62
