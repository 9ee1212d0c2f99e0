"""Deterministic checks: what no honest bill contains, one typology a file."""
