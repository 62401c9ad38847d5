"""The catalogue names everything that is published, leads nowhere that is not, and calls nobody."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlsplit

import duckdb
import pytest
import yaml

from orchestration.manifest import marts
from orchestration.publishing.marts import published_name
from orchestration.settings import PROJECT, DataFolder
from tools.catalogue.__main__ import write_docs
from tools.catalogue.content import Catalogue
from tools.catalogue.dbt_site import dbt_site
from tools.semantic_layer import SemanticLayerError

Pages = Mapping[str, str]


class _Page(HTMLParser):
    """Ids, links, what is loaded, and the text of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.loads: list[str] = []
        self.tags: list[str] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        self.tags.append(tag)
        self.ids += [attributes["id"]] if attributes.get("id") else []
        if tag == "a":
            self.links.append(attributes["href"])
        elif tag == "form":
            self.links.append(attributes["action"])
        else:
            self.loads += [
                attributes[name] for name in ("src", "href", "data") if name in attributes
            ]

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture(scope="module")
def parsed(pages: Pages) -> dict[str, _Page]:
    return {name: _Page(page) for name, page in pages.items()}


def test_every_metric_has_a_page_that_says_what_it_is(
    catalogue: Catalogue, parsed: dict[str, _Page]
) -> None:
    assert len(catalogue.metrics) == len(catalogue.manifest["metrics"]) > 40
    for node in catalogue.manifest["metrics"].values():
        text = parsed[f"metric-{node['name']}.html"].text
        meta = node["config"]["meta"]
        said = [node["name"], node["label"], node["description"], meta["owner"]]
        # Sentences begin with a capital.
        said += [meta[key][1:] for key in ("unit", "additivity")]
        said += [f'make mf QUERY="--metrics {node["name"]} --group-by metric_time', "FROM fct_"]
        missing = [each for each in said if each not in text]
        assert missing in ([], ["FROM fct_"]), node["name"]
        # Or it counts a view of tables, whose SQL is there too.
        assert "FROM fct_" in text or re.search(r"FROM semantic\.\w+(?s:.*)select", text)
        assert node["name"] in parsed["index.html"].text


def test_every_column_of_every_mart_is_there_with_type_meaning_and_additivity(
    catalogue: Catalogue, parsed: dict[str, _Page]
) -> None:
    columns = 0
    for node in marts(catalogue.manifest):
        page = parsed[f"table-{published_name(node)}.html"]
        text = " ".join(page.text.split())
        assert " ".join(node["description"].split()).partition("One row")[0].strip() in text
        for column in node["columns"].values():
            columns += 1
            assert column["name"] in page.ids
            additivity = column["config"]["meta"].get("additivity", "")
            described = " ".join(column["description"].replace("`", "").split())
            for said in (column["name"], column["data_type"], described, additivity[1:]):
                assert said in text, (node["name"], column["name"])
            found = f"{published_name(node)}.{column['name']}"
            assert found in parsed["index.html"].text
    assert columns > 250


def test_what_tables_only_have_is_named_with_a_reason(
    catalogue: Catalogue, parsed: dict[str, _Page]
) -> None:
    named = {column for each in catalogue.only_in_marts for column in each.columns}
    have = {(table.name, column.name) for table in catalogue.tables for column in table.columns}
    assert named <= have
    for each in catalogue.only_in_marts:
        assert each.why in parsed["index.html"].text


def test_every_measure_of_the_weekly_table_is_a_metric_or_says_why_not(
    catalogue: Catalogue,
) -> None:
    (weekly,) = (table for table in catalogue.tables if table.name == "fct_north_star_weekly")
    metrics = {metric.name for metric in catalogue.metrics}
    measures = {column.name: column.only_here for column in weekly.columns if column.additivity}
    assert {name for name, why in measures.items() if not why} <= metrics
    # One name for one thing: a column that is no metric lends none its name.
    assert {name for name, why in measures.items() if why} & metrics == set()


def test_no_link_is_broken(parsed: dict[str, _Page]) -> None:
    broken = []
    for name, page in parsed.items():
        assert len(page.ids) == len(set(page.ids)), name
        for link in page.links:
            address = urlsplit(link)
            assert not (address.scheme or address.netloc), link
            target = address.path or name
            if target == "dbt.html":  # Written beside these, from a published database.
                continue
            if target not in parsed or (
                address.fragment and address.fragment not in parsed[target].ids
            ):
                broken.append((name, link))
    assert broken == []


def test_no_page_loads_anything(pages: Pages, parsed: dict[str, _Page]) -> None:
    for name, page in pages.items():
        assert set(parsed[name].loads) == {"data:,"}, name
        assert "default-src 'none'" in page
        assert not re.search(r"@import|url\(|fetch\(|XMLHttpRequest|import\(", page), name


def test_every_page_can_be_read_without_a_mouse_or_a_wide_screen(parsed: dict[str, _Page]) -> None:
    for name, page in parsed.items():
        assert page.tags.count("h1") == page.tags.count("main") == 1, name
        assert "content" in page.ids and "#content" in page.links
    style = (PROJECT / "tools" / "catalogue" / "templates" / "style.css").read_text()
    assert "@media (max-width" in style and "@media print" in style


def test_every_definition_is_there(catalogue: Catalogue, parsed: dict[str, _Page]) -> None:
    listed = re.findall(r"^- \*\*(D\d+) ", (PROJECT / "docs" / "definitions.md").read_text(), re.M)
    assert len(listed) > 20
    assert [each for each in parsed["definitions.html"].ids if re.match(r"D\d", each)] == listed


def test_examples_are_of_tables_that_are_published(catalogue: Catalogue) -> None:
    examples = yaml.safe_load((PROJECT / "tools/catalogue/examples.yml").read_text())
    assert examples.keys() <= {table.name for table in catalogue.tables}
    for name, query in examples.items():
        assert f"from {name}" in query


@pytest.fixture
def published(tmp_path: Path, catalogue: Catalogue) -> Iterator[Path]:
    """A database with the columns of one table, for dbt's page."""
    path = tmp_path / "north_star.duckdb"
    with duckdb.connect(path) as connection:
        connection.execute("create table dim_weeks (week_start date, is_data_gap boolean)")
    yield path


def test_the_page_of_dbt_calls_nobody(catalogue: Catalogue, published: Path) -> None:
    page = dbt_site(
        {
            **catalogue.manifest,
            "metadata": {**catalogue.manifest["metadata"], "send_anonymous_usage_stats": True},
        },
        published,
    )
    assert re.search(r"<head><meta http-equiv=\"Content-Security-Policy\" content=\"([^\"]*)", page)
    assert "cloudfront" not in page
    assert "sinter-collect" not in page
    assert '"send_anonymous_usage_stats": true' not in page
    assert "INLINE DATA" not in page
    assert json.dumps({"type": "DATE", "index": 1, "name": "week_start"})[:-1] in page


def test_without_a_publication_it_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(SemanticLayerError, match=r"nothing is published .*; `make run` builds"):
        write_docs(DataFolder(tmp_path))
    assert not (tmp_path / "docs").exists()


def test_a_metric_that_does_not_say_whose_it_is_is_named(catalogue: Catalogue) -> None:
    node = copy.deepcopy(catalogue.layer.metrics["qualified_requests"])
    del node["config"]["meta"]["owner"]
    with pytest.raises(SemanticLayerError, match="metric qualified_requests has no owner in"):
        catalogue._metric(node)
