"""Try what is published, and the dashboard in dashboards/superset/, in a real Apache Superset.

    make superset-check                                  needs something published: make run
    make superset-check WITH="--screenshots /tmp/shots"  pictures too; needs chromium-driver

Superset runs in an environment of its own (.venv-superset), on this machine only, with its
metadata in a temporary folder. It reads a copy of what is published. Checked are

1. the database is added through its REST API, read-only, and lists every published table;
2. the dashboard is imported, and each of its charts gets the numbers that plain SQL gets;
3. a publication meanwhile is what the next query of a chart sees;
4. with --screenshots: the dashboard is drawn, and no chart says an error.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import requests
import yaml

from orchestration.settings import PROJECT, DataFolder, SettingsError

DASHBOARD = PROJECT / "dashboards" / "superset"
PLACEHOLDER = "NORTH_STAR_DATABASE"

_PATIENCE_SECONDS = 180
_CONFIG = """
SECRET_KEY = {secret!r}
SQLALCHEMY_DATABASE_URI = "sqlite:///{home}/superset.db"
# A server for one check on one machine.
WTF_CSRF_ENABLED = False
RATELIMIT_ENABLED = False
# Superset's pages hold a picture that tells its makers of each visit: pictures from elsewhere are
# not loaded.
TALISMAN_ENABLED = True
TALISMAN_CONFIG = {{
    "content_security_policy": {{
        "base-uri": ["'self'"],
        "default-src": ["'self'"],
        "img-src": ["'self'", "blob:", "data:"],
        "worker-src": ["'self'", "blob:"],
        "connect-src": ["'self'"],
        "object-src": "'none'",
        "style-src": ["'self'", "'unsafe-inline'"],
        "script-src": ["'self'", "'strict-dynamic'"],
    }},
    "content_security_policy_nonce_in": ["script-src"],
    "force_https": False,
    "session_cookie_secure": False,
}}
"""


class CheckError(Exception):
    """Something in Superset is not as it should be; the message says what."""


class Publications:
    """A copy of what is published, of which another version can be published."""

    def __init__(self, published: Path, place: Path) -> None:
        self._place = place
        shutil.copytree(published.resolve(), place / "first")
        self._point_link("first")

    @property
    def database(self) -> Path:
        """What Superset is given: the path through the link."""
        return self._place / "published" / "north_star.duckdb"

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """The rows of a query, by plain DuckDB."""
        with duckdb.connect(str(self.database), read_only=True) as connection:
            return connection.execute(query).fetchall()

    def publish_without_latest_week(self) -> None:
        """Publish a version in which the latest final week is not final yet."""
        incoming = self._place / "second" / "north_star.duckdb"
        shutil.copytree(self._place / "first", incoming.parent)
        incoming.chmod(0o644)
        with duckdb.connect(str(incoming)) as connection:
            connection.execute(
                "update fct_north_star_weekly set week_status = 'settling' where week_start = "
                "(select max(week_start) from fct_north_star_weekly where week_status = 'final')"
            )
        incoming.chmod(0o444)
        self._point_link("second")

    def _point_link(self, folder: str) -> None:
        incoming = self._place / ".published"
        incoming.symlink_to(folder, target_is_directory=True)
        incoming.replace(self._place / "published")


class Superset:
    """A running Superset, asked through its REST API.

    Attributes:
        url: of its pages.
        user: the administrator, whose password is ``password``.
    """

    user = "admin"

    def __init__(self, url: str, password: str) -> None:
        self.url = url
        self.password = password
        self._session = requests.Session()
        token = self.post(
            "security/login", {"username": self.user, "password": password, "provider": "db"}
        )["access_token"]
        self._session.headers["Authorization"] = f"Bearer {token}"

    def get(self, path: str, **query: Any) -> Any:
        """What a GET answers."""
        return self._answer(self._session.get(f"{self.url}/api/v1/{path}", params=query))

    def post(self, path: str, body: Any = None, **more: Any) -> Any:
        """What a POST answers."""
        return self._answer(self._session.post(f"{self.url}/api/v1/{path}", json=body, **more))

    def put(self, path: str, body: Any) -> Any:
        """What a PUT answers."""
        return self._answer(self._session.put(f"{self.url}/api/v1/{path}", json=body))

    @staticmethod
    def _answer(response: requests.Response) -> Any:
        if not response.ok:
            raise CheckError(f"{response.request.path_url}: {response.text[:1000]}")
        return response.json()


@contextmanager
def running_superset(home: Path) -> Iterator[Superset]:
    """Superset with empty metadata in ``home``, stopped at the end."""
    config = home / "superset_config.py"
    config.write_text(_CONFIG.format(secret=secrets.token_hex(32), home=home))
    environment = {
        **os.environ,
        "SUPERSET_CONFIG_PATH": str(config),
        "SUPERSET_HOME": str(home),
        "FLASK_APP": "superset.app:create_app()",
    }
    program = str(Path(sys.executable).with_name("superset"))
    password = secrets.token_hex(16)
    administrator = ["--username", Superset.user, "--password", password]
    administrator += ["--firstname", "North", "--lastname", "Star", "--email", "a@example.com"]
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    with (home / "superset.log").open("w") as log:

        def told() -> str:
            return "\n".join((home / "superset.log").read_text().splitlines()[-20:])

        for command in (["db", "upgrade"], ["fab", "create-admin", *administrator], ["init"]):
            done = subprocess.run([program, *command], env=environment, stdout=log, stderr=log)
            if done.returncode:
                raise CheckError(f"superset {' '.join(command[:2])} has failed:\n{told()}")
        server = subprocess.Popen(
            [program, "run", "--host", "127.0.0.1", "--port", port, "--with-threads"],
            env=environment,
            stdout=log,
            stderr=log,
        )
        try:
            url = f"http://127.0.0.1:{port}"
            patience_ends = time.monotonic() + _PATIENCE_SECONDS
            while not _is_healthy(url):
                if server.poll() is not None or time.monotonic() > patience_ends:
                    raise CheckError(f"Superset does not start:\n{told()}")
                time.sleep(0.5)
            yield Superset(url, password)
        finally:
            server.terminate()
            server.wait()


def _is_healthy(url: str) -> bool:
    try:
        return requests.get(f"{url}/health", timeout=5).ok
    except requests.ConnectionError:
        return False


def packed(database: Path) -> bytes:
    """The dashboard as a ZIP file that Superset imports, on a database."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(DASHBOARD.rglob("*.yaml")):
            text = path.read_text().replace(PLACEHOLDER, str(database))
            archive.writestr(f"north_star/{path.relative_to(DASHBOARD)}", text)
    return buffer.getvalue()


