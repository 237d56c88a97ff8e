"""Walking a provider's list: where a reader stands, what a page says of the rest, each row handed out once."""
