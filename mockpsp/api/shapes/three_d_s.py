"""How 3-D Secure looks on transactions and operations. Its numbers are made from the universe's key, never stored."""

import base64
from collections.abc import Mapping
from typing import Any

from mockpsp.api.shapes.parts import CHECKOUT, Shape
from mockpsp.domain.payments.facts import Fact, Kind
from mockpsp.domain.payments.payment import Payment
from mockpsp.domain.text import references
from mockpsp.engine.universes import UniverseTx

Particulars = tuple[tuple[str, str], ...]

#: What an authenticated payer proves to the scheme. All test cards of 3-D Secure are Visa's.
_ECI = "05"
#: What operations show where 3-D Secure proved nothing.
UNUSED: Shape = {
    "payment_data_three_d_s_request": None,
    "payment_data_three_d_s_authentication": None,
    "payment_data_network_authentication": None,
    "payment_data_three_d_s_2_authentication": None,
}
_SPARING = "no-challenge-requested"
#: An indicator that asks for nothing.
_INDIFFERENT = ("", "no-preference", "cb-scoring")


def summary(tx: UniverseTx, payment: Payment) -> Shape:
    """3-D Secure on a transaction."""
    known = dict(payment.three_d_s)
    if not known:
        return {"three_d_s_status": "unchecked", "three_d_s_version": None, "three_d_s": None}
    return {
        "three_d_s_status": known["status"],
        "three_d_s_version": known["version"] or None,
        "three_d_s": {
            "version": known["version"],
            "status": known["status"],
            "fingerprinted": known.get("fingerprint") == "Y",
            "challenged": _was_asked(payment, known),
            "ares_trans_status": known.get("ares", ""),
            "cres_trans_status": known.get("cres", ""),
            "ds_trans_id": known.get("ds_trans_id") or _uuid(tx, payment.challenge_seq, "d"),
            "server_trans_id": _uuid(tx, payment.challenge_seq, "s"),
            "fingerprint_completion_indicator": known.get("fingerprint", ""),
        },
    }


def eci(tx: UniverseTx, particulars: Particulars) -> str | None:
    """What 3-D Secure proved, in the schemes' code; None where it proved nothing."""
    known = dict(particulars)
    return known.get("eci") or _ECI if known.get("status") == "success" else None


def sca(payment: Payment, invoice: Mapping[str, Any]) -> Shape | None:
    """Which rules of authentication applied to the last attempt, and what became of what was asked; None before it."""
    if payment.card_seq is None:
        return None
    reason = _out_of_scope(invoice)
    exemption = invoice.get("sca_exemption_reason") or invoice.get("exemption_reason_3ds2")
    indicator = invoice.get("challenge_indicator") or ""
    known = dict(payment.three_d_s)
    is_exempt = bool(exemption) and not known
    in_scope = reason is None and bool(known or exemption)
    compliance = "authenticated" if known.get("status") == "success" else "exempted" if is_exempt else "not-compliant"
    is_met = _was_asked(payment, known) != indicator.startswith(_SPARING)
    return {
        "scope": "out-of-scope" if reason else "in-scope" if in_scope else "unknown",
        "out_of_scope_reason": reason or "unknown",
        "inscope_compliance": compliance if in_scope else "not-applicable",
        "challenge_result": "no-challenge-indicator-set" if indicator in _INDIFFERENT else _honoured(is_met=is_met),
        "exemption_result": _honoured(is_met=is_exempt) if exemption else "no-exemption-reason-set",
    }


def payment_data(tx: UniverseTx, payment: Payment, fact: Fact, particulars: Particulars, begun_seq: int) -> Shape:
    """What an operation shows of 3-D Secure: the request on its check, the proof on the result and what follows."""
    known = dict(particulars)
    if not known or fact.kind is Kind.REQUESTED:
        return UNUSED
    if fact.kind is Kind.THREE_D_S_ATTEMPTED:
        return {**UNUSED, "payment_data_three_d_s_request": _request(tx, payment, known, begun_seq)}
    if known["status"] != "success":
        return UNUSED
    shown = {
        **UNUSED,
        "payment_data_network_authentication": {"cavv": known.get("cavv") or _base64(tx, begun_seq, "c")},
    }
    if known["version"].startswith("1"):
        shown["payment_data_three_d_s_authentication"] = {"XID": known.get("xid") or _base64(tx, begun_seq, "x")}
    else:
        shown["payment_data_three_d_s_2_authentication"] = {
            "ds_trans_id": known.get("ds_trans_id") or _uuid(tx, begun_seq, "d"),
            "server_trans_id": _uuid(tx, begun_seq, "s"),
            "trans_status": known.get("cres") or known.get("ares", ""),
            "version": known["version"],
        }
    return shown


def _request(tx: UniverseTx, payment: Payment, known: Mapping[str, str], begun_seq: int) -> Shape | None:
    """The request of version 1, which the payer's browser takes to the issuer."""
    if not known["version"].startswith("1") or "external" in known:
        return None
    page = f"{CHECKOUT}/{tx.project.id}/{tx.id('iv_', payment.invoice_seq)}/three-d-s"
    return {
        "acs_url": page,
        "pareq": _base64(tx, begun_seq, "p"),
        "md": _uuid(tx, begun_seq, "m"),
        "term_url": f"{page}/complete",
    }


def _was_asked(payment: Payment, known: Mapping[str, str]) -> bool:
    """Whether the payer was asked to authenticate. A fingerprint asks nothing; version 1 knows no other step."""
    if "cres" in known or known.get("ares") == "C":
        return True
    return payment.challenge != "" and known.get("version", "").startswith("1") and "ares" not in known


def _out_of_scope(invoice: Mapping[str, Any]) -> str | None:
    initiation = invoice.get("initiation_type")
    if initiation == "MIT" or (not initiation and "merchant_initiator_type" in invoice):
        return "mit"
    return "moto" if invoice.get("payment_type") == "moto" else None


def _honoured(*, is_met: bool) -> str:
    return "honoured" if is_met else "not-honoured"


def _uuid(tx: UniverseTx, seq: int, use: str) -> str:
    text = references.hexadecimal(tx.key + use.encode(), seq, 32)
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:32]}"


def _base64(tx: UniverseTx, seq: int, use: str) -> str:
    return base64.b64encode(bytes.fromhex(references.hexadecimal(tx.key + use.encode(), seq, 40))).decode()
