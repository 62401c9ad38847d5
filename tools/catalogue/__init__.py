"""The catalogue: what each published table and metric means, as pages that open from disk.

``make docs`` writes them; everything they say comes from dbt's manifest of the published build,
from docs/definitions.md and from the two lists beside this file.
"""
