"""Leads: evidence, pattern, rules and money joined into one ranked list."""
