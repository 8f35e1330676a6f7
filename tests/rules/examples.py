"""How each kind of block is judged: what stands in the comment before it -> what is done with it.

A judge gets the block and pytest's request, from which it takes the fixtures it needs. To add a kind: a judge, its row
in `JUDGES`, and its comment before the blocks.
"""

import json
import os
import re
import shlex
import socket
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import click
import pytest
import requests

from mockpsp.catalog import load_catalog
from mockpsp.cli import mockpsp as command
from mockpsp.cli import serve
from mockpsp.config import PREFIX, Settings
from mockpsp.sandbox_client import Sandbox
from mockpsp.scenarios.comparing.compare import chosen_gateways, compare
from mockpsp.scenarios.language.loader import load
from mockpsp.scenarios.replaying.against import Against
from mockpsp.scenarios.replaying.runner import run
from mockpsp.serving.app import create_app
from tests.docs.pages import ROOT
from tests.docs.reading import Block, blocks_of
from tests.mockpsp.pytest_runs import PYTEST
from tests.scenarios.replaying.example_shop import running, shop

#: What `mockpsp serve` listens on, and the handler of the README.
ADDRESS, HANDLER_PORT = "http://127.0.0.1:8765", 9000
#: Programs that stand for the reader's own.
_THEIR_OWN = ("ruby", "python", "node")
_FILE = re.compile(r"[a-z-]+\.[a-z]+")


def judge_tour(block: Block, request: pytest.FixtureRequest) -> None:
    """It runs twice on one server, as that prints it; then the commands after it have something to say."""
    (after,) = blocks_of("after the tour")
    with served(request) as (ready, folder):
        code = block.text.replace(ADDRESS, ready["url"])
        assert ready["url"] in code and ready["project_id"] in code and ready["secret"] in code
        exec(code, {})
        exec(code, {})
        for words in lines(after.text):
            assert words[0] == "mockpsp"
            done = ended([sys.executable, "-m", *words], folder)
            assert done.returncode == 0 and done.stdout, done.stderr


def judge_after_the_tour(block: Block, request: pytest.FixtureRequest) -> None:
    """The tour's judge runs it; what it needs is known here."""
    assert blocks_of("tour")


def judge_handler(block: Block, request: pytest.FixtureRequest) -> None:
    """Registered as the README says, it prints the event of a payment; what is not signed it answers with 400."""
    (register,) = blocks_of("register")
    with served(request) as (ready, folder), free_port() as port:
        (folder / "shop.py").write_text(block.text.replace(str(HANDLER_PORT), str(port)))
        environment = {**clean(), "WEBHOOK_SECRET": ready["webhook_secret"]}
        words = [sys.executable, "shop.py"]
        shop = subprocess.Popen(words, cwd=folder, env=environment, stdout=-1, stderr=-1, text=True)
        try:
            wait_for(port, shop)
            assert requests.post(f"http://127.0.0.1:{port}/webhooks", json={}, timeout=10).status_code == 400
            post_like_curl(register, ready["url"], port)
            with Sandbox(ready["url"], ready["project_id"], ready["secret"]) as sandbox:
                order = sandbox.post("/invoices", {"name": "Order", "amount": "9.99", "currency": "EUR"})["invoice"]
                sandbox.post(f"/invoices/{order['id']}/capture", {"source": sandbox.card()})
                sandbox.settle()
                (delivered,) = [
                    one
                    for one in sandbox.get("/sandbox/deliveries")["deliveries"]
                    if one["event_type"] == "transaction.captured"
                ]
        finally:
            shop.terminate()
            out, err = shop.communicate(timeout=20)
        assert delivered["state"] == "delivered", err
        assert f"transaction.captured {delivered['event_id']}" in out.splitlines()


def post_like_curl(block: Block, url: str, port: int) -> None:
    """Send what a curl line sends."""
    program, *words = shlex.split(block.text.replace("\\\n", " "))
    given = dict(pairwise(words))
    (address,) = [word for word in words if word.startswith("http://")]
    assert program == "curl" and [word for word in words if word.startswith("-")] == ["-u", "--json"]
    user, _, password = given["-u"].partition(":")
    body = json.loads(given["--json"].replace(str(HANDLER_PORT), str(port)))
    answer = requests.post(address.replace(ADDRESS, url), json=body, auth=(user, password), timeout=10)
    assert answer.json()["success"], answer.text


