"""From suspicion to decision: inspections that anyone can replay."""
