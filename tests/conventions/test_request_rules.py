"""Whatever the request path is computed by is a rule whose change is noticed."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from orchestration.settings import PROJECT

# How an increment is made is no rule of what is in it, nor is how a wrong var is refused.
VARS_OF_MECHANICS = {"batch_requests"}
MECHANICS = {
    *("batches_of_dates", "built_state", "delete_days_not_asked_for", "delete_outdated_dates"),
    *("increments", "is_increment", "landed_log_sources", "last_build", "log_sources"),
    *("not_there_yet", "in_first_batch", "in_ranges_of_dates", "insert_further_batches"),
    *("not_supported", "on_outdated_dates", "own_inputs", "refuse_changed_rules", "refuse_value"),
    *("remember_build", "request_rules", "require_list"),
}
RULES = (PROJECT / "macros" / "request_rules.sql").read_text(encoding="utf-8")
OWN_INPUTS = (PROJECT / "macros" / "own_inputs.sql").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def request_path(manifest: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The models and lists between raw/ and the days of tokens."""
    own = set(re.findall(r"'(\w+)'", OWN_INPUTS))
    nodes, found = manifest["nodes"], {}
    waiting = ["model.north_star.int_token_days", "model.north_star.int_requests_looked_into"]
    while waiting:
        name = waiting.pop()
        if name in found or name not in nodes or name.split(".")[-1] in own:
            continue
        found[name] = nodes[name]
        waiting += nodes[name]["depends_on"].get("nodes", [])
    return found


@pytest.fixture(scope="module")
def macros(
    manifest: dict[str, Any], request_path: dict[str, dict[str, Any]]
) -> dict[str, dict[str, Any]]:
    """The project's macros that these models call, and those that these call."""
    found: dict[str, dict[str, Any]] = {}
    waiting = [one for node in request_path.values() for one in node["depends_on"]["macros"]]
    while waiting:
        name = waiting.pop()
        if name not in found and name.startswith("macro.north_star."):
            found[name] = manifest["macros"][name]
            waiting += found[name]["depends_on"]["macros"]
    return found


def test_every_macro_of_the_request_path_is_a_rule(macros: dict[str, dict[str, Any]]) -> None:
    called = {name.split(".")[-1].rpartition("__")[2] for name in macros} - MECHANICS
    assert "with_outcome" in called
    assert called - set(re.findall(r"'(\w+)': ", RULES)) == set()


def test_every_var_of_the_request_path_is_a_rule(
    request_path: dict[str, dict[str, Any]], macros: dict[str, dict[str, Any]]
) -> None:
    texts = [node.get("raw_code", "") for node in request_path.values()]
    texts += [macro["macro_sql"] for macro in macros.values()]
    read = {name for text in texts for name in re.findall(r"var\(\s*['\"](\w+)", text)}
    assert "extra_success_status_codes" in read
    rules = set(re.findall(r"'(\w+)'", RULES)) | VARS_OF_MECHANICS
    assert read - rules == set(), json.dumps(sorted(read))
