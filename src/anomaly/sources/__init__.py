"""What comes in: dialects, mappings and checks. Describes, never executes."""
