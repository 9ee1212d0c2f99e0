"""Where to look, fairly and provably: draws, samples, plans of visits."""
