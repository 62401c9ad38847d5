"""The Dagster code location of North Star, and the Python that turns dropped files into typed rows."""
