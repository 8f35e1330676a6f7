"""Every wish that can reach a payment, imperative. HTTP views and due effects build these; deciders answer them.

Commands that may wait for their time (`EFFECTS`) carry only plain values, so that they can be stored by name.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import NamedTuple

from mockpsp.domain.capture_commands import ConfirmCapture as ConfirmCapture
from mockpsp.domain.capture_commands import ExpireAuthorization as ExpireAuthorization
from mockpsp.domain.capture_commands import FailCapture as FailCapture
from mockpsp.domain.capture_commands import FailPayment as FailPayment
from mockpsp.domain.capture_commands import RestoreCapture as RestoreCapture
from mockpsp.domain.capture_commands import SettleCapture as SettleCapture
from mockpsp.domain.dispute_commands import AcceptChargeback as AcceptChargeback
from mockpsp.domain.dispute_commands import AnswerRetrievalRequest as AnswerRetrievalRequest
from mockpsp.domain.dispute_commands import ContestChargeback as ContestChargeback
from mockpsp.domain.dispute_commands import ExpireChargeback as ExpireChargeback
from mockpsp.domain.dispute_commands import ExpireRetrievalRequest as ExpireRetrievalRequest
from mockpsp.domain.dispute_commands import LoseChargeback as LoseChargeback
from mockpsp.domain.dispute_commands import OpenChargeback as OpenChargeback
from mockpsp.domain.dispute_commands import OpenPreArbitration as OpenPreArbitration
from mockpsp.domain.dispute_commands import WinChargeback as WinChargeback
from mockpsp.domain.gateway_moves import ArrivePayout as ArrivePayout
from mockpsp.domain.gateway_moves import GatewayMove as GatewayMove
from mockpsp.domain.gateway_moves import ReleaseReserve as ReleaseReserve
from mockpsp.domain.gateway_moves import RunPayouts as RunPayouts
from mockpsp.domain.payments.sources import NO_OPTIONS as NO_OPTIONS
from mockpsp.domain.payments.sources import ExternalThreeDS as ExternalThreeDS
from mockpsp.domain.payments.sources import GatewayRequest as GatewayRequest
from mockpsp.domain.payments.sources import RequestOptions as RequestOptions
from mockpsp.domain.payments.sources import Source as Source

_NO_METADATA: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class _Bare:
    """A wish without details. Those with some are named tuples: making a dataclass of each slows every start."""


class Authenticate(NamedTuple):
    """Authenticate the source's holder by 3-D Secure, for an attempt that comes later."""

    source: Source
    gateway: str
    options: RequestOptions = NO_OPTIONS


class FingerprintDevice(NamedTuple):
    """The payer's browser or app has answered the issuer's questions about itself, or not in time."""

    is_complete: bool = True


class PassChallenge(_Bare):
    """The payer has proved to be the holder: what waited for it goes on."""

    __slots__ = ()


class FailChallenge(_Bare):
    """The payer could not prove to be the holder."""

    __slots__ = ()


class AbandonChallenge(_Bare):
    """The payer has left 3-D Secure."""

    __slots__ = ()


class ExpireChallenge(NamedTuple):
    """Nobody answered the challenge of attempt number `attempt` in time."""

    attempt: int | None = None


class Authorize(NamedTuple):
    """Hold the invoice's amount on the source."""

    source: Source
    gateway: str
    is_incremental: bool = False
    #: When the hold is captured by itself.
    auto_capture_at_ms: int | None = None
    #: A PSP that holds no money captures at once.
    allow_fallback_to_sale: bool = False
    options: RequestOptions = NO_OPTIONS


class Capture(NamedTuple):
    """Claim all that is held, or `amount_minor` of it; without a hold, authorize and capture in one call."""

    source: Source | None
    gateway: str
    amount_minor: int | None = None
    #: True: release the rest; False: keep it; None: as the PSP does by itself.
    is_final: bool | None = None
    options: RequestOptions = NO_OPTIONS


class Increment(NamedTuple):
    """Raise the hold by `amount_minor`."""

    amount_minor: int
    options: RequestOptions = NO_OPTIONS