def declared(kind: str) -> list[dict[str, Any]]:
    """What the files of the dashboard say of its charts or datasets."""
    paths = sorted((DASHBOARD / kind).rglob("*.yaml"))
    return [yaml.safe_load(path.read_text()) for path in paths]


def check_database(superset: Superset, publications: Publications) -> None:
    """Add the database, read-only, and see that Superset lists what is published."""
    (settings,) = declared("databases")
    uri = settings["sqlalchemy_uri"].replace(PLACEHOLDER, str(publications.database))
    added = superset.post("database/", {"database_name": "By hand", "sqlalchemy_uri": uri})
    found = superset.get(f"database/{added['id']}/tables/", q="(schema_name:main)")
    listed = sorted(table["value"] for table in found["result"])
    expected = [name for (name,) in publications.rows("select table_name from duckdb_tables()")]
    if listed != sorted(expected):
        raise CheckError(f"Superset lists {listed}, published are {expected}.")
    table = {"database": added["id"], "schema": "main", "table_name": "fct_retention_weekly"}
    dataset = superset.get(f"dataset/{superset.post('dataset/', table)['id']}")["result"]
    columns = publications.rows(
        "select column_name from duckdb_columns() where table_name = 'fct_retention_weekly'"
    )
    if {column["column_name"] for column in dataset["columns"]} != {name for (name,) in columns}:
        raise CheckError(f"Superset sees other columns in fct_retention_weekly: {dataset}.")
    # The setting that would refuse to write before DuckDB is asked is lifted.
    superset.put(f"database/{added['id']}", {"allow_dml": True})
    write = {"database_id": added["id"], "sql": "delete from publication", "runAsync": False}
    try:
        superset.post("sqllab/execute/", write)
    except CheckError as error:
        if "read-only" not in str(error):
            raise
    else:
        raise CheckError("Superset could write to what is published.")
    print(f"Superset lists the {len(listed)} published tables and cannot write to them.")


