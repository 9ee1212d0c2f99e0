"""Where rows come from: layouts of exports, and the synthetic world."""
