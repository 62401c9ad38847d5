"""No raw token is stored, and the keyed hash is the HMAC that other programs compute."""

from __future__ import annotations

import hashlib
import hmac
import json
import stat

import duckdb
import pytest

from orchestration.landing import LandingError
from orchestration.landing.contract import read_contract
from orchestration.landing.raw import FORMAT_VERSION
from orchestration.landing.repeats import definition_of_repeats
from orchestration.landing.secrets import TokenKey, hash_expression
from tests.landing.ground import KEY

REQUESTS = "api_gateway/api_requests"
TOKEN = "sk_live_77aZ77aZ77aZ77aZ"


def _python(token: str, key: str = KEY) -> str:
    return hmac.new(key.encode(), token.encode(), hashlib.sha256).hexdigest()[:32]


@pytest.mark.parametrize("key", ["k" * 32, "schlüssel " * 4, "b" * 64, "longer than a block " * 9])
@pytest.mark.parametrize("token", ["a", "tökén ✓", TOKEN, "x" * 1_000, "a\0b", "it's"])
def test_the_hash_in_sql_is_pythons_hmac(key, token):
    expression = f"select {hash_expression('$token')}"
    with duckdb.connect() as connection:
        found = connection.execute(
            expression, TokenKey(key.encode()).parameters | {"token": token}
        ).fetchone()[0]
    assert found == _python(token, key) == TokenKey(key.encode()).hash(token)
    assert key not in expression


def test_tokens_are_hashed_and_opaque_ids_win(ground):
    rows = [
        {"token": TOKEN},
        {"token_id": "t1"},
        {"token": TOKEN, "token_id": "t2"},
        {"token": TOKEN, "token_id": " "},
        {"token": "  "},
        {"token": ""},
        {"token": None},
        {"client_ip": "10.1.2.3"},
    ]
    base = {"requested_at": "2026-03-01", "status_code": 200}
    ground.drop(f"{REQUESTS}/a.jsonl", "".join(json.dumps(base | row) + "\n" for row in rows))
    ground.land()
    found = ground.query("select token_id, client_ip_hash from api_requests order by _row_number")
    assert [token for token, _ in found] == [
        _python(TOKEN), "t1", "t2", _python(TOKEN), None, None, None, None,
    ]  # fmt: skip
    assert [address for _, address in found] == [None] * 7 + [_python("10.1.2.3")]


def test_a_token_means_the_same_in_every_table(ground):
    ground.drop(
        "developer_portal/api_tokens/a.csv",
        f"token,created_at,replaces_token\n{TOKEN},2026-03-01,older\n,2026-03-01,\n",
    )
    assert ground.land().rows_rejected == 1
    assert ground.query("select token_id, replaces_token_id from api_tokens") == [
        (_python(TOKEN), _python("older"))
    ]
    assert ground.value("select reason from rejects") == "token_id is missing"


def test_cloudtrail_keys_are_hashed_but_for_their_prefix(ground):
    record = {
        "eventTime": "2026-03-01T10:00:00Z",
        "userIdentity": {"accessKeyId": "AKIA1234567890", "arn": "arn:aws:iam::1:user/me"},
        "responseElements": {"credentials": {"accessKeyId": "ASIA999"}},
    }
    other = record | {"responseElements": {"accessKey": {"accessKeyId": "AKIA888"}}}
    none = {"eventTime": "2026-03-01", "userIdentity": {"accessKeyId": ""}, "responseElements": "-"}
    ground.drop("cloudtrail/a.json", json.dumps({"Records": [record, other, none]}, indent=1))
    ground.land()
    assert ground.query(
        "select token_id, token_prefix, issued_token_id, principal_hash "
        "from events order by _row_number"
    ) == [
        (_python("AKIA1234567890"), "AKIA", _python("ASIA999"), _python("arn:aws:iam::1:user/me")),
        (_python("AKIA1234567890"), "AKIA", _python("AKIA888"), _python("arn:aws:iam::1:user/me")),
        (None, None, None, None),
    ]


def test_no_raw_token_is_anywhere_below_raw(ground):
    row = {
        "requested_at": "2026-03-01",
        "status_code": 200,
        "token": TOKEN,
        "client_ip": "10.9.8.7",
    }
    lines = [
        json.dumps(row),
        json.dumps(row | {"path": f"/a?key={TOKEN}", "secret_column": TOKEN}),
        json.dumps(row | {"status_code": TOKEN}),
        json.dumps(row)[:-3],
        f"garbage {TOKEN}",
    ]
    ground.drop(f"{REQUESTS}/a.jsonl", "\n".join(lines))
    ground.drop(
        f"{REQUESTS}/a.csv",
        f"requested_at,token,status_code\n2026-03-01,{TOKEN},200\n2026-03-01,{TOKEN}\n,{TOKEN},1\n",
    )
    result = ground.land()
    assert (result.rows_landed, result.rows_rejected) == (3, 5)
    for path, content in ground.content().items():
        text = content
        if path.endswith(".parquet"):
            rows = duckdb.sql(f"select * from '{ground.data.raw / path}'").fetchall()
            text += str(rows).encode()
        for secret in (TOKEN, "10.9.8.7", KEY):
            assert secret.encode() not in text, path
    assert TOKEN not in str(result) + str(ground.progress)


def test_a_changed_key_is_refused(ground, monkeypatch):
    good = '{"requested_at":"2026-03-01","status_code":200}\n'
    ground.drop(f"{REQUESTS}/a.jsonl", good)
    ground.land()
    before = ground.content()
    monkeypatch.setenv("NORTH_STAR_TOKEN_KEY", "another key that is also long enough")
    ground.drop(f"{REQUESTS}/b.jsonl", good * 2)
    with pytest.raises(LandingError, match="token key is not the one"):
        ground.land()
    assert ground.content() == before
    assert json.loads((ground.data.raw / "format.json").read_text()) == {
        "format_version": FORMAT_VERSION,
        "definition_of_repeats": definition_of_repeats(read_contract().tables),
        "token_key_fingerprint": TokenKey(KEY.encode()).fingerprint,
    }


@pytest.mark.parametrize("key", ["", "too short", "x" * 31])
def test_a_short_key_is_refused(ground, monkeypatch, key):
    monkeypatch.setenv("NORTH_STAR_TOKEN_KEY", key)
    ground.drop(f"{REQUESTS}/a.jsonl", "{}")
    with pytest.raises(LandingError, match="at least 32 characters"):
        ground.land()


def test_a_development_key_is_made_once_with_a_warning(ground, monkeypatch):
    monkeypatch.delenv("NORTH_STAR_TOKEN_KEY")
    row = '{"requested_at":"2026-03-01","status_code":200,"token":"abc"}\n'
    ground.drop(f"{REQUESTS}/a.jsonl", row)
    assert "NORTH_STAR_TOKEN_KEY is not set" in ground.land().warnings[0]
    file = ground.data.root / "token_key"
    key = file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600 and len(key) >= 32
    ground.drop(f"{REQUESTS}/b.jsonl", row * 2)
    ground.land()
    assert file.read_text() == key
    assert ground.query("select distinct token_id from api_requests") == [(_python("abc", key),)]
