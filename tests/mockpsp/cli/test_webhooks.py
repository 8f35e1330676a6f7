"""`mockpsp webhooks`: what became of deliveries, one sent again, a signature checked by hand."""

from pathlib import Path

import pytest

from mockpsp.serving.lock import FileLock
from mockpsp.wallclock import now_s
from mockpsp.webhooks import dialects, signing
from mockpsp.webhooks.dialect_bodies import Told, write
from mockpsp.webhooks.dialect_signing import Call
from tests.mockpsp.cli.conftest import Run, Running, said

WHSEC = signing.secret_from(bytes(range(24)))
BODY = b'{"event_id":"ev_1"}'


def signature_options(*, secret: str = WHSEC, age_s: int = 0) -> list[str]:
    timestamp_s = now_s() - age_s
    signature = signing.sign(secret, webhook_id="ev_1", timestamp_s=timestamp_s, body=BODY)
    return ["--id", "ev_1", "--timestamp", str(timestamp_s), "--signature", signature]


def first_id(run: Run) -> str:
    return str(said(run("webhooks", "list", "--json"))["deliveries"][0]["id"])


def test_deliveries_are_listed_oldest_first_with_their_state(refunded: Running, run: Run) -> None:
    found = said(run("webhooks", "list", "--json"))["deliveries"]

    types = [one["event_type"] for one in found]
    assert types.index("transaction.captured") < types.index("transaction.refunded")
    assert {one["state"] for one in found} == {"dead"}


def test_the_list_says_what_the_server_says(refunded: Running, run: Run) -> None:
    answer = refunded.client.get("/sandbox/deliveries", auth=("test-proj_books", "key_sandbox_books"))

    assert said(run("webhooks", "list", "--json"))["deliveries"] == answer.json["deliveries"]


def test_the_list_is_readable_too(refunded: Running, run: Run) -> None:
    last = run("webhooks", "list").stdout.splitlines()[-2]

    assert "transaction.refunded" in last
    assert "https://shop.example/hook  (host not allowed)" in last


def test_one_state_can_be_asked_for(refunded: Running, run: Run) -> None:
    assert run("webhooks", "list", "--state", "pending").stdout == "0 deliveries\n"


def test_one_delivery_is_shown_with_its_attempts(refunded: Running, run: Run) -> None:
    shown = said(run("webhooks", "show", first_id(run), "--json"))["delivery"]

    assert [attempt["error"] for attempt in shown["attempts"]] == ["host not allowed"]


def test_an_unknown_delivery_is_an_error(refunded: Running, run: Run) -> None:
    result = run("webhooks", "show", "wbk_" + "0" * 32)

    assert result.exit_code == 2
    assert "has no delivery wbk_" in result.stderr


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        ("wbk_abc", "has no delivery wbk_abc; an id is wanted whole, 32 letters behind wbk_, and this one has 3"),
        ("ev_" + "0" * 32, "; a delivery's id begins with wbk_: mockpsp webhooks list has them"),
        ("nonsense", "; a delivery's id begins with wbk_"),
    ],
)
def test_what_is_no_deliverys_id_is_told_so(refunded: Running, run: Run, wanted: str, says: str) -> None:
    result = run("webhooks", "show", wanted)

    assert (result.exit_code, result.stdout) == (2, "")
    assert says in result.stderr


def test_one_that_was_never_tried_says_when_it_will_be(running: Running, run: Run) -> None:
    running.post("/sandbox/webhook-endpoints", {"url": "http://127.0.0.1:9/"})
    rules = {"rules": [{"match": {}, "do": ["delay 5m"]}]}
    running.client.put("/sandbox/delivery", json=rules, auth=("test-proj_books", "key_sandbox_books"))
    running.post("/customers", {})

    listed, shown = run("webhooks", "list").stdout, run("webhooks", "show", first_id(run)).stdout

    assert "pending    0 attempts" in listed
    assert "next 2026-01-01T00:05:00Z" in listed
    assert shown.endswith("  2026-01-01T00:05:00Z  next attempt\n")


def test_a_delivery_of_another_universe_is_none_of_this_one(refunded: Running, run: Run) -> None:
    refunded.client.post("/customers", json={}, auth=("test-proj_other", "key_sandbox_other"))
    wanted = str(said(run("webhooks", "list", "--project", "test-proj_books", "--json"))["deliveries"][0]["id"])

    unsaid = run("webhooks", "show", wanted)
    other = run("webhooks", "show", wanted, "--project", "test-proj_other")
    own = run("webhooks", "show", wanted, "--project", "test-proj_books")

    assert "say which project by --project" in unsaid.stderr
    assert f"test-proj_other has no delivery {wanted}" in other.stderr
    assert wanted in own.stdout


def test_a_retry_is_done_by_the_running_server(refunded: Running, run: Run, file: Path) -> None:
    with FileLock(str(file)) as lock:
        lock.announce(refunded.server.url)

        assert said(run("webhooks", "retry", first_id(run), "--json"))["delivery"]["state"] == "pending"


def test_without_a_server_nothing_is_retried(refunded: Running, run: Run) -> None:
    result = run("webhooks", "retry", first_id(run))

    assert result.exit_code == 2
    assert "no server runs on" in result.stderr


def test_what_the_server_refuses_is_passed_on(refunded: Running, run: Run, file: Path) -> None:
    with FileLock(str(file)) as lock:
        lock.announce(refunded.server.url)
        result = run("webhooks", "retry", "wbk_nothing")

    assert result.exit_code == 2
    assert "the delivery could not be found" in result.stderr


