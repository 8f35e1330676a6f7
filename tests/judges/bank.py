"""`python -m tests.judges.bank`: mock-bank, an ISO 20022 bank with a clock of its own, judges the bank's side.

A month of payouts is told to it as incoming credits, each once its own calendar has counted the business days that a
payout is under way. Then its statements and ours are held together: by account, day and reference, and by what each day
opens and closes with. One payout is sent to it as a payment instead, which it returns: that one fails, and is paid
again. Ends with 1 where the two disagree. The package is installed into build/judges.
"""

import json
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from tests.bench.in_process import Caller, calling

FOLDER = Path(__file__).parents[2] / "build" / "judges" / "python"
PACKAGE = "mock-bank==0.9.0"
START, END = date(2026, 4, 1), date(2026, 5, 8)
#: Days on which TARGET2 is closed, beside weekends; the bank has no calendar of its own.
HOLIDAYS = ["2026-04-03", "2026-04-06", "2026-05-01"]
UNDER_WAY = 3
PSP = {
    "like": "sandbox",
    "settlement_delay": "2bd",
    "settlement_cut_off": "17:00 Europe/Berlin",
    "payout_schedule": "daily",
    "payout_transit": f"{UNDER_WAY}bd",
}
ACCOUNTS = {"EUR": "MERCHANT-EUR", "USD": "MERCHANT-USD"}
#: The bank's reason of a return -> ours.
REASONS = {"AC04": "account_closed"}
_CAMT = "{urn:iso:std:iso:20022:tech:xsd:camt.053.001.08}"
_START_S = 15
#: (currency, day, opening balance, closing balance, entries by reference, amount and day).
Day = tuple[str, str, str, str, tuple[tuple[str, str, str], ...]]


def main() -> int:
    """Tell the bank of a month, hold both sides together, and answer the exit code."""
    install()
    with tempfile.TemporaryDirectory(prefix="mockpsp-judge-") as name, running() as bank:
        db = Path(name) / "month.db"
        with calling(db) as caller:
            told = month(caller, bank)
        text = ours(db)
    theirs = {day[:2]: day for statement in bank_statements(bank.kept) for day in [statement]}
    own = {day[:2]: day for day in days_of(text)}
    wrong = list(differences(own, theirs))
    credits_count = sum(len(day[4]) for day in theirs.values())
    print(f"{told} payouts; {len(theirs)} statements of the bank with {credits_count} entries, {len(own)} of ours")
    for line in wrong:
        print(f"WRONG  {line}")
    if not credits_count:
        print("WRONG  the bank booked nothing")
    print("ok     both sides agree" if credits_count and not wrong else f"{len(wrong)} differences")
    return 1 if wrong or not credits_count else 0


def install() -> None:
    """The package is there."""
    if not (FOLDER / "mockbank").exists():
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(FOLDER), "--no-deps", PACKAGE]
        subprocess.run(command, check=True)


class Bank:
    """The bank's server, and what it sent."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.kept: list[dict[str, Any]] = []

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """What it answers, which must be a success."""
        content = body.encode() if isinstance(body, str) else None if body is None else json.dumps(body).encode()
        kind = "application/xml" if isinstance(body, str) else "application/json"
        request = urllib.request.Request(self._url + path, content, {"Content-Type": kind}, method=method)
        with urllib.request.urlopen(request, timeout=_START_S) as answer:
            text = answer.read()
        return json.loads(text) if text.lstrip()[:1] in (b"{", b"[") else text

    def collect(self) -> list[dict[str, Any]]:
        """What it sent since it was last asked."""
        new: list[dict[str, Any]] = self.call("GET", "/_mock/mailbox")
        self.kept += new
        return new


@contextmanager
def running() -> Iterator[Bank]:
    """The bank, with an account of the merchant's for each currency and one of the PSP's."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "mockbank", "--quiet", "--port", str(port), "--timezone", "Europe/Berlin"]
    command += ["--clock", f"{START - timedelta(days=1)}T09:00"]
    with subprocess.Popen(command, cwd=FOLDER) as process:
        try:
            bank = Bank(f"http://127.0.0.1:{port}")
            await_answer(bank)
            bank.call("PUT", "/_mock/holidays", HOLIDAYS)
            for number, (currency, name) in enumerate(ACCOUNTS.items(), start=1):
                account = {"id": name, "name": "Merchant", "iban": iban(f"{number:010}"), "currency": currency}
                bank.call("POST", "/_mock/accounts", account)
            payer = {"id": "PSP", "name": "north", "iban": iban("0000000009"), "currency": "EUR", "balance": 10**9}
            returns = {"behaviour": "return-later", "parameters": {"days": 1, "reason": "AC04"}}
            bank.call("POST", "/_mock/accounts", payer | returns)
            yield bank
        finally:
            process.terminate()


