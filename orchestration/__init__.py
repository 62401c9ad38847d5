"""The Dagster code location, and the Python that turns dropped files into typed rows."""
