"""Payments in plain words, for the pure tests: a `Story` runs commands and keeps payment, facts and books."""

from collections import Counter
from dataclasses import dataclass, field

from mockpsp.domain.commands import Command, Source
from mockpsp.domain.deciders.decide import decide
from mockpsp.domain.decision import (
    Context,
    Decision,
    NewRefund,
    OpenRefund,
    RefundEnded,
    RefundFellBack,
    RefundFunded,
    ScriptedOutcome,
)
from mockpsp.domain.events import event_names
from mockpsp.domain.payments.apply import apply
from mockpsp.domain.payments.facts import Fact
from mockpsp.domain.payments.payment import Payment
from mockpsp.domain.psps.profiles import CardBehaviour, PspProfile
from mockpsp.domain.text.ids import Mint
from mockpsp.ledger.rules import postings_for

SOURCE = Source(card_seq=2)
VISA = CardBehaviour(scheme="visa")


@dataclass
class Story:
    """One payment at a PSP, of 100.00 EUR unless said otherwise, and what has become of it."""

    profile: PspProfile = field(default_factory=lambda: PspProfile("psp"))
    card: CardBehaviour = VISA
    amount_minor: int = 100_00
    now_ms: int = 0
    scripted: ScriptedOutcome | None = None
    currency: str = "EUR"

    def __post_init__(self) -> None:
        self.blank = Payment(1, 2, None, self.currency, self.amount_minor, 0)
        self.payment = self.blank
        self.mint = Mint(10)
        self.facts: list[Fact] = []
        self.events: list[str] = []
        self.refunds: dict[int, OpenRefund] = {}
        self.balances: Counter[str] = Counter()
        self.last: Decision | None = None

    def does(self, command: Command, *, is_card: bool | None = None) -> Decision:
        """Run a command; a refusal is raised and nothing happens. A card pays unless the PSP takes none."""
        refund = self.refunds.get(getattr(command, "refund_seq", -1))
        context = Context(self.now_ms, "psp", self.profile, self.card, self.mint, scripted=self.scripted, refund=refund)
        context.is_card = "card" in self.profile.methods if is_card is None else is_card
        context.refunds = tuple(self.refunds.values())
        context.waiting = tuple(one for one in self.refunds.values() if one.state == "pending" and one.is_waiting)
        context.available_minor = self.balances["assets:psp:psp:available"]
        context.pending_minor = self.balances["assets:psp:psp:pending"]
        decision = decide(self.payment, command, context)
        for fact in decision.facts:
            after = apply(self.payment, fact)
            for posting in postings_for(self.payment, fact, after) if self.payment.gateway else []:
                assert posting.amount_minor > 0
                assert posting.debit != posting.credit
                self.balances[posting.debit] += posting.amount_minor
                self.balances[posting.credit] -= posting.amount_minor
            before, self.payment = self.payment, after
            self.events += event_names(fact, before, self.payment)
            self.facts.append(fact)
        for change in decision.changes:
            match change:
                case NewRefund():
                    self.refunds[change.seq] = OpenRefund(*change[:6], self.now_ms)
                case RefundFellBack():
                    self.refunds[change.seq] = self.refunds[change.seq]._replace(instant_fee_minor=None)
                case RefundFunded():
                    kept = self.refunds[change.seq]
                    self.refunds[change.seq] = kept._replace(
                        parts=change.parts, processing_returned_minor=change.processing_returned_minor
                    )
                case RefundEnded():
                    kept = self.refunds[change.seq]
                    self.refunds[change.seq] = kept._replace(state=change.state)
        self.last = decision
        return decision

    def refund_seq(self) -> int:
        """The newest refund."""
        return max(self.refunds)

    def books(self) -> dict[str, int]:
        """Accounts that are not zero."""
        return {account: minor for account, minor in self.balances.items() if minor}
