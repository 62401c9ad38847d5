"""Alerts by a real webhook and a real mail server."""

from __future__ import annotations

import socket
from datetime import UTC, datetime
from urllib.parse import quote

import pytest

from orchestration.alerts.channels import Chat, Mailbox, channels
from orchestration.alerts.incident import Incident
from orchestration.settings import SettingsError, alert_mail
from tests.alerts.mail_server import PASSWORD, USER, MailServer
from tests.report.receiver import Receiver

INCIDENT = Incident(
    key="run refresh failed",
    title="publication blocked (refresh)",
    what="1 check failed: assert_clocks. See ada@acme.io <!channel> *now*",
    since=datetime(2026, 11, 24, 5, 0, tzinfo=UTC),
    cause="Clocks.",
    link="https://dagster.example/runs/1",
)
TO = "on-call@acme.io, lead@acme.io"


@pytest.fixture
def mail(monkeypatch: pytest.MonkeyPatch, mail_server: MailServer) -> MailServer:
    """The server, named in the environment."""
    name_server(monkeypatch, f"smtp://{USER}:{quote(PASSWORD)}@127.0.0.1:{mail_server.port}")
    return mail_server


def name_server(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("NORTH_STAR_ALERT_SMTP", url)
    monkeypatch.setenv("NORTH_STAR_ALERT_FROM", "north-star@acme.io")
    monkeypatch.setenv("NORTH_STAR_ALERT_TO", TO)


def test_a_message_says_what_since_when_why_and_where_to_look() -> None:
    assert INCIDENT.text.splitlines() == [
        "North Star: publication blocked (refresh)",
        "What: 1 check failed: assert_clocks. See (an e-mail address) &lt;!channel&gt; \\*now\\*",
        "Since: 2026-11-24 05:00 UTC",
        "Likely cause: Clocks.",
        "Look at: https://dagster.example/runs/1",
        f"Incident {INCIDENT.name}; there is no further message on it.",
    ]


def test_a_chat_gets_it(webhook: Receiver) -> None:
    assert Chat(webhook.url).send(INCIDENT) is None
    assert webhook.texts == [INCIDENT.text]


def test_a_mailbox_gets_it(mail: MailServer) -> None:
    (channel,) = channels()
    assert channel.send(INCIDENT) is None
    (message,) = mail.messages
    assert message["Subject"] == INCIDENT.subject
    assert (message["From"], message["To"]) == ("north-star@acme.io", TO)
    assert message["Message-ID"] == f"<{INCIDENT.name}@north-star.acme.io>"
    assert message.get_content().splitlines() == INCIDENT.text.splitlines()


def test_one_recipient_who_is_gone_keeps_it_from_nobody_else(mail: MailServer) -> None:
    mail.refuses = {"lead@acme.io"}
    assert channels()[0].send(INCIDENT) is None
    assert len(mail.messages) == 1


@pytest.mark.parametrize(
    ("refuses", "answer", "problem"),
    [
        ({"on-call@acme.io", "lead@acme.io"}, "250 OK", "refused every recipient"),
        (set(), "452 The disk is full", "answered 452"),
    ],
)
def test_what_a_server_refuses_is_one_sentence(
    mail: MailServer, refuses: set[str], answer: str, problem: str
) -> None:
    mail.refuses, mail.answer = refuses, answer
    assert channels()[0].send(INCIDENT) == problem
    assert mail.messages == []


def test_a_wrong_password_is_told_without_it(
    mail: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    name_server(monkeypatch, f"smtp://{USER}:SECRET@127.0.0.1:{mail.port}")
    assert channels()[0].send(INCIDENT) == "refused the user or the password"
    assert "SECRET" not in repr(channels()[0])


def test_nobody_at_home_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        name_server(monkeypatch, f"smtp://127.0.0.1:{probe.getsockname()[1]}")
    assert channels()[0].send(INCIDENT) == "could not be reached"


def test_another_machine_has_to_offer_encryption(monkeypatch: pytest.MonkeyPatch) -> None:
    name_server(monkeypatch, "smtp://mail.example")
    assert (alert_mail().port, alert_mail().security) == (587, "starttls")
    name_server(monkeypatch, "smtps://mail.example")
    assert (alert_mail().port, alert_mail().security) == (465, "tls")


def test_a_server_without_encryption_gets_nothing(
    mail: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailbox = Mailbox(alert_mail())
    object.__setattr__(mailbox.mail, "security", "starttls")
    assert mailbox.send(INCIDENT) == "offers no STARTTLS, and nothing is sent without"
    assert mail.messages == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("NORTH_STAR_ALERT_SMTP", "mail.example SECRET"),
        ("NORTH_STAR_ALERT_FROM", "SECRET"),
        ("NORTH_STAR_ALERT_TO", ""),
        ("NORTH_STAR_ALERT_WEBHOOK", "http://hooks.example/SECRET"),
    ],
)
def test_a_wrong_address_is_one_sentence_without_the_secret(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    name_server(monkeypatch, "smtp://mail.example")
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as refused:
        channels()
    assert name in str(refused.value)
    assert "SECRET" not in str(refused.value)
    assert str(refused.value).count("\n") == 0
