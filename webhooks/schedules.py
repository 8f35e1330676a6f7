"""When a delivery is tried again, as PSPs do it: a row a schedule, with where its figures are from.

An endpoint names one of these. To add one: its row in `_ROWS`. What no public source says stands in `choice`; nothing
here is read from anywhere else.
"""

from dataclasses import dataclass

_S, _M, _H = 1_000, 60_000, 3_600_000

#: How an endpoint's deliveries go out: one at a time, a failed one is passed over until it is due again; one at a time,
#: and the oldest holds up the rest until it is delivered or dead; several at once.
ONE_BY_ONE, STRICT, PARALLEL = "one_by_one", "strict", "parallel"
ORDERINGS = (ONE_BY_ONE, STRICT, PARALLEL)

DEFAULT = "processout"

#: ProcessOut's promise of twelve retries in three days: retry n waits e**n seconds, here in milliseconds. Written
#: out, so that no machine's exponential function can shift a replay.
PROCESSOUT_SCHEDULE_MS = (
    2_718,
    7_389,
    20_086,
    54_598,
    148_413,
    403_429,
    1_096_633,
    2_980_958,
    8_103_084,
    22_026_466,
    59_874_142,
    162_754_791,
)


@dataclass(frozen=True, slots=True)
class Schedule:
    """The waits before each retry, and what else a PSP does about failures."""

    name: str
    waits_ms: tuple[int, ...]
    #: The largest part of a wait that jitter adds or takes away.
    jitter_share: float = 0.0
    #: A `Retry-After` longer than the wait lengthens it.
    honours_retry_after: bool = False
    #: 410 switches the endpoint off; elsewhere it is a failure like another.
    gone_disables: bool = False
    #: The endpoint gets nothing more once one delivery's retries are spent.
    spent_disables: bool = False
    ordering: str = ONE_BY_ONE
    source: str = ""
    choice: str = ""


_ROWS = (
    Schedule(
        DEFAULT,
        PROCESSOUT_SCHEDULE_MS,
        jitter_share=0.1,
        honours_retry_after=True,
        gone_disables=True,
        source="https://docs.processout.com/reference/webhooks",
        choice="jitter of a tenth; `Retry-After` and 410 as in Standard Webhooks",
    ),
    Schedule(
        "standard",
        (5 * _S, 5 * _M, 30 * _M, 2 * _H, 5 * _H, 10 * _H, 14 * _H, 20 * _H, 24 * _H),
        jitter_share=0.1,
        honours_retry_after=True,
        gone_disables=True,
        source="https://github.com/standard-webhooks/standard-webhooks",
        choice="jitter of a tenth",
    ),
    Schedule(
        "adyen",
        (2 * _M, 5 * _M, 10 * _M, 15 * _M, 30 * _M, 1 * _H, 2 * _H, 4 * _H, *(8 * _H,) * 88),
        ordering=STRICT,
        source="https://docs.adyen.com/development-resources/webhooks/troubleshoot",
        choice="every 8 h until the 30 days are over",
    ),
    Schedule(
        "gocardless",
        (1 * _M, 2 * _M, 10 * _M, 30 * _M, 1 * _H, 2 * _H, 4 * _H, 8 * _H),
        source="https://support.gocardless.com/hc/en-nz/articles/360000989989-Webhook-retries-failures",
        choice="the waits after the third",
    ),
    Schedule(
        "checkout",
        (5 * _M, 10 * _M, 15 * _M, 30 * _M, 1 * _H, 4 * _H, 12 * _H, 12 * _H),
        source="https://www.checkout.com/docs/workflows",
    ),
    Schedule(
        "razorpay",
        (1 * _M, 2 * _M, 4 * _M, 8 * _M, 16 * _M, 32 * _M, 64 * _M, 128 * _M, 256 * _M, 512 * _M, 417 * _M),
        spent_disables=True,
        source="https://razorpay.com/docs/webhooks/best-practices",
        choice="the waits, which double, the last up to the 24 h",
    ),
    Schedule("none", (), choice="no retry at all"),
)

#: Name -> schedule.
SCHEDULES: dict[str, Schedule] = {row.name: row for row in _ROWS}
