"""The list of mail domains that nobody edits."""

from __future__ import annotations

import csv
import io
import re

from tools.mail_domains import SEED, public_domains, write


def test_the_seed_is_what_the_pinned_lists_make() -> None:
    file = io.StringIO()
    write(public_domains(), file)
    same = file.getvalue() == SEED.read_text(encoding="utf-8")
    assert same, "Run make lists: the seed is not what the installed lists make."


def test_each_row_is_a_domain_in_lower_case_with_its_kind_and_source() -> None:
    with SEED.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) > 10_000
    for row in rows:
        assert re.fullmatch(r"([a-z0-9_-]+\.)+[a-z0-9-]+", row["domain"])
        assert row["kind"] in {"free", "disposable"}
        assert row["source"]


def test_edited_rows_correct_the_public_lists_or_add_to_them() -> None:
    """A row of kind company that no public list has would be a leftover."""
    public = {domain for domain, *_ in public_domains()}
    with SEED.with_name("free_mail_domains.csv").open(newline="", encoding="utf-8") as file:
        exempt = {row["domain"] for row in csv.DictReader(file) if row["kind"] == "company"}
    assert exempt <= public
