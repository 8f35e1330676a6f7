"""https: the certificate that is made, and the server's connections inside TLS. Real sockets on loopback."""

import http.client
import json
import os
import socket
import ssl
import stat
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import processout
import pytest
import requests
import trustme
from flask import Flask

from mockpsp.config import Settings
from mockpsp.serving import certificates
from mockpsp.serving.app import create_app
from mockpsp.serving.certificates import CertificateError
from mockpsp.serving.server import Server

AUTH = ("test-proj_tls", "key_sandbox_tls")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, str]]:
    """A server that speaks https, and the file to trust."""
    settings = Settings(db=str(tmp_path_factory.mktemp("tls") / "a.db"), port=0, clock="manual", tls=True)
    with certificates.open_tls(settings) as tls:
        assert tls is not None
        app = create_app(settings)
        server = Server(app, settings, tls=tls.context)
        server.start()
        yield server, tls.ca
        server.stop()
        app.extensions["mockpsp"].close()


@pytest.fixture
def client(served: tuple[Server, str]) -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.auth, session.verify, session.trust_env = AUTH, served[1], False
        yield session


def secure(served: tuple[Server, str]) -> ssl.SSLSocket:
    context = ssl.create_default_context(cafile=served[1])
    plain = socket.create_connection(("127.0.0.1", served[0].port), timeout=10)
    return context.wrap_socket(plain, server_hostname="127.0.0.1")


def everything(sock: socket.socket) -> bytes:
    return b"".join(iter(lambda: sock.recv(65_536), b""))


def test_a_client_that_trusts_the_file_is_answered_by_every_name(
    served: tuple[Server, str], client: requests.Session
) -> None:
    server = served[0]

    assert server.url == f"https://127.0.0.1:{server.port}"
    for host in ("127.0.0.1", "localhost"):
        assert client.get(f"https://{host}:{server.port}/healthz", timeout=10).json()["ok"] is True


def test_a_client_that_does_not_trust_it_refuses(served: tuple[Server, str]) -> None:
    with pytest.raises(requests.exceptions.SSLError):
        requests.get(f"{served[0].url}/healthz", timeout=10)


def test_the_official_client_pays_over_https(served: tuple[Server, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", served[1])
    client = processout.ProcessOut(*AUTH)
    client.host = served[0].url
    card = requests.post(
        f"{served[0].url}/cards",
        json={"number": "4242424242424242", "exp_month": 12, "exp_year": 2030},
        auth=AUTH,
        timeout=10,
    ).json()["card"]["id"]

    invoice = client.new_invoice({"name": "Order", "amount": "10.00", "currency": "EUR"}).create()

    assert invoice.capture(card)[0].status == "completed"


def test_a_connection_answers_many_requests_large_and_small(served: tuple[Server, str]) -> None:
    context = ssl.create_default_context(cafile=served[1])
    with closing(http.client.HTTPSConnection("127.0.0.1", served[0].port, timeout=10, context=context)) as connection:
        connection.connect()
        first = connection.sock
        for size in (10, 20_000, 300_000, 10, 900_000):
            connection.request("POST", "/nowhere", body=b"x" * size)
            answer = connection.getresponse()
            assert (answer.status, json.loads(answer.read())["error_type"]) == (404, "request.route-not-found")

        assert connection.sock is first


def test_requests_in_one_record_or_cut_into_many_are_all_answered(served: tuple[Server, str]) -> None:
    two = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    with secure(served) as whole, secure(served) as cut:
        whole.sendall(two)
        for start in range(0, len(two), 7):
            cut.sendall(two[start : start + 7])

        assert [everything(one).count(b"HTTP/1.1 200 OK") for one in (whole, cut)] == [2, 2]


def test_what_is_malformed_is_refused_inside_tls_too(served: tuple[Server, str]) -> None:
    with secure(served) as client:
        client.sendall(b"nonsense\r\n\r\n")
        answer = everything(client)

    assert answer.startswith(b"HTTP/1.1 400")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["error_type"] == "request.bad-format"


def test_a_body_over_the_limit_is_answered_while_it_is_still_sent(
    served: tuple[Server, str], client: requests.Session
) -> None:
    answer = client.post(f"{served[0].url}/customers", data=b"x" * (6 << 20), timeout=20)

    assert (answer.status_code, answer.json()["error_type"]) == (413, "request.too-much")


def test_plain_http_is_told_that_the_port_speaks_https(served: tuple[Server, str]) -> None:
    answer = requests.post(f"http://127.0.0.1:{served[0].port}/customers", data=b"x" * 100_000, timeout=10)

    assert (answer.status_code, answer.json()["error_type"]) == (400, "request.bad-format")
    assert "https" in answer.json()["message"]


def test_a_client_that_stays_silent_or_talks_nonsense_keeps_out_nobody(
    served: tuple[Server, str], client: requests.Session
) -> None:
    silent = [socket.create_connection(("127.0.0.1", served[0].port)) for _ in range(20)]
    for noise in (b"\x16", b"\x16\x03\x01\xff\xff" + b"\x00" * 500, b""):
        with socket.create_connection(("127.0.0.1", served[0].port)) as one:
            one.sendall(noise)

    assert client.get(f"{served[0].url}/healthz", timeout=10).json()["ok"] is True
    for one in silent:
        one.close()


def test_bytes_that_are_no_tls_in_the_middle_end_that_connection_alone(
    served: tuple[Server, str], client: requests.Session
) -> None:
    for _ in range(12):
        broken = secure(served)
        raw = socket.socket(fileno=os.dup(broken.fileno()))
        raw.sendall(b"\x17\x03\x03\x00\x20" + b"\x00" * 32)
        raw.settimeout(10)
        everything(raw)
        raw.close()
        broken.close()

    assert client.get(f"{served[0].url}/healthz", timeout=10).json()["ok"] is True


def test_many_clients_at_once(served: tuple[Server, str], client: requests.Session) -> None:
    client.post(f"{served[0].url}/sandbox/reset", json={}, timeout=10)
    started = threading.Barrier(8)

    def make(n: int) -> str:
        started.wait(10)
        url = f"{served[0].url}/customers"
        return str(requests.post(url, json={}, auth=AUTH, verify=served[1], timeout=20).json()["customer"]["id"])

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(make, range(8)))) == 8


