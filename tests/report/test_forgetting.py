"""A digest names no person, and stays true when somebody is forgotten."""

from __future__ import annotations

from pathlib import Path

from orchestration.publishing import damage, rename_people
from orchestration.publishing.seal import seal
from orchestration.publishing.versions import point_link
from orchestration.report import DIGEST, read_digest
from orchestration.settings import DataFolder
from tests.report.marts import TABLES, digest, published


def test_who_is_forgotten_is_not_in_the_digest_even_by_the_name_of_a_company(
    tmp_path: Path,
) -> None:
    data = DataFolder(tmp_path)
    company = {**TABLES["fct_silent_companies"][0], "company_name": "Dev_2"}
    publication = published(data.publications / "run-1", {"fct_silent_companies": [company]})
    seal(publication.folder)
    point_link(data, publication.folder)
    before = digest(publication)
    assert "silent: Dev_2 (" in before

    assert rename_people(data, {"dev_2": "forgotten-a"}) == 1
    assert damage(publication.folder) is None
    assert read_digest(data.published) == before.replace("Dev_2", "forgotten-a")


def test_a_version_that_was_published_without_a_digest_gets_none(tmp_path: Path) -> None:
    data = DataFolder(tmp_path)
    publication = published(data.publications / "run-1")
    (publication.folder / DIGEST).unlink()
    (publication.folder / DIGEST).parent.rmdir()
    seal(publication.folder)
    point_link(data, publication.folder)
    assert rename_people(data, {"dev_2": "forgotten-a"}) == 1
    assert read_digest(data.published) is None


def test_no_developer_is_named(tmp_path: Path) -> None:
    assert "dev_" not in digest(published(tmp_path / "run"))
