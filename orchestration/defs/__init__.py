"""Dagster definitions, one folder for each system; the file name says the kind."""
