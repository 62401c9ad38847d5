"""Conventions that dbt-bouncer cannot say: a rule takes dbt's manifest and names who breaks it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

Manifest = Mapping[str, Any]
Rule = Callable[[Manifest], list[str]]

# Lines of code, comments and blank lines left out. The house wants 80; past this, cut.
MOST_LINES = 95

# Models that decide or count without a unit test of their own, and what holds them instead.
WITHOUT_UNIT_TEST = {
    "fct_north_star_weekly": "joins models that have unit tests; four data tests tie it to them",
    "dim_companies": "one row per company of the CRM or the tokens; keys are tested",
    "dim_developers": "adds the latest stars to int_developers",
}
DECIDES_OR_COUNTS = re.compile(r"\b(case|group by|over|distinct|union all)\b")

# What models, data tests and macros outside of cross_db call themselves, because it means the same
# on each engine; only max_by and min_by are missing on one, Redshift. Give least and greatest no
# NULL: one engine leaves it out, another returns it. Any other function belongs into a macro in
# macros/cross_db/.
# fmt: off
PORTABLE_FUNCTIONS = frozenset({
    "abs", "avg", "cast", "chr", "coalesce", "count", "dense_rank", "exp", "floor", "greatest",
    "lag", "lead", "least", "length", "ln", "lower", "max", "max_by", "min", "min_by", "nullif",
    "rank", "regexp_replace", "round", "row_number", "sqrt", "sum", "trim", "upper",
})
# fmt: on
PORTABLE_TYPES = frozenset({"bigint", "boolean", "date", "timestamp"})


def _nodes(manifest: Manifest, resource_type: str) -> Iterator[Mapping[str, Any]]:
    nodes = manifest["nodes"].values()
    return (node for node in nodes if node["resource_type"] == resource_type)


def _code(node: Mapping[str, Any]) -> list[str]:
    """Lines of a model without comments and blank lines."""
    lines = (line.strip() for line in node["raw_code"].splitlines())
    return [line for line in lines if line and not line.startswith("--")]


def measures_without_additivity(manifest: Manifest) -> list[str]:
    """Numbers of facts whose meta does not say whether they may be summed (definition D25)."""
    found = []
    for model in _nodes(manifest, "model"):
        if not model["name"].startswith("fct_"):
            continue
        for column in model["columns"].values():
            name = f"{model['name']}.{column['name']}"
            says = str(column["config"]["meta"].get("additivity", ""))
            is_number = column["data_type"] in ("bigint", "integer", "double")
            if is_number and not re.match(r"(not )?additive\b", says):
                found.append(name)
    return found


def models_outside_of_the_layers(manifest: Manifest) -> list[str]:
    """Models in a folder that no other rule looks at."""
    layers = re.compile(r"models/(staging|intermediate|marts/(core|north_star)|semantic)/")
    models = _nodes(manifest, "model")
    return [model["name"] for model in models if not layers.match(model["original_file_path"])]


def long_models(manifest: Manifest) -> list[str]:
    """Models past the ceiling of lines."""
    models = _nodes(manifest, "model")
    return [model["name"] for model in models if len(_code(model)) > MOST_LINES]


def models_without_opening_comment(manifest: Manifest) -> list[str]:
    """Models that do not open with what they are for, ending in their grain."""
    opening = re.compile(r"(--.*\n)*-- (.* )?One row( per .*|\.)\n(--.*\n)*(?!--)")
    return [
        model["name"]
        for model in _nodes(manifest, "model")
        if not opening.match(model["raw_code"] + "\n")
    ]


def staging_that_is_not_source_then_renamed(manifest: Manifest) -> list[str]:
    """Staging models of other steps than the two."""
    return [
        model["name"]
        for model in _nodes(manifest, "model")
        if model["original_file_path"].startswith("models/staging/")
        and re.findall(r"^(?:with )?(\w+) as \($", model["raw_code"], re.M) != ["source", "renamed"]
    ]


def logic_without_unit_test(manifest: Manifest) -> list[str]:
    """Models past staging that decide or count, and that no unit test shows at work."""
    tested = {test["model"] for test in manifest["unit_tests"].values()}
    return [
        model["name"]
        for model in _nodes(manifest, "model")
        if not model["original_file_path"].startswith("models/staging/")
        and DECIDES_OR_COUNTS.search("\n".join(_code(model)))
        and model["name"] not in tested
        and model["name"] not in WITHOUT_UNIT_TEST
    ]


def lists_without_types_reasons_or_grain(manifest: Manifest) -> list[str]:
    """Seeds without a type for each column, a reason in each row, or their grain."""
    return [
        seed["name"]
        for seed in _nodes(manifest, "seed")
        if set(seed["columns"]) != set(seed["config"]["column_types"])
        or not {"reason", "source"} & set(seed["columns"])
        or not re.search(r"One row per [^.]+\.\s*$", seed["description"])
    ]


def constraints_that_nothing_tests(manifest: Manifest) -> list[str]:
    """Models and seeds with a constraint and no test of it, or with the test and no constraint.

    DuckDB watches over constraints of tables under contract; Spark over none.
    """
    tested = {
        test["attached_node"]
        for test in _nodes(manifest, "test")
        if "not_null_constraints" in (test.get("test_metadata") or {}).values()
    }
    return [
        node["name"]
        for node in (*_nodes(manifest, "model"), *_nodes(manifest, "seed"))
        if any(column["constraints"] for column in node["columns"].values())
        != (node["unique_id"] in tested)
    ]


def tests_that_are_no_statements(manifest: Manifest) -> list[str]:
    """Singular data tests not called assert_..., or warn_about_... where they only warn."""
    found = []
    for test in _nodes(manifest, "test"):
        only_warns = test["config"]["severity"].lower() == "warn"
        prefix = "warn_about_" if only_warns else "assert_"
        if "test_metadata" not in test and not test["name"].startswith(prefix):
            found.append(test["name"])
    return found


def defaults_outside_of_the_project_file(manifest: Manifest) -> list[str]:
    """Macros and data tests that give a var a default of their own."""
    codes = {test["name"]: test["raw_code"] for test in _nodes(manifest, "test")}
    codes |= {macro["name"]: macro["macro_sql"] for macro in _own_macros(manifest)}
    return [name for name, code in codes.items() if re.search(r"\bvar\([^()]*,", code)]


def sql_of_an_engine_outside_of_cross_db(manifest: Manifest) -> list[str]:
    """Macros for one engine in another folder, and defaults that reach other engines silently."""
    return [
        macro["name"]
        for macro in _own_macros(manifest)
        if "__" in macro["name"]
        and (
            not macro["original_file_path"].startswith("macros/cross_db/")
            or (macro["name"].startswith("default__") and "not_supported" not in macro["macro_sql"])
        )
    ]


def functions_that_are_not_portable(manifest: Manifest) -> list[str]:
    """SQL outside of cross_db with a function or type that may be missing somewhere."""
    portable = PORTABLE_FUNCTIONS | PORTABLE_TYPES
    return [
        f"{name}: {word}"
        for name, words in portable_words(manifest).items()
        for word in sorted(words - portable)
    ]


def portable_words(manifest: Manifest) -> dict[str, set[str]]:
    """The functions and types that models, data tests and macros name outside of cross_db."""
    codes = {model["name"]: model["raw_code"] for model in _nodes(manifest, "model")}
    codes |= {test["name"]: test["raw_code"] for test in _nodes(manifest, "test")}
    codes |= {
        macro["name"]: macro["macro_sql"]
        for macro in manifest["macros"].values()
        if macro["package_name"] == "north_star"
        and not macro["original_file_path"].startswith("macros/cross_db/")
    }
    return {name: _words_in_sql(code) for name, code in codes.items()}


def _words_in_sql(code: str) -> set[str]:
    """Names before a parenthesis and types after `as`, in SQL and in what Jinja puts into it."""
    code = re.sub(r"--.*|{#(?s:.*?)#}", "", code)
    jinja = re.findall(r"{[{%].*?[}%]}", code, re.S)
    quoted = [part for block in jinja for part in re.findall(r"'[^']*'|\"[^\"]*\"", block)]
    sql = [re.sub(r"{[{%].*?[}%]}", " ", code, flags=re.S), *(part[1:-1] for part in quoted)]
    return {
        (function or data_type).lower()
        for part in sql
        for function, data_type in re.findall(
            r"\b([a-z_]\w*)\(|\bas (\w+)\)", re.sub(r"'[^']*'", "''", part), re.I
        )
    }


def _own_macros(manifest: Manifest) -> list[Mapping[str, Any]]:
    own = [macro for macro in manifest["macros"].values() if macro["package_name"] == "north_star"]
    return [macro for macro in own if macro["original_file_path"].startswith("macros/")]


def marts_without_test_of_their_values(manifest: Manifest) -> list[str]:
    """Marts of which nothing looks whether each column's values can be."""
    tested = {
        node["attached_node"]
        for node in _nodes(manifest, "test")
        if (node.get("test_metadata") or {}).get("name") == "possible_values"
    }
    marts = (model for model in _nodes(manifest, "model") if model["fqn"][1] == "marts")
    return [model["name"] for model in marts if model["unique_id"] not in tested]