def import_dashboard(superset: Superset, publications: Publications) -> None:
    """Import the dashboard as a person would, from a ZIP file."""
    files = {"formData": ("north_star.zip", packed(publications.database), "application/zip")}
    superset.post("dashboard/import/", files=files, data={"overwrite": "true"})


def check_charts(superset: Superset, publications: Publications) -> None:
    """Compare what Superset answers for each chart with what plain SQL does."""
    datasets = {dataset["uuid"]: dataset for dataset in declared("datasets")}
    listed = superset.get("dataset/", q="(page_size:100)")["result"]
    ids = {
        each["table_name"]: each["id"]
        for each in listed
        if each["database"]["database_name"] == "North Star"
    }
    if sorted(ids) != sorted(dataset["table_name"] for dataset in datasets.values()):
        raise CheckError(f"The imported datasets are {sorted(ids)}.")
    for chart in declared("charts"):
        dataset = datasets[chart["dataset_uuid"]]
        for suffix in ("", "_b") if "metrics_b" in chart["params"] else ("",):
            query, sql = _query(chart["params"], dataset, suffix)
            body = {
                "datasource": {"id": ids[dataset["table_name"]], "type": "table"},
                "queries": [query],
                "result_format": "json",
                "result_type": "full",
            }
            (answer,) = superset.post("chart/data", body)["result"]
            found = sorted(map(_comparable, (row.values() for row in answer["data"])))
            expected = sorted(map(_comparable, publications.rows(sql)))
            if found != expected or not found:
                raise CheckError(
                    f"{chart['slice_name']}: Superset has {found[:3]}, SQL {expected[:3]} ({sql})."
                )
        print(f"{chart['slice_name']}: {len(found):,} rows, equal to plain SQL.")


def _query(
    params: Mapping[str, Any], dataset: Mapping[str, Any], suffix: str
) -> tuple[dict[str, Any], str]:
    """A chart's query, as Superset's pages put it, and the same in SQL."""
    expressions = {metric["metric_name"]: metric["expression"] for metric in dataset["metrics"]}
    filters = [each["sqlExpression"] for each in params.get(f"adhoc_filters{suffix}", [])]
    if params.get("query_mode") == "raw":
        columns, metrics = params["all_columns"], []
    else:
        axis = [params["x_axis"]] if "x_axis" in params else []
        columns = axis + params.get(f"groupby{suffix}", [])
        metrics = params.get(f"metrics{suffix}") or [params["metric"]]
    limit = params.get(f"row_limit{suffix}", 10_000)
    order = [json.loads(each) for each in params.get("order_by_cols", [])]
    query = {
        "columns": columns,
        "metrics": metrics or None,
        "extras": {"where": " and ".join(f"({each})" for each in filters)},
        "orderby": order,
        "row_limit": limit,
    }
    selected = [*(f'"{name}"' for name in columns), *(expressions[name] for name in metrics)]
    sql = f"select {', '.join(selected)} from {dataset['table_name']}"
    if filters:
        sql += f" where {' and '.join(f'({each})' for each in filters)}"
    if metrics and columns:
        sql += " group by all"
    if order:
        ordered = [f'"{name}" {"asc" if ascends else "desc"}' for name, ascends in order]
        sql += f" order by {', '.join(ordered)}"
    return query, f"{sql} limit {limit}"