def test_the_authority_is_kept_and_private(tmp_path: Path) -> None:
    settings = Settings(db=str(tmp_path / "a.db"), tls=True)
    with certificates.open_tls(settings) as first:
        assert first is not None
        kept = Path(first.ca).read_bytes()
    with certificates.open_tls(settings) as second:
        assert second is not None
        assert Path(second.ca).read_bytes() == kept

    folder = tmp_path / "a.db.tls"
    assert sorted(path.name for path in folder.iterdir()) == ["ca.key", "ca.pem", "server.pem"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_database_in_memory_leaves_no_certificate_behind() -> None:
    with certificates.open_tls(Settings(db=":memory:", tls=True)) as tls:
        assert tls is not None
        assert Path(tls.ca).exists()

    assert not Path(tls.ca).parent.exists()


def test_a_spoiled_folder_is_refused_by_name(tmp_path: Path) -> None:
    settings = Settings(db=str(tmp_path / "a.db"), tls=True)
    with certificates.open_tls(settings):
        (tmp_path / "a.db.tls" / "ca.key").write_text("spoiled")

    with pytest.raises(CertificateError, match=r"a\.db\.tls.*remove it"), certificates.open_tls(settings):
        pass


def test_a_certificate_of_ones_own_is_served(tmp_path: Path) -> None:
    authority = trustme.CA()
    leaf = authority.issue_cert("localhost")
    leaf.cert_chain_pems[0].write_to_path(str(tmp_path / "own.pem"))
    leaf.private_key_pem.write_to_path(str(tmp_path / "own.key"))
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    settings = Settings(tls_cert=str(tmp_path / "own.pem"), tls_key=str(tmp_path / "own.key"))

    with certificates.open_tls(settings) as tls:
        assert tls is not None
        server = Server(Flask("own"), replace(settings, port=0), tls=tls.context)
        server.start()
        answer = requests.get(f"https://localhost:{server.port}", verify=str(tmp_path / "ca.pem"), timeout=10)
        server.stop()

    assert (answer.status_code, tls.ca) == (404, "")


@pytest.mark.parametrize("content", [None, b"", b"not a certificate"])
def test_a_certificate_that_cannot_be_used_is_refused_by_name(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "own.pem").write_bytes(content)

    with (
        pytest.raises(CertificateError, match=r"own\.pem"),
        certificates.open_tls(Settings(tls_cert=str(tmp_path / "own.pem"))),
    ):
        pass


def broken(client: requests.Session, url: str, do: str, when: str | None) -> None:
    """The next call for a new customer meets this fault."""
    fault = {"match": "POST /customers", "do": do, **({"when": when} if when else {})}
    assert client.post(f"{url}/sandbox/faults", json=fault, timeout=10).status_code == 200


@pytest.mark.parametrize(
    ("do", "when", "error"),
    [
        ("reset", "after_commit", requests.ConnectionError),
        ("stall 1s", "before_commit", requests.ConnectionError),
        ("truncate", None, requests.exceptions.ChunkedEncodingError),
        ("reset", "while_answering", requests.exceptions.ChunkedEncodingError),
    ],
)
def test_a_fault_breaks_a_secure_connection_too(
    served: tuple[Server, str], client: requests.Session, do: str, when: str | None, error: type[Exception]
) -> None:
    broken(client, served[0].url, do, when)

    with pytest.raises(error):
        client.post(f"{served[0].url}/customers", json={}, timeout=10)

    assert client.post(f"{served[0].url}/customers", json={}, timeout=10).status_code == 200


def test_a_reset_is_one_below_tls(served: tuple[Server, str], client: requests.Session) -> None:
    """Looked for beneath Python's `ssl`, which calls any end an end of file."""
    broken(client, served[0].url, "reset", "after_commit")
    login = requests.auth._basic_auth_str(*AUTH)
    with secure(served) as sock:
        head = f"POST /customers HTTP/1.1\r\nHost: localhost\r\nAuthorization: {login}\r\nContent-Length: 0\r\n\r\n"
        sock.sendall(head.encode())
        with socket.socket(fileno=os.dup(sock.fileno())) as beneath, pytest.raises(ConnectionResetError):
            beneath.settimeout(10)
            while beneath.recv(65_536):
                pass


def test_the_names_that_browser_clients_make_of_a_host_are_in_the_certificate(tmp_path: Path) -> None:
    settings = Settings(db=str(tmp_path / "a.db"), tls=True, allowed_hosts=("shop.test:8443", "10.0.0.5"))
    with certificates.open_tls(settings) as tls:
        assert tls is not None
        listener = socket.create_server(("127.0.0.1", 0))
        with listener, ThreadPoolExecutor(1) as pool:
            for name in ("api.localhost", "checkout.localhost", "shop.test", "api.shop.test", "checkout.shop.test"):
                answered = pool.submit(lambda: tls.context.wrap_socket(listener.accept()[0], server_side=True))
                plain = socket.create_connection(listener.getsockname(), timeout=10)
                context = ssl.create_default_context(cafile=tls.ca)
                with closing(context.wrap_socket(plain, server_hostname=name)), closing(answered.result(10)):
                    pass
