"""A person who is forgotten becomes a pseudonym, the same everywhere, and every row stays."""

from __future__ import annotations

import json
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.landing import LandingError, contract, find_people, forget, scan, withdraw
from orchestration.landing.custom_fields import CustomField
from orchestration.landing.secrets import TokenKey
from orchestration.settings import PROJECT
from tests.landing.ground import KEY, Ground

REGISTRY = "developer_portal"
ROWS = "select * exclude (_landed_at) from {} order by all"


def _lines(*rows: dict[str, Any]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def _developer(number: int, **more: Any) -> dict[str, Any]:
    return {"developer_id": f"dev_{number}", "signed_up_at": "2026-03-01"} | more


def _drop_world(ground: Ground) -> None:
    """Jane, who is dev_42, and Bob, dev_421, who shares a mailbox and a browser with her."""
    files = {
        f"{REGISTRY}/developers": [
            _developer(42, email="Jane@Shop.example ", github_login="JaneCodes", country="DE"),
            _developer(42, email="info@shop.example", updated_at="2026-03-09"),
            _developer(421, email="info@shop.example", github_login="bob"),
            {"developer_id": "dev_42", "country": "a reject of Jane"},
        ],
        f"{REGISTRY}/api_tokens": [
            {"token_id": "t1", "developer_id": "dev_42", "created_at": "2026-03-01"},
            {"token_id": "t2", "developer_id": "dev_421", "created_at": "2026-03-01"},
        ],
        "crm/contacts": [
            {"contact_id": "k1", "email": "jane@shop.example"},
            {"contact_id": "k1", "email": "jane.doe@old.example"},
            {"contact_id": "k2", "email": "jane.doe@old.example"},
            {"contact_id": "k3", "email": "bob@shop.example"},
        ],
        "github/profiles": [
            {"github_login": login, "captured_at": "2026-03-01", "stars": stars}
            for login, stars in (("janecodes", 7), ("bob", 8))
        ],
        "website/page_views": [
            {"occurred_at": "2026-03-01", "visitor_id": visitor, "developer_id": developer, **more}
            for visitor, developer, more in (
                ("v1", None, {"path": "/docs"}),
                ("v1", "dev_42", {"path": "/u/dev_42", "referrer": "https://x.example/jane"}),
                ("v1", "dev_421", {"path": "/u/dev_421"}),
            )
        ],
        "api_gateway/api_requests": [
            {"requested_at": f"2026-03-0{day}", "status_code": 200, "token_id": "t1"}
            for day in (2, 3)
        ],
    }
    for folder, rows in files.items():
        ground.drop(f"{folder}/a.jsonl", _lines(*rows))


@pytest.fixture(scope="module")
def landed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The world after its first landing, for copies."""
    ground = Ground(tmp_path_factory.mktemp("landed"))
    _drop_world(ground)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NORTH_STAR_TOKEN_KEY", KEY)
        ground.land()
    return ground.data.root


@pytest.fixture
def world(ground: Ground, landed: Path) -> Ground:
    shutil.copytree(landed, ground.data.root, symlinks=True, dirs_exist_ok=True)
    return ground


TABLES = ("developers", "api_tokens", "contacts", "profiles", "page_views", "api_requests")


def _raw(ground: Ground) -> dict[str, list[tuple]]:
    rejects = "(select path, row_number, reason, raw_text from rejects)"
    tables = {table: ground.query(ROWS.format(table)) for table in TABLES}
    return tables | {"rejects": ground.query(f"from {rejects} order by all")}


def test_a_developer_becomes_one_pseudonym_in_every_table(world):
    before = {table: len(rows) for table, rows in _raw(world).items()}
    done = forget(world.data, [" DEV_42 ", ""])
    (jane,) = {name for (kind, _), name in done.pseudonyms.items() if kind == "developer"}
    assert done.rewriting.rows_renamed == {
        "crm.contacts": 3,
        "developer_portal.api_tokens": 1,
        "developer_portal.developers": 3,
        "github.profiles": 1,
        "website.page_views": 3,
    }
    for table in ("developers", "api_tokens", "page_views"):
        ids = {name for (name,) in world.query(f"select distinct developer_id from {table}")}
        assert ids - {None} == {jane, "dev_421"}
    assert {table: len(rows) for table, rows in _raw(world).items()} == before
    assert world.query("select * from removals") == []
    for path in world.data.raw.rglob("*.parquet"):
        for (value,) in duckdb.sql(f"select lower(one::varchar) from '{path}' as one").fetchall():
            assert not any(name in value for name in ("jane", "dev_42'", "k1", "v1"))


def test_what_names_the_person_elsewhere_meets_as_before(world):
    joins = """
        select count(*) from developers
        left join profiles on lower(developers.github_login) = lower(profiles.github_login)
        left join contacts on lower(trim(developers.email)) = lower(contacts.email)
        left join page_views using (developer_id)
        left join api_tokens using (developer_id)
    """
    before = world.query(joins)
    forget(world.data, ["dev_42"])
    assert world.query(joins) == before


def test_an_address_keeps_its_domain_and_nothing_else(world):
    forget(world.data, ["dev_42"])
    addresses = {name for (name,) in world.query("select email from developers")}
    addresses |= {name for (name,) in world.query("select email from contacts")}
    domains = sorted(name.split("@")[1] for name in addresses if name.startswith("forgotten-"))
    assert domains == ["old.example", "shop.example", "shop.example"]
    assert {name for name in addresses if not name.startswith("forgotten-")} == {"bob@shop.example"}


def test_a_shared_mailbox_or_browser_does_not_lead_to_another_developer(world):
    forget(world.data, ["dev_42"])
    (bob,) = world.query(
        "select github_login, email from developers where developer_id = 'dev_421'"
    )
    # Whose mailbox it was cannot be told: it was Jane's too.
    assert bob[0] == "bob" and bob[1].endswith("@shop.example") and bob[1] != "info@shop.example"
    views = world.query("select path, visitor_id from page_views order by path")
    assert [path for path, _ in views] == ["/docs", "/u/dev_421", None]
    assert len({visitor for _, visitor in views}) == 1


def test_an_address_or_login_that_is_given_leads_to_the_developer(world):
    for name in ("jane@shop.example", "janecodes"):
        found = find_people(world.data, [name])
        assert {name for kind, name in found if kind == "developer"} == {"dev_42"}
    found = find_people(world.data, ["info@shop.example"])
    assert {name for kind, name in found if kind == "developer"} == {"dev_42", "dev_421"}


def test_looking_for_people_changes_nothing(world):
    before = world.content()
    found = find_people(world.data, ["dev_42"])
    assert sorted(kind for kind, _ in found) == [
        "contact of crm", "contact of crm", "developer", "email", "email", "email", "login",
        "visitor",
    ]  # fmt: skip
    assert world.content() == before
    assert not (world.data.root / "forgotten.json").exists()


def test_landed_again_it_is_what_it_became_in_place(world):
    forget(world.data, ["dev_42"])
    in_place = _raw(world)
    shutil.rmtree(world.data.raw)
    assert world.land().rows_rejected == 1
    assert _raw(world) == in_place
    withdraw(world.data, ["*"])
    world.land()
    assert _raw(world) == in_place


def test_forgetting_twice_is_forgetting_once(world):
    first = forget(world.data, ["dev_42"])
    raw, listed = _raw(world), (world.data.root / "forgotten.json").read_bytes()
    second = forget(world.data, ["dev_42"])
    assert (_raw(world), second.rewriting.rows_renamed) == (raw, {})
    assert (world.data.root / "forgotten.json").read_bytes() == listed
    # Who repeats it still learns which files to delete.
    assert set(second.files) | {f"{REGISTRY}/developers/a.jsonl"} <= set(first.files)
    assert second.files


def test_the_files_that_brought_the_person_are_told(world):
    world.drop("crm/contacts/b.jsonl", _lines({"contact_id": "k9", "email": "eve@e.example"}))
    world.land()
    assert forget(world.data, ["dev_42"]).files == (
        "crm/contacts/a.jsonl",
        "developer_portal/api_tokens/a.jsonl",
        "developer_portal/developers/a.jsonl",
        "github/profiles/a.jsonl",
        "website/page_views/a.jsonl",
    )


def test_rejects_in_which_a_name_stands_lose_their_texts(world):
    world.drop(
        "api_gateway/api_requests/b.jsonl",
        '{"path":"/u/dev_42","status_code":"x"}\n{"path":"/u/dev_421","status_code":"dev_42"}\n'
        '{"path":"/u/dev_421","status_code":"x"}\nnot JSON, JaneCodes\n',
    )
    world.land()
    forget(world.data, ["dev_42"])
    texts = [
        (None, "requested_at is missing"),
        (None, "requested_at is missing"),
        ('{"path":"/u/dev_421","status_code":"x"}', "requested_at is missing"),
        (None, "the line is not a JSON object"),
    ]
    query = "select raw_text, reason from rejects where path like 'api%' order by row_number"
    assert world.query(query) == texts
    shutil.rmtree(world.data.raw)
    world.land()
    assert world.query(query) == texts


def test_a_value_that_is_told_by_a_reason_is_masked(world):
    row = {"requested_at": "2026-03-01", "status_code": "dev_42"}
    world.drop("api_gateway/api_requests/b.jsonl", _lines(row))
    world.land()
    forget(world.data, ["dev_42"])
    query = "select raw_text, reason from rejects where path like 'api%'"
    masked = [(None, "status_code: '***' is not a whole number")]
    assert world.query(query) == masked
    shutil.rmtree(world.data.raw)
    world.land()
    assert world.query(query) == masked


def test_new_names_of_a_forgotten_person_are_learned_while_they_land(world):
    world.drop("crm/contacts/b.jsonl", _lines({"contact_id": "k7", "email": "j@new.example"}))
    world.land()
    forget(world.data, ["dev_42"])
    world.drop(
        f"{REGISTRY}/developers/b.jsonl",
        _lines(_developer(42, email="j@new.example", github_login="jd", updated_at="2026-04-01")),
    )
    (warning,) = world.land().warnings
    assert "1 rows that were landed before hold further names of forgotten people" in warning
    assert world.query("select * from contacts where contact_id = 'k7'") == []
    assert world.query("select * from developers where github_login = 'jd'") == []
    assert world.land().warnings == []
    in_place = _raw(world)
    shutil.rmtree(world.data.raw)
    world.land()
    assert _raw(world) == in_place


def test_a_name_that_raw_never_held_is_forgotten_when_it_comes(ground):
    ground.drop("crm/contacts/a.jsonl", _lines({"contact_id": "c1", "email": "a@b.example"}))
    ground.land()
    forget(ground.data, ["c7", "jane@shop.example"])
    ground.drop(
        "crm/contacts/b.jsonl",
        _lines({"contact_id": "c7", "lifecycle_stage": "Jane Doe"})
        + _lines({"contact_id": "c7", "email": "x@y.example"}),
    )
    developer = _developer(1, email="jane@shop.example", github_login="jane")
    ground.drop(f"{REGISTRY}/developers/b.jsonl", _lines(developer))
    ground.land()
    assert ground.query("select raw_text from rejects") == [(None,)]
    assert ground.query("select contact_id, email from contacts where email like 'a@%'") == [
        ("c1", "a@b.example")
    ]
    (developer,) = ground.query("select developer_id, email, github_login from developers")
    assert all(value.startswith("forgotten-") for value in developer)
    (contact,) = ground.query("select contact_id, email from contacts where contact_id <> 'c1'")
    assert contact[1].endswith("@y.example") and "x@" not in contact[1]


def test_who_was_forgotten_before_there_were_pseudonyms_stays_forgotten(world):
    forget(world.data, ["nobody"])
    listed = world.data.root / "forgotten.json"
    content = json.loads(listed.read_text())
    content["people"] = [TokenKey(KEY.encode()).hash("jane@shop.example")]
    for added in ("names", "words", "is_finished"):
        del content[added]
    listed.write_text(json.dumps(content))
    shutil.rmtree(world.data.raw)
    world.land()
    assert world.query("select * from contacts where email like 'jane@%'") == []
    assert world.query("select * from developers where github_login = 'JaneCodes'") == []


def test_the_list_holds_hashes_that_are_no_pseudonyms(world):
    done = forget(world.data, ["dev_42"])
    listed = world.data.root / "forgotten.json"
    assert stat.S_IMODE(listed.stat().st_mode) == 0o600
    text = listed.read_text()
    for (_, name), pseudonym in done.pseudonyms.items():
        assert name not in text
        assert pseudonym.split("@")[0].removeprefix("forgotten-") not in text


def test_files_of_raw_that_name_nobody_stay_the_same_file(world):
    def requests() -> list[int]:
        files = world.data.raw.rglob("api_requests/*.parquet")
        return sorted(file.stat().st_ino for file in files if "00000000T" not in str(file))

    before = requests()
    forget(world.data, ["dev_42"])
    assert requests() == before


def test_landing_looks_for_nobody_while_nobody_is_forgotten(world, monkeypatch):
    monkeypatch.setattr(scan, "Names", None)
    world.drop("crm/contacts/b.jsonl", _lines({"contact_id": "k9", "email": "e@e.example"}))
    assert world.land().rows_landed == 1
    forget(world.data, ["dev_42"])
    world.drop("crm/contacts/c.jsonl", _lines({"contact_id": "k8", "email": "f@e.example"}))
    with pytest.raises(TypeError):
        world.land()


def test_nobody_is_forgotten_without_a_name_or_with_another_key(world, monkeypatch):
    with pytest.raises(LandingError, match="Nobody was named"):
        forget(world.data, ["", " "])
    monkeypatch.setenv("NORTH_STAR_TOKEN_KEY", "another key that is also long enough")
    with pytest.raises(LandingError, match="token key is not the one"):
        forget(world.data, ["dev_42"])
    assert not (world.data.root / "forgotten.json").exists()


@pytest.mark.parametrize(
    ("owner", "moment", "is_repeated"),
    [
        ("forgetting.ForgottenPeople", "save", True),
        ("rewriting.Rewriter", "rename", False),
        ("rewriting.Rewriter", "_write", True),
        ("raw.RawFolder", "publish_version", False),
        ("raw.RawFolder", "_switch", True),
        ("raw.shutil", "rmtree", False),
    ],
)
def test_a_crash_while_somebody_is_forgotten_is_mended(world, owner, moment, is_repeated):
    rows = {table: len(rows) for table, rows in _raw(world).items()}
    crash = f"""
import os
from pathlib import Path
from orchestration.landing import forget, forgetting, raw, rewriting
from orchestration.settings import DataFolder
{owner}.{moment} = lambda *arguments, **options: os._exit(9)
forget(DataFolder(Path({str(world.data.root)!r})), ["dev_42"])
"""
    assert subprocess.run([sys.executable, "-c", crash], cwd=PROJECT).returncode == 9
    assert {table: len(rows) for table, rows in _raw(world).items()} == rows
    if is_repeated:
        forget(world.data, ["dev_42"])
    world.land()
    assert world.query("select * from developers where developer_id = 'dev_42'") == []
    assert world.query("select * from contacts where contact_id in ('k1', 'k2')") == []
    assert {table: len(rows) for table, rows in _raw(world).items()} == rows
    assert len(list((world.data.raw / "versions").iterdir())) == 1


# -- CRMs ------------------------------------------------------------------------------------------


def _drop_portals(ground: Ground) -> None:
    history = {"timestamp": "2026-03-01"}
    for portal, owner in (("hubspot", "jane"), ("hubspot_emea", "bob")):
        ground.drop(
            f"{portal}/contact/a.jsonl",
            _lines(
                {
                    "id": 51.0,
                    "property_email": f"{owner}@shop.example",
                    "property_hs_additional_emails": f"old.{owner}@shop.example; {owner}@x.example",
                    "property_hs_merged_object_ids": "52",
                    "property_hs_calculated_merged_vids": "52:1500000000000;53:1600000000000",
                },
                {"id": 54, "property_email": "eve@shop.example"},
            ),
        )
        ground.drop(
            f"{portal}/contact_property_history/a.jsonl",
            _lines(
                history | {"contact_id": 51, "name": "email", "value": f"{owner}@past.example"},
                history | {"contact_id": 51, "name": "firstname", "value": owner},
                history | {"contact_id": 51, "name": "lifecyclestage", "value": "customer"},
                history | {"contact_id": 54, "name": "firstname", "value": "51"},
                history | {"contact_id": 52, "name": "notes", "value": "call 51@home or so"},
            ),
        )
        ground.drop(
            f"{portal}/contact_company/a.jsonl", _lines({"contact_id": 51, "company_id": 51})
        )
    ground.drop(f"{REGISTRY}/developers/a.jsonl", _lines(_developer(1) | {"developer_id": "51"}))


def test_a_contact_is_forgotten_with_its_past_and_what_was_merged_into_it(ground):
    _drop_portals(ground)
    ground.land()
    found = forget(ground.data, ["jane@shop.example"]).pseudonyms
    assert {name for kind, name in found if kind == "contact of hubspot"} == {"51", "52", "53"}
    assert {name for kind, name in found if kind == "email"} == {
        "jane@shop.example", "old.jane@shop.example", "jane@x.example", "jane@past.example",
    }  # fmt: skip
    contact, merged, other = (found["contact of hubspot", name] for name in ("51", "52", "53"))
    assert ground.query(
        "select contact_id, additional_emails, merged_contact_ids, merged_contact_times "
        "from hubspot.contact where _source_relation = 'hubspot' and contact_id <> '54'"
    ) == [
        (
            contact,
            f"{found['email', 'old.jane@shop.example']};{found['email', 'jane@x.example']}",
            merged,
            f"{merged}:1500000000000;{other}:1600000000000",
        )
    ]
    history = ground.query(
        "select contact_id, property_name, property_value from contact_property_history "
        "where _source_relation = 'hubspot'"
    )
    assert set(history) == {
        (contact, "email", found["email", "jane@past.example"]),
        (contact, "firstname", None),
        (contact, "lifecyclestage", "customer"),
        ("54", "firstname", "51"),
        (merged, "notes", None),
    }
    assert ground.query(
        "select contact_id, company_id from contact_company where _source_relation = 'hubspot'"
    ) == [(contact, "51")]


def test_ids_of_another_system_are_other_people(ground):
    _drop_portals(ground)
    ground.land()
    emea = "select * from {} where _source_relation = 'hubspot_emea' order by all"
    tables = ("hubspot.contact", "contact_property_history", "contact_company")
    before = [ground.query(emea.format(table)) for table in tables]
    forget(ground.data, ["jane@shop.example"])
    assert [ground.query(emea.format(table)) for table in tables] == before
    assert ground.query("select developer_id from developers") == [("51",)]


def test_a_number_of_several_systems_is_asked_for_unless_a_developer_has_it(ground):
    _drop_portals(ground)
    ground.land()
    assert ("developer", "51") in find_people(ground.data, ["51"])
    with pytest.raises(LandingError, match=r"say which one is meant by hubspot:\.\.\. or"):
        find_people(ground.data, ["54"])
    assert ("contact of hubspot_emea", "54") in find_people(ground.data, ["HubSpot_EMEA:54"])
    assert ("email", "jane@shop.example") in find_people(ground.data, ["hubspot:51"])


def test_a_lead_is_forgotten_with_the_contact_it_became(ground):
    contacts = [{"Id": "003A", "Email": "j@a.example"}, {"Id": "003B"}]
    ground.drop(
        "salesforce/Contact/a.jsonl", _lines(*contacts, {"Id": "003C", "MasterRecordId": "003A"})
    )
    ground.drop(
        "salesforce/Lead/a.jsonl",
        _lines(
            {"Id": "00QA", "ConvertedContactId": "003A", "Email": "j@b.example"}, {"Id": "00QB"}
        ),
    )
    ground.land()
    done = forget(ground.data, ["j@b.example"])
    assert done.rewriting.rows_renamed == {"salesforce.contact": 2, "salesforce.lead": 1}
    assert ground.query(
        "select contact_id from salesforce.contact where contact_id like '003%'"
    ) == [("003B",)]
    assert ground.query("select lead_id from lead where lead_id like '00Q%'") == [("00QB",)]


def test_what_a_program_added_to_its_contacts_is_emptied(ground, monkeypatch):
    fields = (
        CustomField("crm.contacts", "nickname", "varchar"),
        CustomField("crm.companies", "tier", "varchar"),
    )
    monkeypatch.setattr(contract, "read_custom_fields", lambda project: fields)
    rows = [
        {"contact_id": f"k{number}", "email": f"{number}@a.example", "nickname": "Janie"}
        for number in range(2)
    ]
    ground.drop("crm/contacts/a.jsonl", _lines(*rows))
    ground.drop("crm/companies/a.jsonl", _lines({"company_id": "c", "name": "C", "tier": "gold"}))
    ground.land()
    forget(ground.data, ["k0"])
    query = "select contact_id = 'k1', nickname from contacts order by 1"
    emptied = [(False, None), (True, "Janie")]
    assert ground.query(query) == emptied
    assert ground.query("select tier from companies") == [("gold",)]
    shutil.rmtree(ground.data.raw)
    ground.land()
    assert ground.query(query) == emptied