def await_answer(bank: Bank) -> None:
    """It answers, within a bound."""
    deadline = time.monotonic() + _START_S
    while True:
        try:
            bank.call("GET", "/_mock/health")
        except OSError:
            if time.monotonic() > deadline:
                raise
        else:
            return


def iban(number: str) -> str:
    """One that its own check digits agree with."""
    letters = "".join(str(int(letter, 36)) for letter in f"TEST{number}NL00")
    return f"NL{98 - int(letters) % 97:02}TEST{number}"


def month(caller: Caller, bank: Bank) -> int:
    """Sales every day; every payout is told to the bank. Answers how many payouts there were."""
    caller.put("/sandbox/psps/north", PSP)
    caller.put("/sandbox/routing", {"default": "north"})
    business_days, sent_on, told, returned = 0, {}, set[str](), ""
    day = START
    while day <= END:
        caller.post("/sandbox/clock/advance", {"to": f"{day}T10:00:00Z"})
        crossed = bank.call("POST", f"/_mock/advance?to={day}")["businessDaysCrossed"]
        business_days += str(day) in crossed
        for message in bank.collect():
            if message["type"].startswith("pacs.004") and returned:
                (reason,) = re.findall(r"<Rsn><Cd>(\w+)</Cd>", message["body"])
                fails = {"what": "payout.fail", "on": returned, "with": {"reason": REASONS[reason]}}
                caller.post("/sandbox/simulate", fails)
        payouts = caller.get("/payouts?limit=100&order=asc")["payouts"]
        for payout in payouts:
            name = payout["id"]
            sent_on.setdefault(name, business_days)
            if not returned and len(sent_on) > 5 and payout["currency"] == "EUR" and sent_on[name] == business_days:
                bank.call("POST", "/payments", payment(payout, day))
                returned = name
            elif name != returned and name not in told and business_days - sent_on[name] == UNDER_WAY:
                bank.call("POST", "/_mock/credits", credit(payout, day))
                told.add(name)
        if day < date(2026, 5, 1):
            sell(caller, day)
        day += timedelta(days=1)
    bank.collect()
    failed = [payout for payout in caller.get("/payouts?limit=100")["payouts"] if payout["status"] == "failed"]
    assert [payout["id"] for payout in failed] == [returned], f"{returned} was to fail, and alone: {failed}"
    return len(sent_on)


def sell(caller: Caller, day: date) -> None:
    """A sale in each currency, of another amount each day."""
    for currency, amount in (("EUR", 1000 + day.day * 7), ("USD", 2000 + day.day)):
        text = f"{amount // 100}.{amount % 100:02}"
        invoice = caller.post("/invoices", {"name": f"Order {day}", "amount": text, "currency": currency})["invoice"]
        caller.capture(invoice["id"], caller.card())


def credit(payout: dict[str, Any], day: date) -> dict[str, Any]:
    """A payout that arrives today."""
    amount = round(float(payout["amount"]) * 100)
    return {
        "account": ACCOUNTS[payout["currency"]],
        "amount": amount,
        "currency": payout["currency"],
        "value_date": str(day),
        "end_to_end_id": payout["id"].removeprefix("payt_"),
        "debtor": {"name": "north"},
    }