def test_a_server_that_does_not_answer_is_a_failure(refunded: Running, run: Run, file: Path) -> None:
    with FileLock(str(file)) as lock:
        lock.announce("http://127.0.0.1:1")
        result = run("webhooks", "retry", first_id(run))

    assert result.exit_code == 1
    assert "no server answers at http://127.0.0.1:1; start one" in result.stderr


def test_a_genuine_signature_is_called_genuine(run: Run) -> None:
    result = run("webhooks", "verify", "--secret", WHSEC, *signature_options(), on_file=False, input=BODY)

    assert (result.exit_code, result.stdout) == (0, "genuine\n")


def test_a_changed_body_is_not_genuine(run: Run) -> None:
    result = run("webhooks", "verify", "--secret", WHSEC, *signature_options(), on_file=False, input=BODY + b" ")

    assert result.exit_code == 1
    assert "not genuine" in result.stdout


@pytest.mark.parametrize(("options", "code"), [((), 1), (("--any-age",), 0)])
def test_an_old_signature_counts_only_if_its_age_is_waived(run: Run, options: tuple[str, ...], code: int) -> None:
    arguments = ("verify", "--secret", WHSEC, *signature_options(age_s=3600), *options)

    assert run("webhooks", *arguments, on_file=False, input=BODY).exit_code == code


def test_a_malformed_secret_is_wrong_input(run: Run) -> None:
    result = run("webhooks", "verify", "--secret", "secret", *signature_options(), on_file=False, input=BODY)

    assert result.exit_code == 2
    assert "a secret starts with whsec_" in result.stderr


def test_without_a_secret_the_project_s_own_is_used(refunded: Running, run: Run, tmp_path: Path) -> None:
    answer = refunded.client.get("/sandbox", auth=("test-proj_books", "key_sandbox_books"))
    options = signature_options(secret=answer.json["universe"]["webhook_secret"])
    (tmp_path / "body.json").write_bytes(BODY)

    assert said(run("webhooks", "verify", str(tmp_path / "body.json"), *options, "--json"))["genuine"] is True


@pytest.mark.parametrize("dialect", sorted(set(dialects.DIALECTS) - {"none"}))
def test_a_webhook_of_any_dialect_is_checked_by_its_headers(run: Run, dialect: str) -> None:
    secret, url = dialects.secret_of(dialect, WHSEC), "http://127.0.0.1:9000/hook"
    told = Told("ev_1", "transaction.captured", 0, None)
    signed = dialects.sign(dialect, (secret,), Call("ev_1", 1_614_265_330, write(dialect, told), url))
    scheme, key = dialects.scheme_of(dialect)
    options = ["--scheme", scheme, *(["--key", key] if key else []), "--url", url, "--any-age"]
    options += [f"--header={name}: {value}" for name, value in signed.headers.items()]

    genuine, forged = (
        run("webhooks", "verify", *options, "--secret", one, on_file=False, input=signed.body)
        for one in (secret, dialects.wrong_secret(dialect, secret))
    )

    assert (genuine.exit_code, genuine.stdout) == (0, "genuine\n")
    assert (forged.exit_code, forged.stdout) == (1, "not genuine: none of the 1 signatures matches\n")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--header", "Stripe-Signature"), "--header is NAME:VALUE"),
        (("--scheme", "none"), "none signs nothing"),
        (("--scheme", "square", "--secret", "abc"), "--url says where the webhook came to"),
        (("--scheme", "stripe", "--key", "text"), "--key is about the scheme standard"),
    ],
)
def test_options_that_say_nothing_are_wrong_input(run: Run, options: tuple[str, ...], message: str) -> None:
    result = run("webhooks", "verify", "--secret", WHSEC, *options, on_file=False, input=BODY)

    assert result.exit_code == 2
    assert message in result.stderr


def test_without_a_secret_the_one_that_the_scheme_gets_is_used(refunded: Running, run: Run) -> None:
    answer = refunded.client.get("/sandbox", auth=("test-proj_books", "key_sandbox_books"))
    secret = dialects.secret_of("gocardless", answer.json["universe"]["webhook_secret"])
    signed = dialects.sign("gocardless", (secret,), Call("ev_1", 0, BODY, ""))
    header = f"--header=Webhook-Signature:{signed.headers['Webhook-Signature']}"

    assert said(run("webhooks", "verify", "--scheme=gocardless", header, "--json", input=BODY))["genuine"] is True


def test_all_dead_letters_are_sent_again_by_the_running_server(refunded: Running, run: Run, file: Path) -> None:
    dead = len(said(run("webhooks", "list", "--state", "dead", "--json"))["deliveries"])
    with FileLock(str(file)) as lock:
        lock.announce(refunded.server.url)

        assert said(run("webhooks", "retry", "--all-dead", "--json")) == {"retried": dead}
        assert run("webhooks", "list", "--state", "dead").stdout == "0 deliveries\n"


@pytest.mark.parametrize("arguments", [(), ("wbk_1", "--all-dead")])
def test_a_retry_is_of_one_or_of_all(refunded: Running, run: Run, arguments: tuple[str, ...]) -> None:
    result = run("webhooks", "retry", *arguments)

    assert result.exit_code == 2
    assert "either the id of a delivery, or --all-dead" in result.stderr


def test_a_misspelt_delivery_meets_the_nearest(refunded: Running, run: Run) -> None:
    delivery = first_id(run)

    result = run("webhooks", "show", f"{delivery[:-2]}x")

    assert result.exit_code == 2
    assert f"did you mean {delivery!r}?" in result.stderr