def _comparable(row: Any) -> tuple[str, ...]:
    """A row in words that do not depend on how JSON writes numbers and times."""
    return tuple(map(_word, row))


def _word(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return str(value)
    if isinstance(value, int | float):
        return f"{value:.9g}"
    # A date, whose midnight Superset gives in milliseconds.
    return f"{_milliseconds(value):.9g}" if hasattr(value, "year") else str(value)


def _milliseconds(date: Any) -> float:
    """Milliseconds from 1970 to the midnight that begins a date, in UTC."""
    return datetime(date.year, date.month, date.day, tzinfo=UTC).timestamp() * 1000


def take_screenshots(superset: Superset, folder: Path) -> None:
    """Draw the dashboard in a browser and keep a picture; fail where a chart shows an error."""
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service
    from selenium.webdriver.common.by import By

    driver = shutil.which("chromedriver")
    if not driver:
        raise CheckError("There is no chromedriver: apt-get install chromium-driver.")
    folder.mkdir(parents=True, exist_ok=True)
    options = webdriver.ChromeOptions()
    for argument in ("--headless=new", "--no-sandbox", "--window-size=1500,1850"):
        options.add_argument(argument)
    browser = webdriver.Chrome(options=options, service=Service(driver))
    try:
        browser.implicitly_wait(30)
        browser.get(f"{superset.url}/login/")
        browser.find_element(By.CSS_SELECTOR, "#username").send_keys(superset.user)
        browser.find_element(By.CSS_SELECTOR, "#password").send_keys(superset.password)
        browser.find_element(By.CSS_SELECTOR, "button[type=submit]").click()
        time.sleep(5)
        browser.get(f"{superset.url}/superset/dashboard/north-star/?standalone=1")
        browser.implicitly_wait(0)
        patience_ends = time.monotonic() + _PATIENCE_SECONDS
        charts = len(declared("charts"))
        while True:
            drawn = browser.find_elements(By.CSS_SELECTOR, ".slice_container")
            loading = browser.find_elements(By.CSS_SELECTOR, ".loading")
            if len(drawn) >= charts and not loading:
                break
            if time.monotonic() > patience_ends:
                browser.save_screenshot(str(folder / "unfinished.png"))
                raise CheckError(f"{len(drawn)} of {charts} charts are drawn: see {folder}.")
            time.sleep(1)
        time.sleep(5)  # animations
        browser.save_screenshot(str(folder / "dashboard.png"))
        errors = browser.find_elements(By.CSS_SELECTOR, "[role=alert], .ant-alert-error")
        if errors:
            raise CheckError(f"A chart says: {errors[0].text}")
    finally:
        browser.quit()
    print(f"The dashboard is drawn: {folder / 'dashboard.png'}.")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="make superset-check", description=__doc__)
    parser.add_argument("--screenshots", type=Path, help="folder for pictures of the dashboard")
    arguments = parser.parse_args()
    try:
        data = DataFolder.from_environment()
        if not (data.published / "north_star.duckdb").exists():
            raise CheckError("Nothing has been published on DuckDB yet: make run.")
        with tempfile.TemporaryDirectory(prefix="north-star-superset-") as place:
            home = Path(place, "home")
            home.mkdir()
            publications = Publications(data.published, Path(place))
            with running_superset(home) as superset:
                check_database(superset, publications)
                import_dashboard(superset, publications)
                check_charts(superset, publications)
                publications.publish_without_latest_week()
                check_charts(superset, publications)
                print("A publication meanwhile is seen by the next query of each chart.")
                if arguments.screenshots:
                    take_screenshots(superset, arguments.screenshots)
    except (CheckError, SettingsError) as error:
        sys.exit(f"Error: {error}")


if __name__ == "__main__":
    main()
