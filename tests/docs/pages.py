"""The README and the pages, and the table of all that is made in them.

To add a generated part: a function that answers Markdown lines, its row in `TABLES`, and markers where it belongs.
"""

import re
from collections.abc import Callable
from pathlib import Path

from tests.docs import (
    api,
    benchmarks,
    books,
    cards,
    commands,
    examples,
    faults,
    fixtures,
    limits,
    psps,
    settings,
    statements,
    stories,
    webhooks,
)

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
FOLDER = ROOT / "mockpsp" / "docs"
FILES = (README, *sorted(FOLDER.glob("*.md")))

TABLES: dict[str, Callable[[], list[str]]] = {
    "endpoints": api.endpoints,
    "coverage": api.coverage,
    "objects": api.objects,
    "left-out": api.left_out,
    "public": api.public,
    "sandbox": api.control,
    "moves": api.moves,
    "reasons": api.reasons,
    "operations": api.operations,
    "faults": faults.faults,
    "events": api.events,
    "cards": cards.cards,
    "inputs": cards.inputs,
    "psps": psps.psps,
    "psps-short": psps.short,
    "profiles": psps.profiles,
    "facts": psps.facts,
    "fee-kinds": psps.fee_kinds,
    "fee-parts": psps.fee_parts,
    "accounts": books.accounts,
    "record-kinds": books.record_kinds,
    "payouts": examples.payouts,
    "told-refund": statements.told("refund-now-or-chargeback-later"),
    "told-dispute": statements.told("balance-below-zero-until-sales-cover-it"),
    "told-debt": statements.told("refund-that-came-back-is-owed-until-paid-or-released"),
    "fraud-short": examples.compared("suspected-fraud-refunded-or-disputed", "batch-card,bnpl", parts=2),
    "fraud": examples.compared("suspected-fraud-refunded-or-disputed"),
    "shipment": examples.compared("split-shipment"),
    "story-keys": stories.file_keys,
    "receiver-keys": stories.receiver_keys,
    "step-keys": stories.step_keys,
    "verbs": stories.verbs,
    "expect-keys": stories.expect_keys,
    "webhook-keys": stories.webhook_keys,
    "event-keys": stories.event_keys,
    "request-keys": stories.request_keys,
    "ledger-keys": stories.ledger_keys,
    "matchers": stories.matchers,
    "invariants": stories.invariants,
    "surprises": stories.surprises,
    "library": stories.library,
    "fixture": fixtures.sandbox,
    "receiver": fixtures.receiver,
    "settings": settings.settings,
    "limits": limits.limits,
    "headers": webhooks.headers,
    "schemes": webhooks.schemes,
    "retries": webhooks.retries,
    "schedules": webhooks.schedules,
    "misbehaviours": webhooks.misbehaviours,
    "measured": benchmarks.measured,
    "aims": benchmarks.aims,
    "figures": benchmarks.figures,
    "commands": commands.overview,
    "cli": commands.in_full,
    "pages": commands.pages,
}
_BLOCK = re.compile(r"(<!-- table: ([a-z-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def rendered(text: str) -> str:
    """The text with what is made in it as the code is now."""
    return _BLOCK.sub(lambda match: match[1] + "\n".join(TABLES[match[2]]()) + "\n" + match[3], text)
