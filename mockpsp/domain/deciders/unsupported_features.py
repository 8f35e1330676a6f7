"""What a request asks beside money, held against what the PSP can do."""

from dataclasses import replace

from mockpsp.domain.commands import Command
from mockpsp.domain.decision import Context
from mockpsp.domain.psps.profiles import PspProfile
from mockpsp.domain.text import codes
from mockpsp.domain.text.codes import Refused

#: The note that carries the shares of a payment.
SPLITS = "split_allocations"


def refuse_or_drop_splits(context: Context) -> None:
    """Refuse to split at a PSP that can't, or go on without the shares where that was allowed."""
    options = context.options
    if not options.is_split or context.profile.split_payments:
        return
    if not options.bypass_split:
        raise Refused(
            codes.OPERATION_NOT_SUPPORTED,
            f"{context.gateway} cannot split a payment (split_payments: no); leave split_allocations out, or set "
            "unsupported_feature_bypass.split_payments to go on without",
            field=SPLITS,
        )
    notes = tuple((name, text) for name, text in options.notes if name != SPLITS)
    context.options = replace(options, notes=notes, is_split=False)


def is_incremental(*, is_wanted: bool, context: Context) -> bool:
    """Whether the hold may be raised later; Refused where that is wanted, impossible and not waived."""
    if not is_wanted or context.profile.incremental_authorization:
        return is_wanted
    if not context.options.bypass_incremental:
        raise Refused(
            codes.OPERATION_NOT_SUPPORTED,
            f"{context.gateway} cannot raise a hold (incremental_authorization: no); leave incremental out, or set "
            "unsupported_feature_bypass.incremental_authorization to go on without",
            field="incremental",
        )
    return False


def falls_back_to_sale(command: Command, profile: PspProfile) -> bool:
    """Whether an authorization is to be a sale, since the PSP holds no money."""
    return bool(getattr(command, "allow_fallback_to_sale", False)) and not profile.authorize
