"""The mapping engine: YAML words to compiled plans. Pure: no framework, no HTTP, no database."""