def judge_register(block: Block, request: pytest.FixtureRequest) -> None:
    """The handler's judge sends it."""
    assert blocks_of("handler")


def judge_pytest(block: Block, request: pytest.FixtureRequest) -> None:
    """It passes in a project of its own."""
    folder: Path = request.getfixturevalue("tmp_path")
    (folder / "test_example.py").write_text(block.text)
    done = ended([*PYTEST, "-q", str(folder)], folder)
    assert re.match(r"\.+ .*[1-9]\d* passed", done.stdout, re.DOTALL), done.stdout + done.stderr


def judge_lines_for_node(block: Block, request: pytest.FixtureRequest) -> None:
    """What it starts and calls is there; vitest and jest run it where npm is (tests/judges/node.py)."""
    (words,) = re.findall(r"const options = (\[.*\]);", block.text)
    parse(json.loads(words))
    check_paths(block)


def judge_test_in_node(block: Block, request: pytest.FixtureRequest) -> None:
    """It uses what the helper has, and calls what is there."""
    (helper,) = blocks_of("node helper")
    assert "exports.start =" in helper.text and "{ start }" in block.text
    assert set(re.findall(r"world\.(\w+)", block.text)) <= set(re.findall(r"function (\w+)", helper.text))
    check_paths(block)


def check_paths(block: Block) -> None:
    """Each path that a call names is a route."""
    app = create_app(Settings(db=":memory:"))
    app.extensions["mockpsp"].close()
    routes = app.url_map.bind("127.0.0.1")
    for method, path in re.findall(r'call\("([A-Z]+)", ["`]([^"`]+)["`]', block.text):
        routes.match(re.sub(r"\$\{[^}]+\}", "an_id", path), method)


def judge_in_a_test(block: Block, request: pytest.FixtureRequest) -> None:
    """It runs where the fixture is at hand."""
    exec(block.text, {"mockpsp": request.getfixturevalue("mockpsp")})


def judge_story(block: Block, request: pytest.FixtureRequest) -> None:
    """It replays in every cell of its matrix, and can be compared."""
    file: Path = request.getfixturevalue("tmp_path") / "story.yaml"
    url: str = request.getfixturevalue("mockpsp_server")
    file.write_text(block.text)
    story = load(file)
    for number, cell in enumerate(story.cells(), start=1):
        result = run(story, url, cell=cell, number=number)
        assert result.ok, result.differences
    assert chosen_gateways(story) == []
    if "psp" not in story.matrix:
        return
    (fate,) = compare(story, url, story.matrix["psp"][:1])
    assert fate.survived, fate.refusal


def judge_shared_steps(block: Block, request: pytest.FixtureRequest) -> None:
    """A story uses them as the text beside them says, over and over."""
    folder: Path = request.getfixturevalue("tmp_path")
    url: str = request.getfixturevalue("mockpsp_server")
    (folder / "pay.yaml").write_text(block.text)
    use = 'use: pay.yaml, with: {amount: "9.00"}, save: {tr: payment}, repeat: 2'
    look = 'call: "GET /transactions/${tr}", expect: {body: {transaction: {captured_amount: "9.00"}}}'
    (folder / "story.yaml").write_text(f"format: 1\nname: Shared\nsteps:\n- {{{use}}}\n- {{{look}}}\n")
    result = run(load(folder / "story.yaml"), url, cell={})
    assert result.ok, result.differences


def judge_story_of_an_application(block: Block, request: pytest.FixtureRequest) -> None:
    """It replays against a shop of that kind."""
    file: Path = request.getfixturevalue("tmp_path") / "story.yaml"
    url: str = request.getfixturevalue("mockpsp_server")
    file.write_text(block.text)
    story = load(file)
    secret = story.receivers[0].secret or ""
    who = ("test-proj_shop", "key_sandbox_shop")
    with running(shop(api=url, project_id=who[0], secret=who[1], webhook_secret=secret)) as address:
        result = run(story, url, cell={}, against=Against(address, *who))
    assert result.ok, result.differences


