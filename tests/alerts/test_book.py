"""Each channel is told of each incident once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from orchestration.alerts import Incident, tell
from orchestration.settings import DataFolder

NOW = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)


class Listener:
    """A channel that answers as it is told."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.heard: list[str] = []
        self.problem: str | None = None

    def send(self, incident: Incident) -> str | None:
        if not self.problem:
            self.heard.append(incident.key)
        return self.problem


def incident(key: str, since: datetime = NOW) -> Incident:
    return Incident(key, f"{key} is wrong", "It is.", since, "Something.")


def test_what_stays_wrong_is_told_once(data: DataFolder) -> None:
    chat = Listener("the chat")
    for minutes in range(5):
        told = tell(data, [incident("a")], [chat], NOW + timedelta(minutes=minutes))
        assert str(told) == "1 open: a is wrong."
    assert chat.heard == ["a"]


def test_what_is_over_and_comes_back_is_told_again(data: DataFolder) -> None:
    chat = Listener("the chat")
    for hour, wrong in enumerate((["a"], ["a", "b"], ["b"], [], ["a", "b"])):
        now = NOW + timedelta(hours=hour)
        told = tell(data, [incident(key, now) for key in wrong], [chat], now)
        assert len(told.open) == len(wrong)
    assert chat.heard == ["a", "b", "a", "b"]


def test_what_was_only_out_of_sight_is_not_told_again(data: DataFolder) -> None:
    chat = Listener("the chat")
    for wrong in (["a"], [], ["a"]):
        tell(data, [incident(key) for key in wrong], [chat], NOW)
    assert chat.heard == ["a"]


def test_what_is_long_over_is_forgotten(data: DataFolder) -> None:
    tell(data, [incident("a")], [], NOW)
    tell(data, [], [], NOW)
    assert "a" in data.incidents.read_text()
    tell(data, [], [], NOW + timedelta(days=8))
    assert data.incidents.read_text() == "{}"


def test_a_channel_that_was_down_is_told_later_and_the_other_not_again(data: DataFolder) -> None:
    chat, mail = Listener("the chat"), Listener("the mail server")
    mail.problem = "could not be reached"
    told = tell(data, [incident("a")], [chat, mail], NOW)
    assert told.problems == ("the mail server could not be reached.",)
    mail.problem = None
    # Not at every look: the pauses grow.
    tell(data, [incident("a")], [chat, mail], NOW + timedelta(seconds=10))
    assert mail.heard == []
    tell(data, [incident("a")], [chat, mail], NOW + timedelta(seconds=40))
    assert (chat.heard, mail.heard) == (["a"], ["a"])


def test_pauses_grow_up_to_an_hour(data: DataFolder) -> None:
    chat = Listener("the chat")
    chat.problem = "did not answer in time"
    tries = 0
    for second in range(0, 3 * 3600, 30):
        told = tell(data, [incident("a")], [chat], NOW + timedelta(seconds=second))
        tries += len(told.problems)
    assert 8 <= tries <= 10


def test_it_began_when_it_was_first_seen(data: DataFolder) -> None:
    tell(data, [incident("a", NOW)], [])
    told = tell(data, [incident("a", NOW + timedelta(hours=3))], [])
    assert told.open[0].since == NOW
    assert told.open[0].name == incident("a", NOW).name


def test_a_book_that_cannot_be_read_is_begun_anew(data: DataFolder) -> None:
    data.incidents.write_text('{"a": {"since": 1, "surprise": 2}}')
    chat = Listener("the chat")
    tell(data, [incident("a")], [chat], NOW)
    tell(data, [incident("a")], [chat], NOW)
    assert chat.heard == ["a"]


def test_all_is_well_without_a_file(data: DataFolder) -> None:
    assert str(tell(data, [], [Listener("the chat")], NOW)) == "All is well."
    assert not data.incidents.exists()
