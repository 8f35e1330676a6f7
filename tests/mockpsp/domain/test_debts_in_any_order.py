"""Late facts come in any order, and what is owed to a customer is the same after all of them.

Each flow is what was asked for, which is done in order, and what comes of it later, in every order that the rules
allow. Orders that come to the same facts come to the same books. To add a flow: a row of `FLOWS`; words are in `WORDS`.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import permutations

import pytest

from mockpsp.domain.commands import (
    Authorize,
    Capture,
    FailCapture,
    FailPayment,
    FailRefund,
    LoseChargeback,
    OpenChargeback,
    Refund,
    ReleaseDebt,
    RestoreCapture,
    SettleCapture,
    SettleRefund,
    WinChargeback,
)
from mockpsp.domain.payments import debts
from mockpsp.domain.payments.facts import Kind
from mockpsp.domain.psps.profiles import PspProfile, RefundOutcome
from mockpsp.domain.text.codes import Refused
from tests.mockpsp.domain.payments import SOURCE, Story

OWED = "liabilities:customers"
#: Of these the amount is what is left by then, and no fact of its own.
_SHIFTS = frozenset({Kind.CAPTURE_SETTLED})


def _captures(story: Story, *amounts: str) -> None:
    story.does(Authorize(SOURCE, "psp"))
    for amount in amounts:
        story.does(Capture(SOURCE, "psp", int(amount) * 100))


def _fail_refund(story: Story, number: str) -> None:
    story.does(FailRefund(sorted(story.refunds)[int(number) - 1]))


def _settle_refund(story: Story, number: str) -> None:
    story.does(SettleRefund(sorted(story.refunds)[int(number) - 1]))


def _fail_capture(story: Story, number: str) -> None:
    story.does(FailCapture(story.payment.captures[int(number) - 1].seq))


def _restore_capture(story: Story, number: str) -> None:
    story.does(RestoreCapture(story.payment.captures[int(number) - 1].seq))


def _dispute(story: Story, amount: str = "") -> None:
    story.does(OpenChargeback(int(amount) * 100 if amount else None, is_by_hand=True, is_new=True))


def _lose(story: Story, number: str) -> None:
    story.does(LoseChargeback(story.payment.disputes[int(number) - 1].opened_seq))


def _win(story: Story, number: str, amount: str = "") -> None:
    opened_seq = story.payment.disputes[int(number) - 1].opened_seq
    story.does(WinChargeback(opened_seq, int(amount) * 100 if amount else None, is_by_hand=True))


WORDS: dict[str, Callable[..., object]] = {
    "captures": _captures,
    "refund": lambda story, amount: story.does(Refund(int(amount) * 100)),
    "arrives": _settle_refund,
    "bounces": _fail_refund,
    "fails": _fail_capture,
    "succeeds": _restore_capture,
    "settles": lambda story: story.does(SettleCapture()),
    "dispute": _dispute,
    "lose": _lose,
    "win": _win,
    "release": lambda story: story.does(ReleaseDebt()),
    "comes back": lambda story: story.does(FailPayment()),
}

#: Asked for -> what comes of it later -> what is owed in the end, where all orders come to the same facts.
FLOWS: tuple[tuple[str, str, int | None], ...] = (
    ("captures 100; refund 40", "fails 1; bounces 1", 0),
    ("captures 100; refund 40", "fails 1; bounces 1; succeeds 1", 40_00),
    ("captures 100; refund 40", "fails 1; bounces 1; succeeds 1; settles", 40_00),
    ("captures 100; refund 40", "comes back; bounces 1", 0),
    ("captures 100; refund 40; refund 30", "bounces 1; bounces 2; fails 1", 0),
    ("captures 100; refund 40; refund 30", "bounces 1; bounces 2; fails 1; succeeds 1", 70_00),
    ("captures 60 40; refund 50", "bounces 1; fails 1; fails 2", 0),
    ("captures 60 40; refund 50", "bounces 1; fails 2", 50_00),
    ("captures 60 40; refund 80", "bounces 1; fails 1", 20_00),
    ("captures 60 40; refund 80", "bounces 1; fails 2", 60_00),
    ("captures 60 40; refund 80", "bounces 1; fails 1; fails 2; succeeds 2", 20_00),
    ("captures 60 40; refund 80", "bounces 1; fails 1; succeeds 1; fails 2; succeeds 2", 80_00),
    ("captures 60 40; refund 30; refund 60", "bounces 1; bounces 2; fails 1; settles; settles", 30_00),
    # Made again, the debt is paid with it; whatever becomes of the capture meanwhile.
    ("captures 100; refund 40; bounces 1; refund 40", "fails 1; succeeds 1", 0),
    ("captures 100; refund 40; bounces 1; refund 25", "fails 1; succeeds 1; bounces 2", 40_00),
    ("captures 100; refund 40; bounces 1; refund 60", "fails 1; bounces 2; succeeds 1", 60_00),
    ("captures 60 40; refund 80; bounces 1; refund 70", "fails 1; fails 2; succeeds 1", 0),
    ("captures 60 40; refund 80; bounces 1; refund 70", "fails 1; fails 2; succeeds 2; bounces 2", 20_00),
    # A dispute of the rest is not about what had been refunded, whenever that comes back.
    ("captures 100; refund 40; dispute", "bounces 1; lose 1", 40_00),
    ("captures 100; refund 40; dispute", "bounces 1; lose 1; win 1", 40_00),
    ("captures 100; refund 40; dispute 100", "bounces 1; lose 1", 0),
    ("captures 100; refund 40; dispute 100", "bounces 1; lose 1; win 1 50", None),
    ("captures 100; refund 40; dispute 80", "bounces 1; lose 1", 20_00),
    ("captures 60 40; refund 80; dispute 90", "bounces 1; lose 1", 10_00),
    ("captures 100; refund 20; refund 30; dispute 60", "bounces 1; bounces 2; lose 1; win 1", 50_00),
    ("captures 100; refund 20; refund 30; dispute 60; dispute 40", "bounces 1; lose 1; bounces 2; lose 2", 0),
    # One of a customer who waits for the refund is about that first.
    ("captures 100; refund 40; bounces 1; dispute 30", "lose 1", 10_00),
    ("captures 100; refund 40; bounces 1; dispute 30; dispute 20", "lose 1; lose 2", 0),
    ("captures 100; refund 40; bounces 1; dispute 30; dispute 20", "lose 1; win 1; lose 2", 20_00),
    ("captures 100; refund 40; bounces 1; dispute; refund 40", "win 1", 0),
    ("captures 100; refund 40; refund 30; bounces 1; dispute 50", "bounces 2; lose 1", 30_00),
    ("captures 100; refund 40; bounces 1; dispute 30; lose 1", "win 1; fails 1; succeeds 1", 40_00),
    ("captures 60 40; refund 80; bounces 1; dispute; lose 1; win 1", "fails 1; fails 2; succeeds 2", 20_00),
    ("captures 100; refund 40; bounces 1; release", "fails 1; succeeds 1; settles", 0),
    ("captures 100; refund 40; refund 30; bounces 1; release", "fails 1; bounces 2; succeeds 1", 30_00),
    ("captures 100; refund 40; bounces 1; dispute 30", "lose 1; release", None),
    ("captures 60 40; refund 80; bounces 1", "release; fails 1; succeeds 1", None),
)
#: The same where refunds take their time.
LATER: tuple[tuple[str, str, int | None], ...] = (
    ("captures 100; refund 40; refund 30", "arrives 1; bounces 1; arrives 2", 40_00),
    ("captures 100; refund 40; arrives 1; refund 30", "bounces 1; arrives 2; fails 1; succeeds 1", 40_00),
    ("captures 100; refund 40; arrives 1; bounces 1; refund 40", "arrives 2; fails 1; succeeds 1", 0),
    ("captures 100; refund 40; arrives 1; bounces 1; refund 30", "arrives 2; fails 1; succeeds 1; bounces 2", None),
    ("captures 100; refund 40; arrives 1; bounces 1; refund 30; dispute 60", "arrives 2; lose 1", 0),
    ("captures 100; refund 40; arrives 1; bounces 1; refund 30; dispute 60", "bounces 2; lose 1", 30_00),
    ("captures 60 40; refund 80; arrives 1; bounces 1; refund 80", "arrives 2; fails 1; fails 2; succeeds 1", 0),
    ("captures 100; refund 40; arrives 1; bounces 1; refund 40", "arrives 2; release", None),
)


def _told(words: str) -> list[str]:
    return words.split("; ")


def _does(story: Story, words: str) -> None:
    word = next(one for one in WORDS if words.startswith(one))
    WORDS[word](story, *words.removeprefix(word).split())


def _in_every_order(profile: PspProfile, asked: str, late: str) -> Iterator[tuple[str, Story]]:
    """Each order of the late facts that no rule refuses, and what it came to."""
    for order in sorted(set(permutations(_told(late)))):
        story = Story(profile=profile)
        for words in _told(asked):
            _does(story, words)
        try:
            for words in order:
                _does(story, words)
        except Refused:
            continue
        yield "; ".join(order), story


def _facts(story: Story) -> tuple[str, ...]:
    """What happened, without when."""
    facts = (f"{fact.kind} {0 if fact.kind in _SHIFTS else fact.amount_minor} {fact.parts}" for fact in story.facts)
    return tuple(sorted(facts))


def _cases() -> Iterator[object]:
    for flows, outcome in ((FLOWS, RefundOutcome.SYNC), (LATER, RefundOutcome.ASYNC)):
        for flow in flows:
            for is_withheld in (True, False) if "lose" in flow[1] else (True,):
                profile = PspProfile("psp", refund_outcome=outcome, chargeback_withheld=is_withheld)
                id_ = f"{flow[0]} | {flow[1]}" + ("" if is_withheld else " | taken at once")
                yield pytest.param(profile, *flow, id=id_)


@pytest.mark.parametrize(("profile", "asked", "late", "owed_minor"), list(_cases()))
def test_what_is_owed_does_not_depend_on_the_order_of_late_facts(
    profile: PspProfile, asked: str, late: str, owed_minor: int | None
) -> None:
    found: dict[tuple[str, ...], dict[str, dict[str, int]]] = defaultdict(dict)

    for order, story in _in_every_order(profile, asked, late):
        found[_facts(story)][order] = story.books()
        assert story.balances[OWED] == -debts.owed_minor(story.payment)
        assert owed_minor in (None, debts.owed_minor(story.payment)), order
        assert debts.by_disputes_minor(story.payment) <= story.payment.disputed_minor

    assert found, "no order is allowed"
    for books in found.values():
        first = next(iter(books.values()))
        assert all(other == first for other in books.values()), books


def test_flows_have_several_orders() -> None:
    """A flow whose facts exclude one another in all orders but one proves nothing by itself."""
    counts = [
        sum(1 for _ in _in_every_order(PspProfile("psp", refund_outcome=outcome), asked, late))
        for flows, outcome in ((FLOWS, RefundOutcome.SYNC), (LATER, RefundOutcome.ASYNC))
        for asked, late, _ in flows
    ]

    assert sum(count > 1 for count in counts) >= 30
    assert sum(counts) >= 250
