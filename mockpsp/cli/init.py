"""`mockpsp init`: a story or a test to begin with, which passes as it is."""

import json
from pathlib import Path

import click

from mockpsp.cli import InputError
from mockpsp.cli.files import check_writable, json_option, write_text
from mockpsp.cli.naming import Choice

_TEST = '''\
"""What our application does with payments, against a world of its own for each test."""


def pay(mockpsp, amount="10.00"):
    """What your application does to be paid; its own client goes here, with mockpsp.url, .project_id and .secret."""
    invoice = mockpsp.post("/invoices", {"name": "Order 1", "amount": amount, "currency": "EUR"})["invoice"]
    return mockpsp.post(f"/invoices/{invoice['id']}/capture", {"source": mockpsp.card()})["transaction"]


def test_an_order_is_paid(mockpsp):
    assert pay(mockpsp)["status"] == "completed"


def test_a_refund_that_fails_later_is_noticed(mockpsp):
    receiver = mockpsp.webhooks()
    transaction = pay(mockpsp)
    mockpsp.script("refund", {"fail_after": "3d", "reason": "account_closed"})
    mockpsp.post(f"/transactions/{transaction['id']}/refunds", {"amount": "4.00"})

    mockpsp.advance("3d")

    assert "transaction.operation.refund.failed" in receiver.received()[-1].body.decode()
'''


@click.command()
@click.argument("kind", type=Choice(("story", "pytest")), metavar="[story|pytest]", default="story")
@click.option("--file", "path", metavar="FILE", type=click.Path(path_type=Path), help="Under another name.")
@json_option
def init(kind: str, path: Path | None, as_json: bool) -> None:
    """Begin in a project that has neither: write a first story (payments.yaml) or a first pytest test
    (test_payments.py), which pass as they are.

    A file that is there is never written over. Further stories, or a copy of a built-in one: mockpsp new NAME.
    """
    from mockpsp.scenarios.language import starting

    path = path or Path("payments.yaml" if kind == "story" else "test_payments.py")
    if path.exists():
        raise InputError(f"{path} is there already; --file says another name")
    texts = {path: _TEST}
    if kind == "story":
        texts = {path: starting.text("Payments")[0], path.parent / starting.SCHEMA_NAME: starting.schema_text()}
    for one in texts:
        check_writable(one)
    for one, text in texts.items():
        write_text(one, [text])
    command = f"mockpsp replay {path}" if kind == "story" else f"pytest {path}"
    if as_json:
        click.echo(json.dumps({"file": str(path), "next": command}))
    else:
        click.echo(f"{path} is written; next: {command}")
