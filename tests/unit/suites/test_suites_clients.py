import json
import os
import socket
import sys
from pathlib import Path
from typing import Any

import pytest

from suites.clients.runner import Clients
from suites.errors import ClientFailed
from suites.seam.target import read_target


@pytest.fixture
def clients(tmp_path: Path, target_document: dict[str, Any]) -> Clients:
    path = tmp_path / "target.json"
    path.write_text(json.dumps(target_document))
    return Clients(read_target(path))


def test_a_client_sees_the_clouds_of_the_target_and_no_proxy(
    clients: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", "http://proxy.example")
    monkeypatch.setenv("OS_PASSWORD", "of another cloud")
    shown = json.loads(
        clients.run([sys.executable, "-c", "import os,json; print(json.dumps(dict(os.environ)))"], within=10)
    )
    assert shown["OS_CLIENT_CONFIG_FILE"] == str(clients.target.clouds)
    assert shown["OS_CLOUD"] == "staging"
    assert shown["PATH"] == os.environ["PATH"]
    assert not {"https_proxy", "OS_PASSWORD"} & set(shown)


def test_a_client_that_takes_too_long_is_ended_and_told(clients: Clients) -> None:
    with pytest.raises(ClientFailed, match=r"no answer within 0\.2 s"):
        clients.run(["sleep", "5"], within=0.2)


def test_the_last_words_of_a_failed_client_are_told(clients: Clients) -> None:
    with pytest.raises(ClientFailed, match="ended with 3: last words"):
        clients.run(["sh", "-c", "echo first >&2; echo last words >&2; exit 3"], within=5)


def test_a_client_module_answers_json_and_its_failure_is_one_line(clients: Clients) -> None:
    answer = clients.ask("suites.clients.tcp_client", {"endpoints": {"nobody": "127.0.0.1:1"}})
    assert "refused" in answer["nobody"]
    with pytest.raises(ClientFailed, match="ValidationError"):
        clients.ask("suites.clients.tcp_client", {})


def test_a_client_that_connects_says_accepted(clients: Clients) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        answer = clients.ask(
            "suites.clients.tcp_client", {"endpoints": {"here": f"http://127.0.0.1:{port}/v3"}}
        )
    assert answer == {"here": "accepted"}
