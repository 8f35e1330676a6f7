"""Settings come from variables and the command line, strictly."""

import re
from dataclasses import fields

import pytest

from mockpsp.config import _READERS, Settings, SettingsError


def test_an_empty_environment_gives_the_defaults() -> None:
    assert Settings.from_environ({}) == Settings()


def test_the_defaults_serve_on_loopback() -> None:
    settings = Settings()

    assert (settings.host, settings.port, settings.db) == ("127.0.0.1", 8765, "mockpsp.db")


def test_variables_of_others_are_left_alone() -> None:
    assert Settings.from_environ({"HOME": "/root", "MOCK": "1", "mockpsp_port": "1"}) == Settings()


@pytest.mark.parametrize(
    ("variable", "text", "setting", "value"),
    [
        ("MOCKPSP_HOST", "0.0.0.0", "host", "0.0.0.0"),
        ("MOCKPSP_PORT", "0", "port", 0),
        ("MOCKPSP_DB", ":memory:", "db", ":memory:"),
        ("MOCKPSP_CLOCK", "manual", "clock", "manual"),
        ("MOCKPSP_SEED", "42", "seed", 42),
        ("MOCKPSP_STRICT_KEYS", "true", "strict_keys", True),
        ("MOCKPSP_STRICT_KEYS", "false", "strict_keys", False),
        ("MOCKPSP_ALLOWED_HOSTS", "shop.test, 10.0.0.5", "allowed_hosts", ("shop.test", "10.0.0.5")),
        ("MOCKPSP_ALLOWED_HOSTS", "", "allowed_hosts", ()),
        ("MOCKPSP_RECEIVER_TIMEOUT_MS", "250", "receiver_timeout_ms", 250),
        ("MOCKPSP_THREADS", "16", "threads", 16),
        ("MOCKPSP_CONNECTIONS", "20", "connections", 20),
        ("MOCKPSP_HEADER_BYTES", "2048", "header_bytes", 2048),
        ("MOCKPSP_BODY_BYTES", "5000000", "body_bytes", 5_000_000),
        ("MOCKPSP_HEADER_TIMEOUT_MS", "500", "header_timeout_ms", 500),
        ("MOCKPSP_BODY_TIMEOUT_MS", "500", "body_timeout_ms", 500),
        ("MOCKPSP_IDLE_TIMEOUT_MS", "500", "idle_timeout_ms", 500),
        ("MOCKPSP_ANSWER_TIMEOUT_MS", "500", "answer_timeout_ms", 500),
        ("MOCKPSP_STOP_TIMEOUT_MS", "0", "stop_timeout_ms", 0),
        ("MOCKPSP_TLS", "true", "tls", True),
        ("MOCKPSP_TLS_CERT", "own.pem", "tls_cert", "own.pem"),
    ],
)
def test_a_variable_sets_its_setting(variable: str, text: str, setting: str, value: object) -> None:
    assert getattr(Settings.from_environ({variable: text}), setting) == value


def test_every_setting_can_be_read_from_a_variable() -> None:
    assert set(_READERS) == {field.name for field in fields(Settings)}


def test_the_command_line_wins_over_a_variable() -> None:
    assert Settings.from_environ({"MOCKPSP_PORT": "9000"}, port=9001).port == 9001


def test_an_option_that_was_not_given_leaves_the_variable() -> None:
    assert Settings.from_environ({"MOCKPSP_PORT": "9000"}, port=None).port == 9000


def test_an_unknown_variable_stops_the_start_and_names_the_nearest() -> None:
    with pytest.raises(SettingsError, match="unknown variable MOCKPSP_PROT; the nearest known one is MOCKPSP_PORT"):
        Settings.from_environ({"MOCKPSP_PROT": "9000"})


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("MOCKPSP_PORT", "http"),
        ("MOCKPSP_PORT", ""),
        ("MOCKPSP_PORT", " 80"),
        ("MOCKPSP_PORT", "80\n"),
        ("MOCKPSP_PORT", "٨٠"),
        ("MOCKPSP_PORT", "9" * 5000),
        ("MOCKPSP_STRICT_KEYS", "maybe"),
        ("MOCKPSP_CLOCK", "Wall"),
        ("MOCKPSP_DB", ""),
        ("MOCKPSP_HOST", ""),
        ("MOCKPSP_ALLOWED_HOSTS", "http://shop.test/hook"),
        ("MOCKPSP_RECEIVER_TIMEOUT_MS", "5s"),
        ("MOCKPSP_SEED", "1.5"),
    ],
)
def test_a_malformed_value_stops_the_start_and_is_named(variable: str, text: str) -> None:
    with pytest.raises(SettingsError, match=f"{variable} is .*, it must be "):
        Settings.from_environ({variable: text})


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("shop, http://shop.test/hook", "http://shop.test/hook"),
        ("*.shop.test, shop", "*.shop.test"),
        ("10.0.0.0/8", "10.0.0.0/8"),
        ("shop mockpsp", "shop mockpsp"),
        ("shop:", "shop:"),
        ("[[::1]]", "[[::1]]"),
        ("[10.0.0.5]", "[10.0.0.5]"),
        ("fe80::1%eth0", "fe80::1%eth0"),
    ],
)
def test_what_is_no_host_among_allowed_ones_is_named_with_what_would_be_one(text: str, wrong: str) -> None:
    said = f"it must be host names or addresses with commas between them, such as shop or [::1]:9000; {wrong!r} is none"

    with pytest.raises(SettingsError, match=re.escape(f"MOCKPSP_ALLOWED_HOSTS is {text!r}, {said}")):
        Settings.from_environ({"MOCKPSP_ALLOWED_HOSTS": text})
    with pytest.raises(SettingsError, match=re.escape(f"allowed_hosts is {text!r}, {said}")):
        Settings(allowed_hosts=tuple(text.split(", ")))


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("port", 65_536),
        ("port", -1),
        ("seed", -1),
        ("threads", 0),
        ("connections", 0),
        ("header_bytes", 100),
        ("body_bytes", 0),
        ("body_timeout_ms", 0),
        ("receiver_timeout_ms", 0),
        ("clock", "sundial"),
    ],
)
def test_a_value_out_of_range_is_refused_wherever_it_comes_from(setting: str, value: object) -> None:
    with pytest.raises(SettingsError, match=f"{setting} is .*{value}"):
        Settings.from_environ({}, **{setting: value})


def test_an_empty_host_is_refused_wherever_it_comes_from() -> None:
    with pytest.raises(SettingsError, match="host is empty, it must be a host name or address"):
        Settings.from_environ({}, host="")


def test_a_key_without_its_certificate_is_refused() -> None:
    with pytest.raises(SettingsError, match="tls_key is given without tls_cert"):
        Settings(tls_key="own.key")


def test_what_commands_read_themselves_stops_no_server() -> None:
    assert Settings.from_environ({"MOCKPSP_URL": "http://a", "MOCKPSP_PROJECT": "b", "MOCKPSP_KEY": "c"}) == Settings()