def payment(payout: dict[str, Any], day: date) -> str:
    """A payout as the PSP's own order, to an account that will turn out to be closed."""
    reference, amount = payout["id"].removeprefix("payt_"), f"{float(payout['amount']):.2f}"
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"><CstmrCdtTrfInitn>'
        f"<GrpHdr><MsgId>north-1</MsgId><CreDtTm>{day}T00:00:00</CreDtTm><NbOfTxs>1</NbOfTxs>"
        f"<CtrlSum>{amount}</CtrlSum><InitgPty><Nm>north</Nm></InitgPty></GrpHdr>"
        f"<PmtInf><PmtInfId>1</PmtInfId><PmtMtd>TRF</PmtMtd><ReqdExctnDt><Dt>{day}</Dt></ReqdExctnDt>"
        f"<Dbtr><Nm>north</Nm></Dbtr><DbtrAcct><Id><IBAN>{iban('0000000009')}</IBAN></Id></DbtrAcct>"
        "<DbtrAgt><FinInstnId><BICFI>MOCKNL2A</BICFI></FinInstnId></DbtrAgt>"
        f"<CdtTrfTxInf><PmtId><EndToEndId>{reference}</EndToEndId></PmtId>"
        f'<Amt><InstdAmt Ccy="EUR">{amount}</InstdAmt></Amt><Cdtr><Nm>Merchant</Nm></Cdtr>'
        f"<CdtrAcct><Id><IBAN>{iban('0000000077')}</IBAN></Id></CdtrAcct></CdtTrfTxInf>"
        "</PmtInf></CstmrCdtTrfInitn></Document>"
    )


def ours(db: Path) -> str:
    """Our own statements of the bank's side, a day each."""
    command = [sys.executable, "-m", "mockpsp", "payouts", "statement", "--side", "bank", "--daily"]
    command += ["--format", "camt053", "--db", str(db)]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout


def bank_statements(kept: list[dict[str, Any]]) -> Iterator[Day]:
    """Those of the merchant's accounts."""
    for message in kept:
        if message["type"].startswith("camt.053") and message["account"] in ACCOUNTS.values():
            yield from days_of(message["body"])


def days_of(text: str) -> Iterator[Day]:
    """The statements of a file of either, by what both know them by."""
    for statement in ElementTree.fromstring(text.encode()).iter(f"{_CAMT}Stmt"):
        balances = [signed(one) for one in statement.iter(f"{_CAMT}Bal")]
        entries = sorted(
            (text_of(entry, "NtryDtls/TxDtls/Refs/EndToEndId"), signed(entry), text_of(entry, "BookgDt/Dt"))
            for entry in statement.iter(f"{_CAMT}Ntry")
        )
        day = text_of(statement, "FrToDt/FrDtTm")[:10]
        yield text_of(statement, "Acct/Ccy"), day, balances[0], balances[1], tuple(entries)


def text_of(element: ElementTree.Element, path: str) -> str:
    """The text at a path of tags."""
    return element.findtext("/".join(_CAMT + tag for tag in path.split("/"))) or ""


def signed(element: ElementTree.Element) -> str:
    """An amount with its direction."""
    return f"{'-' if text_of(element, 'CdtDbtInd') == 'DBIT' else ''}{text_of(element, 'Amt')}"


def differences(own: dict[tuple[str, ...], Day], theirs: dict[tuple[str, ...], Day]) -> Iterator[str]:
    """Where the two disagree. The bank tells of business days alone, and from its opening on."""
    first = {currency: min(day for code, day in own if code == currency) for currency in ACCOUNTS}
    for key, day in theirs.items():
        if key[1] < first[key[0]]:
            if day[4]:
                yield f"{key}: the bank has {day[4]}, ours opens later"
        elif key not in own:
            yield f"{key}: ours tells nothing of that day"
        elif own[key] != day:
            yield f"{key}: the bank says {day[2:]}, we say {own[key][2:]}"
    for key, day in own.items():
        if key not in theirs and key[1] < str(END) and (day[4] or day[2] != day[3]):
            yield f"{key}: we say {day[2:]} on a day on which the bank is closed"


if __name__ == "__main__":
    sys.exit(main())
