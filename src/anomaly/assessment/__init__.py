"""How a year is settled: campaigns, and the assessment of institutions."""