def logs_that_do_not_say_how_repeats_are_known(manifest: Manifest) -> list[str]:
    """Landed tables that become requests, and do not say by which id a second delivery is known.

    Landing would list no duplicates of theirs.
    """
    sources = manifest["sources"]
    return [
        unique_id
        for model in _nodes(manifest, "model")
        if re.fullmatch(r"stg_\w+__api_requests", model["name"])
        for unique_id in model["depends_on"]["nodes"]
        if "external_location" in sources[unique_id]["config"]["meta"]
        and "request_id" not in sources[unique_id]["config"]["meta"].get("landing", {})
    ]


RULES: dict[str, Rule] = {
    "a model lies in a layer": models_outside_of_the_layers,
    "measures of facts say how they add up": measures_without_additivity,
    f"a model has {MOST_LINES} lines of code or fewer": long_models,
    "a model opens with a comment that ends in its grain": models_without_opening_comment,
    "staging is two steps, source and renamed": staging_that_is_not_source_then_renamed,
    "a log of requests says how repeats are known": logs_that_do_not_say_how_repeats_are_known,
    "what decides or counts has a unit test": logic_without_unit_test,
    "a list has types, a reason in each row and a grain": lists_without_types_reasons_or_grain,
    "what constrains a column is tested": constraints_that_nothing_tests,
    "the values of a mart are tested": marts_without_test_of_their_values,
    "a data test's name is a statement": tests_that_are_no_statements,
    "defaults stand in the project file only": defaults_outside_of_the_project_file,
    "what differs by engine stands in cross_db only": sql_of_an_engine_outside_of_cross_db,
    "SQL outside of cross_db calls portable functions only": functions_that_are_not_portable,
}
