"""URLs taken apart, and which hosts may be called."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockpsp.webhooks import targets
from mockpsp.webhooks.errors import MalformedUrl


def at(host: str) -> targets.Target:
    """A target at that host."""
    return targets.parse(f"http://[{host}]/" if host.count(":") > 1 and "[" not in host else f"http://{host}/")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "hook",
        "//127.0.0.1/",
        "ftp://127.0.0.1/",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "http:",
        "http://",
        "http:///path",
        "http://:80/",
        "http://[::1",
        "http://127.0.0.1\\hook",
        "http://[zz]/",
        "http://[fe80::1%25eth0]/",
        "http://127.0.0.1:port/",
        "http://127.0.0.1:65536/",
        "http://127.0.0.1:-1/",
        "http://127.0.0.1:0/",
        "http://[::1]:99999/",
        "http://[::1]x/",
        "http://a[::1]/",
        "http://a]b/",
        "http://[v1.x]/",
        "http://user@[::1/",
        "http://a..b/",
        "http://-/",
        "http://a b/",
        "http://127.0.0.1/\r\nX-Forged: 1",
        "http://127.0.0.1/\x00",
        "http://127.0.0.1/\ud800",
        f"http://{'a' * 64}.test/",
        "http://127.0.0.1/" + "a" * 2048,
    ],
)
def test_what_cannot_be_called_is_malformed(url: str) -> None:
    with pytest.raises(MalformedUrl):
        targets.parse(url)


def test_a_label_of_63_characters_is_a_host() -> None:
    assert targets.parse(f"http://{'a' * 63}.test/").host == "a" * 63 + ".test"


@pytest.mark.parametrize(
    ("url", "host_header"),
    [
        ("http://127.0.0.1/", "127.0.0.1"),
        ("http://127.0.0.1:80/", "127.0.0.1"),
        ("https://127.0.0.1:80/", "127.0.0.1:80"),
        ("http://[::1]:9000/", "[::1]:9000"),
        ("http://LocalHost.:9000/", "localhost:9000"),
        ("http://my_service:9000/", "my_service:9000"),
        ("http://bücher.test/", "xn--bcher-kva.test"),
        ("http://user:word@127.0.0.1:9000/", "127.0.0.1:9000"),
    ],
)
def test_the_host_header_names_the_host_as_it_is_called(url: str, host_header: str) -> None:
    assert targets.parse(url).host_header == host_header


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("http://127.0.0.1", "/"),
        ("http://127.0.0.1?a=1", "/?a=1"),
        ("http://127.0.0.1/a/b?c=d&e=%20#part", "/a/b?c=d&e=%20"),
        ("http://127.0.0.1/é", "/%C3%A9"),
    ],
)
def test_the_path_is_sent_in_ascii_and_escaped_once(url: str, path: str) -> None:
    assert targets.parse(url).path == path


def test_credentials_are_unescaped_into_basic_authorization() -> None:
    # base64 of "us:er:p@ss"
    assert targets.parse("http://us%3Aer:p%40ss@127.0.0.1/").authorization == "Basic dXM6ZXI6cEBzcw=="


def test_without_credentials_there_is_no_authorization() -> None:
    assert targets.parse("http://127.0.0.1/").authorization is None


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.255.255.254", "::1"])
def test_loopback_is_always_allowed(host: str) -> None:
    assert targets.is_allowed(at(host), ())


@pytest.mark.parametrize(
    "host",
    ["0.0.0.0", "10.0.0.1", "169.254.169.254", "::", "fe80::1", "127.1", "2130706433", "localhost.evil.test", "a.test"],
)
def test_any_other_host_is_not(host: str) -> None:
    assert not targets.is_allowed(at(host), ())


def test_a_host_that_the_settings_name_is_allowed() -> None:
    assert targets.is_allowed(at("shop.test"), [targets.allowed_host("Shop.Test")])


def test_naming_a_host_does_not_allow_its_neighbours() -> None:
    assert not targets.is_allowed(at("evil.shop.test"), ["shop.test"])


@given(st.text(max_size=40).map("http://".__add__) | st.text(max_size=40).map("http://127.0.0.1".__add__))
def test_any_text_is_a_target_or_malformed(url: str) -> None:
    with contextlib.suppress(MalformedUrl):
        targets.parse(url).host_header.encode("ascii")


@pytest.mark.parametrize(
    ("written", "kept", "meets", "misses"),
    [
        ("shop", "shop", ["shop", "shop:9000"], ["shop.test", "0.shop"]),
        ("Shop.", "shop", ["shop:80"], []),
        ("shop:9000", "shop:9000", ["shop:9000"], ["shop", "shop:9001"]),
        ("10.0.0.5", "10.0.0.5", ["10.0.0.5:1"], ["10.0.0.50"]),
        ("fe80::1", "[fe80::1]", ["[fe80::1]:9000"], ["[fe80::2]"]),
        ("[FE80::1]", "[fe80::1]", ["[fe80:0:0::1]"], []),
        ("[fe80::1]:9000", "[fe80::1]:9000", ["[fe80::1]:9000"], ["[fe80::1]:80"]),
        ("b\u00fccher.test", "xn--bcher-kva.test", ["b\u00fccher.test"], []),
    ],
)
def test_a_host_is_named_with_its_port_or_for_all_of_them(
    written: str, kept: str, meets: list[str], misses: list[str]
) -> None:
    assert targets.allowed_host(written) == kept
    assert [host for host in (*meets, *misses) if targets.is_named(at(host), [kept])] == meets


@pytest.mark.parametrize(
    "written",
    [
        "",
        "http://shop",
        "shop/hook",
        "shop:",
        "shop:0",
        "shop:99999",
        "a b",
        "*.shop",
        "u@shop",
        "[[::1]]",
        "[10.0.0.5]",
    ],
)
def test_what_names_no_host_is_not_taken_for_one(written: str) -> None:
    with pytest.raises(MalformedUrl):
        targets.allowed_host(written)