class Void(NamedTuple):
    """Release what is still held, or `amount_minor` of it."""

    amount_minor: int | None = None
    options: RequestOptions = NO_OPTIONS


class Payout(NamedTuple):
    """Pay the invoice's amount out to the source's card."""

    source: Source
    gateway: str
    options: RequestOptions = NO_OPTIONS


class CaptureHeld(_Bare):
    """The moment has come at which the hold, as far as it is left, is captured by itself."""

    __slots__ = ()


class ConfirmPayment(NamedTuple):
    """The provider has the money of the pending payment; `attempt`: of this attempt only."""

    attempt: int | None = None


class Refund(NamedTuple):
    """Give back `amount_minor`, or all that is left."""

    amount_minor: int | None = None
    reason: str = "other"
    information: str = ""
    metadata: Mapping[str, str] = _NO_METADATA
    invoice_detail_ids: tuple[str, ...] | None = None
    options: RequestOptions = NO_OPTIONS
    is_instant: bool = False


class SettleRefund(NamedTuple):
    """The open refund `refund_seq` has reached the customer; `is_instant`: only if it is instant still."""

    refund_seq: int
    is_instant: bool = False


class FallBackRefund(NamedTuple):
    """The instant refund `refund_seq` can't be made at once, and goes on at ordinary speed."""

    refund_seq: int


class FailRefund(NamedTuple):
    """The refund `refund_seq` didn't reach the customer, whether or not it looked final."""

    refund_seq: int
    reason: str = "unknown"


class _OfRefund(NamedTuple):
    """A wish about one refund; those without further details share its methods, see `_Bare`."""

    refund_seq: int


class CancelRefund(_OfRefund):
    """The merchant takes back the refund `refund_seq`, which is pending."""

    __slots__ = ()


class ReleaseDebt(_Bare):
    """What the customer is owed since a refund came back is not owed any more: given by other means, or given up."""

    __slots__ = ()


class FundRefund(_OfRefund):
    """The balance was credited: the refund `refund_seq`, which waits for that, is made if it is covered now."""

    __slots__ = ()


class OpenRetrievalRequest(_Bare):
    """The issuer asks what the payment was."""

    __slots__ = ()


class SendFraudNotification(_Bare):
    """The issuer warns that the payment was fraud."""

    __slots__ = ()


class ExpireCard(NamedTuple):
    """The card `card_seq` is over its last month."""

    card_seq: int


class RevokeToken(NamedTuple):
    """The customer took back what token `token_seq` stands for."""

    token_seq: int


#: Moves that are about no payment.
InstrumentMove = ExpireCard | RevokeToken
Command = (
    Authenticate
    | FingerprintDevice
    | PassChallenge
    | FailChallenge
    | AbandonChallenge
    | ExpireChallenge
    | Authorize
    | Capture
    | Increment
    | Void
    | Payout
    | CaptureHeld
    | ConfirmCapture
    | FailCapture
    | RestoreCapture
    | ConfirmPayment
    | FailPayment
    | Refund
    | SettleRefund
    | FailRefund
    | FallBackRefund
    | CancelRefund
    | FundRefund
    | ReleaseDebt
    | SettleCapture
    | ExpireAuthorization
    | OpenChargeback
    | ContestChargeback
    | AcceptChargeback
    | ExpireChargeback
    | WinChargeback
    | LoseChargeback
    | OpenPreArbitration
    | OpenRetrievalRequest
    | AnswerRetrievalRequest
    | ExpireRetrievalRequest
    | SendFraudNotification
)

#: Whatever can stand on the agenda.
Planned = Command | InstrumentMove | GatewayMove

