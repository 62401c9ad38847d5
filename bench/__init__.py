"""Benchmarks: what North Star costs, measured against what DuckDB alone costs on the same files.

``python -m bench`` runs them. Each benchmark is a module with a ``run`` and a ``show`` function,
named in ``bench.__main__``; it takes its files from ``bench.files`` and its times and peaks from
``bench.measure``. Nothing here is needed by a run, and nothing of a run depends on it.
"""
