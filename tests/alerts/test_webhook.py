"""Sending to a real server: what is tried again, and that nothing tells the secret address."""

from __future__ import annotations

import logging
import socket
import threading

import pytest

from orchestration import webhook as sending
from orchestration.settings import SettingsError, digest_webhook
from orchestration.webhook import send
from tests.report.receiver import SECRET, Receiver

AT_ONCE = (0.0, 0.0)


@pytest.fixture(autouse=True)
def _said(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture) -> object:
    """Nothing that is logged or printed, at whatever level, may hold the secret."""
    caplog.set_level(logging.DEBUG)
    yield
    logged = [record.getMessage() for record in caplog.get_records("call")]
    said = "\n".join([*logged, *capfd.readouterr()])
    assert "SECRET" not in said
    assert "hush" not in said


def test_a_text_arrives_once_as_it_is(webhook: Receiver) -> None:
    text = '# Week\n- Weekly "active" tokens: 5, Müller & Söhne\n'
    assert send(webhook.url, text) is None
    assert webhook.received == [(f"/services/{SECRET}", "application/json", {"text": text})]


@pytest.mark.parametrize(
    ("answers", "problem", "attempts"),
    [
        ([500, 200], None, 2),
        ([429, 503, 204], None, 3),
        ([503, 503, 503, 503], "answered 503 (Service Unavailable)", 3),
        ([404], "answered 404 (Not Found)", 1),
        ([403, 200], "answered 403 (Forbidden)", 1),
        ([799, 799, 799], "answered 799", 3),
        ([302], "answered with a redirect (302), which is not followed", 1),
        ([307], "answered with a redirect (307), which is not followed", 1),
    ],
)
def test_what_may_pass_is_tried_again(
    webhook: Receiver, answers: list[int], problem: str | None, attempts: int
) -> None:
    webhook.answers = answers
    assert send(webhook.url, "text", AT_ONCE) == problem
    assert webhook.texts == ["text"] * attempts
    assert {path for path, _, _ in webhook.received} == {f"/services/{SECRET}"}


def test_a_server_that_hangs_is_given_up(
    webhook: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "TIMEOUTS", (5.0, 0.2))
    webhook.answers = [0, 0, 0]
    assert send(webhook.url, "text", AT_ONCE) == "did not answer in time"
    assert len(webhook.received) == 3


def test_a_server_that_hangs_once_gets_it_the_second_time(
    webhook: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "TIMEOUTS", (5.0, 0.2))
    webhook.answers = [0]
    assert send(webhook.url, "text", AT_ONCE) is None


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert send(f"http://127.0.0.1:{port}/{SECRET}", "text", AT_ONCE) == "could not be reached"


def test_what_is_no_web_server_is_not_understood() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def chat() -> None:
            for _ in range(2):
                connection, _ = server.accept()
                connection.sendall(b"220 mail.example ESMTP\r\n")
                connection.close()

        threading.Thread(target=chat, daemon=True).start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}/{SECRET}"
        assert send(url, "text", (0.0,)) == "could not be reached"


def test_what_speaks_no_tls_gets_nothing(webhook: Receiver) -> None:
    url = webhook.url.replace("http:", "https:")
    assert send(url, "text", AT_ONCE) == "has no valid TLS or certificate"
    assert webhook.received == []


def test_this_machine_is_not_looked_for_behind_a_proxy(
    webhook: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert send(webhook.url, "text", ()) is None
    assert webhook.texts == ["text"]


@pytest.mark.parametrize(
    "address",
    [
        "https://hooks.example/services/a/b/c",
        "https://user:word@chat.example:8443/hooks/abc?x=1",
        "HTTPS://hooks.example/a",
        "http://127.0.0.1:8065/hooks/abc",
        "http://127.8.9.1/hooks/abc",
        "http://[::1]:8065/hooks/abc",
        "http://localhost:8065/hooks/abc",
    ],
)
def test_an_address_that_may_be_sent_to(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("NORTH_STAR_DIGEST_WEBHOOK", address)
    assert digest_webhook() == address


@pytest.mark.parametrize(
    "address",
    [
        "hush",
        "hooks.example/hush",
        "http://hooks.example/hush",
        "http://127.0.0.1.example/hush",
        "http://localhost.example/hush",
        "http://2130706433/hush",
        "ftp://hooks.example/hush",
        "file:///etc/hush",
        "https:///hush",
        "https://",
        "https://hooks.example:many/hush",
        "https://hooks.example:99999/hush",
        "https://[hush/a",
        "https://hooks.example/hush hush",
        "https://hooks.example/hush\n",
        " https://hooks.example/hush",
        "https://hooks.exämple/hush",
    ],
)
def test_an_address_that_may_not_is_refused_and_not_repeated(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("NORTH_STAR_DIGEST_WEBHOOK", address)
    with pytest.raises(SettingsError) as refused:
        digest_webhook()
    assert str(refused.value).startswith("NORTH_STAR_DIGEST_WEBHOOK is no address that the digest")
    assert "hush" not in str(refused.value)
    assert refused.value.__context__ is None


@pytest.mark.parametrize("value", [None, ""])
def test_without_an_address_nothing_is_sent(
    monkeypatch: pytest.MonkeyPatch, value: str | None
) -> None:
    monkeypatch.delenv("NORTH_STAR_DIGEST_WEBHOOK", raising=False)
    if value is not None:
        monkeypatch.setenv("NORTH_STAR_DIGEST_WEBHOOK", value)
    assert digest_webhook() is None
