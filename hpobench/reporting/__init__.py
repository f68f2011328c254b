"""Pages made from results: they show what the statistics compute and the figures draw."""