#: Stored name -> command that can wait for its time. The names are also the moves of `/sandbox/simulate`, but for the
#: automatic capture, which anybody can make by capturing.
EFFECTS: dict[str, type[Planned]] = {
    "capture.automatic": CaptureHeld,
    "three_d_s.authenticate": PassChallenge,
    "three_d_s.fail": FailChallenge,
    "three_d_s.abandon": AbandonChallenge,
    "three_d_s.expire": ExpireChallenge,
    "payment.confirm": ConfirmPayment,
    "payment.fail": FailPayment,
    "refund.make": Refund,
    "refund.settle": SettleRefund,
    "refund.fail": FailRefund,
    "refund.fall_back": FallBackRefund,
    "refund.cancel": CancelRefund,
    "refund.fund": FundRefund,
    "refund.release": ReleaseDebt,
    "capture.confirm": ConfirmCapture,
    "capture.fail": FailCapture,
    "capture.succeed": RestoreCapture,
    "capture.settle": SettleCapture,
    "authorization.expire": ExpireAuthorization,
    "chargeback.open": OpenChargeback,
    "chargeback.contest": ContestChargeback,
    "chargeback.accept": AcceptChargeback,
    "chargeback.expire": ExpireChargeback,
    "chargeback.win": WinChargeback,
    "chargeback.lose": LoseChargeback,
    "pre_arbitration.open": OpenPreArbitration,
    "retrieval_request.open": OpenRetrievalRequest,
    "retrieval_request.answer": AnswerRetrievalRequest,
    "retrieval_request.expire": ExpireRetrievalRequest,
    "fraud_notification.send": SendFraudNotification,
    "card.expire": ExpireCard,
    "token.revoke": RevokeToken,
    "payout.run": RunPayouts,
    "payout.arrive": ArrivePayout,
    "reserve.release": ReleaseReserve,
}
#: Details that few commands have, stored only where they say something.
_SELDOM = frozenset({"captures", "late_at_ms", "late_code", "message", "reason"})
_NAME_BY_TYPE = {command: name for name, command in EFFECTS.items()}


#: Commands that 3-D Secure may hold up, by the name under which they wait on their payment.
_HELD_UP: dict[str, type[Command]] = {"authenticate": Authenticate, "authorize": Authorize, "capture": Capture}
_HELD_UP_NAME: dict[type[Command], str] = {command: name for name, command in _HELD_UP.items()}
#: The name under which a command's options are stored: files of older versions have it.
_STORED_OPTIONS = "wishes"
#: A payment knows these itself.
_KNOWN_OTHERWISE = frozenset({"source", "gateway"})


def as_text(command: Command) -> str:
    """A command that 3-D Secure holds up, without what its payment knows."""
    values = {name: value for name, value in _plain(command).items() if name not in _KNOWN_OTHERWISE}
    values[_STORED_OPTIONS] = values.pop("options")
    return json.dumps({"command": _HELD_UP_NAME[type(command)], **values}, separators=(",", ":"), ensure_ascii=False)


def from_text(text: str, source: Source, gateway: str) -> Command:
    """The command of `as_text`."""
    values = json.loads(text)
    kind = _HELD_UP[values.pop("command")]
    options = values.pop(_STORED_OPTIONS)
    for name in ("metadata", "notes"):
        options[name] = tuple((key, value) for key, value in options[name])
    if options["external"] is not None:
        options["external"] = ExternalThreeDS(**options["external"])
    return kind(source=source, gateway=gateway, options=RequestOptions(**options), **values)  # type: ignore[call-arg]


def named_values(command: Command) -> dict[str, object]:
    """What a command is and is about in money, so that two can be compared."""
    left_out = _KNOWN_OTHERWISE | {"options"}
    values = {name: value for name, value in _plain(command).items() if name not in left_out}
    return {"command": _HELD_UP_NAME.get(type(command)), **values}


def _plain(command: Planned) -> dict[str, object]:
    """The command's details by name, those of its parts too."""
    if isinstance(command, _Bare):
        return {}
    return {
        name: asdict(value) if isinstance(value, Source | RequestOptions) else value
        for name, value in command._asdict().items()
    }


def stored_name(command: Planned) -> str:
    """The name under which a command waits."""
    return _NAME_BY_TYPE[type(command)]


def stored_values(command: Planned) -> dict[str, object]:
    """The command's plain values. What a request asks beside money is left out: nothing planned comes of a request."""
    values = _plain(command)
    return {name: v for name, v in values.items() if name != "options" and (v is not None or name not in _SELDOM)}


def restore_command(name: str, values: Mapping[str, object]) -> Planned:
    """The command that was stored."""
    return EFFECTS[name](**values)  # type: ignore[arg-type]
