"""What the bureau decides: thresholds, peers, lines, each with its clause."""
