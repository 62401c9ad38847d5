"""Names that would like to be more than names."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from orchestration.report.markdown import harmless
from tests.report.marts import TABLES, digest, published

# As chats and Dagster's page read it: CommonMark with strikethrough and tables.
_MARKDOWN = MarkdownIt("commonmark").enable(["strikethrough", "table"])

HOSTILE = [
    "[x](http://evil.example)",
    "![x](http://evil.example/pixel.png)",
    "[x][1]",
    "<script>alert(1)</script>",
    "<http://evil.example|Acme>",
    "<!channel>",
    "<@U024BE7LH>",
    "@channel and @all",
    "http://evil.example/a",
    "www.evil.example",
    "**Acme** _Sons_ __Ltd__ *x* ~~old~~ ~x~",
    "`rm -rf`",
    "a | b\n|---|---|",
    "Acme\n\n# Week of 2099-01-01\n- Weekly active tokens: 9",
    "Acme\r\n```\nselect 1",
    "Acme\\",
    "\\[x](http://evil.example)",
    "&lt;b&gt; &#91;x&#93; &copy;",
    "Acme\u202egnp.exe",
    "Acme\u2028line",
    "zero\u200bwidth\x00\x1b[31m",
    "snake_case_name _x_ a__b__c",
    "<a href='javascript:alert(1)'>Acme</a>",
    "AT&T, Johnson & Johnson (C++ GmbH & Co. KG) #1!",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_is_shown_as_it_is_and_does_nothing(name: str) -> None:
    shown = harmless(name)
    (block,) = [token for token in _MARKDOWN.parse(f"- {shown} [1]") if token.type == "inline"]
    assert {token.type for token in block.children} <= {"text", "text_special"}, block.children
    seen = "".join(token.content for token in block.children).replace("\u2060", "")
    expected = " ".join(re.sub(r"[\x00\x1b\u200b\u202e]", " ", name).split())
    assert seen == f"{expected} [1]"


@pytest.mark.parametrize("name", HOSTILE)
def test_no_chat_finds_a_link_or_somebody_to_call_in_a_name(name: str) -> None:
    shown = harmless(name)
    assert not re.search(r"://|www\.|@\w|<|>", shown, re.I)
    assert "\n" not in shown


def test_a_long_name_is_cut() -> None:
    shown = harmless("Acme " * 1000)
    assert len(shown) == 60
    assert shown.endswith("Acme…")


def test_an_ordinary_name_stays_as_it_is() -> None:
    for name in (
        "Müller & Söhne GmbH",
        "AT&T",
        "株式会社",
        "weekly_active_tokens",
        "O'Reilly, Inc.",
    ):
        assert harmless(name) == name


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_change_no_line_of_a_digest(tmp_path: Path, name: str) -> None:
    texts = ("company_name", "company_id", "segment", "channel", "campaign", "event_id")
    texts += ("description", "last_error_endpoint", "company_size_band")
    tables = {
        table: [
            {column: name if column in texts and value else value for column, value in row.items()}
            for row in rows
        ]
        for table, rows in TABLES.items()
    }
    hostile = digest(published(tmp_path / "hostile", tables))
    tokens = _MARKDOWN.parse(hostile)
    assert [token.type for token in tokens] == [
        token.type for token in _MARKDOWN.parse(digest(published(tmp_path / "plain")))
    ]
    inline = {child.type for token in tokens for child in token.children or ()}
    assert inline <= {"text", "text_special", "softbreak"}
