"""What is kept: tables, the engine that reaches them, migrations."""