def judge_profile(block: Block, request: pytest.FixtureRequest) -> None:
    """It is read as a PSP that charges the fixed part of the one it is like."""
    folder: Path = request.getfixturevalue("tmp_path")
    (folder / "north.toml").write_text(block.text)
    north = load_catalog(str(folder)).profiles["north"]
    assert (north.captures_max, north.capture_fee.fixed_minor["EUR"]) == (3, 30)


def judge_requests(block: Block, request: pytest.FixtureRequest) -> None:
    """Sent in order to one universe, each is answered with success."""
    sandbox: Sandbox = request.getfixturevalue("mockpsp")
    for part in block.text.strip().split("\n\n"):
        line, _, body = part.partition("\n")
        method, path = line.split(" ")
        answer = sandbox.call(method, path, json.loads(body))
        assert answer.json()["success"], answer.text


def judge_shell(block: Block, request: pytest.FixtureRequest) -> None:
    """Every line is a target of make, a package that the project knows, or a command with options that it takes."""
    request.getfixturevalue("monkeypatch").chdir(request.getfixturevalue("tmp_path"))
    for words in lines(block.text):
        while "=" in words[0]:
            name = words.pop(0).partition("=")[0]
            assert name in variables() or name in serve._TRUST, name
        program, *rest = words
        if program == "make":
            assert re.search(rf"^{rest[0]}:", (ROOT / "Makefile").read_text(), re.MULTILINE), rest
        elif program == "mockpsp":
            parse(rest)
        else:
            assert program in _THEIR_OWN and len(rest) == 1, words


def parse(words: list[str]) -> None:
    """The command line is one that a command takes; the files it names are thought to be there."""
    found, rest = command, list(words)
    while isinstance(found, click.Group):
        child = found.get_command(click.Context(found), rest.pop(0))
        assert child is not None, words
        found = child
    for word in filter(_FILE.fullmatch, rest):
        Path(word).touch()
    with found.make_context(found.name, rest):
        pass


def lines(text: str) -> Iterator[list[str]]:
    """The words of each line, without comments and without where its output goes."""
    for line in text.splitlines():
        words = shlex.split(line.partition(" > ")[0], comments=True)
        if words:
            yield words


def variables() -> set[str]:
    """The settings there are."""
    return {PREFIX + name.upper() for name in Settings.__dataclass_fields__}


def packages() -> set[str]:
    """What the project is known to work with, by name."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *(one for extra in project["optional-dependencies"].values() for one in extra)]
    return {re.split(r"[^A-Za-z0-9_.-]", one)[0] for one in wanted}


def clean() -> dict[str, str]:
    """This process's environment without settings."""
    return {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}


def ended(words: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """A program that has run in that folder."""
    return subprocess.run(words, cwd=folder, env=clean(), capture_output=True, text=True, timeout=120)


@contextmanager
def served(request: pytest.FixtureRequest) -> Iterator[tuple[Mapping[str, Any], Path]]:
    """What `mockpsp serve` says in a folder of its own, and that folder."""
    folder: Path = request.getfixturevalue("tmp_path")
    words = [sys.executable, "-m", "mockpsp", "serve", "--port", "0", "--json"]
    process = subprocess.Popen(words, cwd=folder, env=clean(), stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline()), folder
    finally:
        process.terminate()
        process.communicate(timeout=20)


@contextmanager
def free_port() -> Iterator[int]:
    """A port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
    yield port


def wait_for(port: int, process: subprocess.Popen[str]) -> None:
    """Somebody listens on that port."""
    again = requests.adapters.Retry(20, backoff_factor=0.05)
    with requests.Session() as session:
        session.mount("http://", requests.adapters.HTTPAdapter(max_retries=again))
        assert session.get(f"http://127.0.0.1:{port}/", timeout=10).status_code == 404, process.poll()


JUDGES: dict[str, Callable[[Block, pytest.FixtureRequest], None]] = {
    "tour": judge_tour,
    "after the tour": judge_after_the_tour,
    "handler": judge_handler,
    "register": judge_register,
    "pytest": judge_pytest,
    "node helper": judge_lines_for_node,
    "vitest": judge_test_in_node,
    "jest": judge_test_in_node,
    "in a test": judge_in_a_test,
    "story": judge_story,
    "shared steps": judge_shared_steps,
    "story of an application": judge_story_of_an_application,
    "profile": judge_profile,
    "requests": judge_requests,
    "shell": judge_shell,
}
