"""The rules of dbt-bouncer.yml hold, and each of them finds a made-up violation."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from tests.conftest import PROJECT

CONFIG = PROJECT / "dbt-bouncer.yml"


def _bounce(manifest: dict[str, Any], place: Path) -> tuple[str, list[dict[str, Any]]]:
    """What dbt-bouncer prints of a manifest, and its failures."""
    (place / "manifest.json").write_text(json.dumps(manifest))
    config = {"dbt_artifacts_dir": str(place), **yaml.safe_load(CONFIG.read_text())}
    (place / "dbt-bouncer.yml").write_text(yaml.safe_dump(config))
    arguments = ["run", "--config-file", "dbt-bouncer.yml", "--show-all-failures"]
    arguments += ["--output-file", "failures.json", "--output-only-failures"]
    done = subprocess.run(
        [Path(sys.executable).with_name("dbt-bouncer"), *arguments],
        cwd=place,
        env={**os.environ, "COLUMNS": "200", "NO_COLOR": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    failures = place / "failures.json"
    assert failures.exists(), done.stdout
    return done.stdout, json.loads(failures.read_text())


def test_the_project_keeps_its_conventions(manifest: dict[str, Any], tmp_path: Path) -> None:
    said, failures = _bounce(manifest, tmp_path)
    assert not failures, said


def test_each_rule_finds_a_made_up_violation(made_up: dict[str, Any], tmp_path: Path) -> None:
    said, failures = _bounce(made_up, tmp_path)
    # A failure's name is the check, its place in the file and the node.
    found = {tuple(failure["check_run_id"].split(":")[:2]) for failure in failures}
    rules = yaml.safe_load(CONFIG.read_text())["manifest_checks"]
    missed = [
        (place, rule["name"], rule.get("description"))
        for place, rule in enumerate(rules)
        if (rule["name"], str(place)) not in found
    ]
    assert not missed, said
