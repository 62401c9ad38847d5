"""The code location loads this very project, and everything in it is wired."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import dagster as dg
import pytest

from orchestration.manifest import ensure_manifest, marts, read_manifest
from orchestration.settings import DataFolder


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict]:
    root = tmp_path_factory.mktemp("data")
    with pytest.MonkeyPatch.context() as patched:
        for name in ("NORTH_STAR_DATA", "DAGSTER_HOME"):
            patched.setenv(name, str(root))
        patched.setenv("NORTH_STAR_TARGET", "prod")
        yield read_manifest(ensure_manifest(DataFolder(root)))


@pytest.fixture(scope="module")
def definitions(manifest: dict) -> dg.Definitions:
    from orchestration.definitions import defs

    return defs()


@pytest.fixture(scope="module")
def graph(definitions: dg.Definitions):
    return definitions.resolve_asset_graph()


def test_every_source_table_is_an_asset_that_landing_makes(manifest: dict, graph) -> None:
    for source in manifest["sources"].values():
        asset = graph.get(dg.AssetKey([source["source_name"], source["name"]]))
        assert asset.is_materializable, asset.key
        assert asset.group_name == "landing"


def test_the_way_from_a_file_to_a_fact_is_one(manifest: dict, graph) -> None:
    for source in manifest["sources"].values():
        key = dg.AssetKey(["files", source["source_name"], source["name"]])
        asset = graph.get(dg.AssetKey([source["source_name"], source["name"]]))
        if source["source_name"] == "landing":
            assert not graph.has(key)
            continue
        assert asset.parent_keys == {key}
        files = graph.get(key)
        assert (files.group_name, files.is_external) == ("files", True)
        # dbt's freshness of the source is Dagster's of its files.
        warn = source["freshness"]["warn_after"]
        policy = files.freshness_policy
        assert policy.fail_window.to_timedelta() == timedelta(
            **{f"{warn['period']}s": warn["count"]}
        )
    fact = dg.AssetKey(["marts", "fct_weekly_active_tokens"])
    ancestors, waiting = set(), [fact]
    while waiting:
        for parent in graph.get(waiting.pop()).parent_keys - ancestors:
            ancestors.add(parent)
            waiting.append(parent)
    assert dg.AssetKey(["files", "api_gateway", "api_requests"]) in ancestors


def test_everything_says_what_it_is_and_whose(graph) -> None:
    for key in graph.get_all_asset_keys():
        asset = graph.get(key)
        assert asset.description, key
        assert asset.owners, key
        assert asset.kinds, key
        assert asset.group_name not in (None, "default"), key


def test_a_range_of_weeks_is_one_run(definitions: dg.Definitions, graph) -> None:
    weeks = graph.get(dg.AssetKey("weeks"))
    assert weeks.backfill_policy == dg.BackfillPolicy.single_run()
    assert weeks.partitions_def.get_partition_keys()
    selected = definitions.resolve_job_def("backfill").asset_layer.selected_asset_keys
    assert selected == {weeks.key}


def test_sensors_start_jobs_that_there_are(definitions: dg.Definitions) -> None:
    sensors = {sensor.name: sensor for sensor in definitions.sensors}
    assert set(sensors) == {"files_arrived", "watch"}
    assert sensors["files_arrived"].job_name == "refresh"
    assert all(sensor.minimum_interval_seconds == 30 for sensor in sensors.values())
    assert all(s.default_status is dg.DefaultSensorStatus.RUNNING for s in sensors.values())


def test_every_model_and_seed_is_an_asset_in_the_group_of_its_folder(manifest: dict, graph) -> None:
    groups = {key.path[-1]: graph.get(key).group_name for key in graph.materializable_asset_keys}
    for node in manifest["nodes"].values():
        if node["resource_type"] == "model":
            assert groups[node["name"]] == "_".join(node["fqn"][1:-1]), node["name"]
        if node["resource_type"] == "seed":
            assert groups[node["name"]].startswith("seeds"), node["name"]


def test_every_test_is_a_check_of_the_last_model_that_it_looks_at(manifest: dict, graph) -> None:
    # dbt keeps the tests of models that are switched off.
    tests = {
        node["name"]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "test" and node["depends_on"]["nodes"]
    }
    checks = {key.name: key.asset_key.path[-1] for key in graph.asset_check_keys}
    assert tests - set(checks) == set()
    assert checks["assert_rejects_stay_below_max_reject_rate"] == "stg_landing__rejects"
    assert checks["assert_drivers_equal_the_growth"] == "fct_north_star_drivers_weekly"


def test_a_failed_test_is_a_failed_check_that_blocks(manifest: dict, graph) -> None:
    of_tests = {key for key in graph.asset_check_keys if key.asset_key != dg.AssetKey("digest")}
    assert of_tests
    severities = {
        node["name"]: node["config"]["severity"].lower()
        for node in manifest["nodes"].values()
        if node["resource_type"] == "test"
    }
    for key in of_tests:
        assert graph.get(key).blocking == (severities[key.name] == "error"), key


def test_published_waits_for_every_mart(manifest: dict, graph) -> None:
    parents = {key.path[-1] for key in graph.get(dg.AssetKey("published")).parent_keys}
    assert parents == {node["name"] for node in marts(manifest)}
    assert parents


def test_the_digest_follows_the_publication_and_stops_nothing(graph) -> None:
    digest = graph.get(dg.AssetKey("digest"))
    assert digest.parent_keys == {dg.AssetKey("published")}
    assert digest.group_name == "report"
    (check,) = digest.check_keys
    assert not graph.get(check).blocking


def test_the_job_runs_everything_in_one_process(definitions: dg.Definitions, graph) -> None:
    job = definitions.resolve_job_def("refresh")
    assert job.executor_def.name == "in_process"
    selected = job.asset_layer.selected_asset_keys
    assert selected == set(graph.materializable_asset_keys) - {dg.AssetKey("weeks")}


def test_every_job_selects_something_and_every_schedule_has_its_job(
    definitions: dg.Definitions,
) -> None:
    jobs = {job.name: job for job in definitions.resolve_all_job_defs()}
    named = {name for name in jobs if not name.startswith("__")}
    assert named == {"refresh", "close_week", "backfill", "send_digest", "compact"}
    for name in named:
        assert jobs[name].asset_layer.selected_asset_keys or jobs[name].nodes, name
    schedules = definitions.schedules or []
    assert {schedule.name: schedule.job_name for schedule in schedules} == {
        "daily_refresh": "refresh",
        "weekly_close": "close_week",
        "weekly_digest": "send_digest",
        "weekly_compaction": "compact",
    }
    for schedule in schedules:
        assert schedule.job_name in named
