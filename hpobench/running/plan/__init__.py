"""All cells of a plan: which of them run, when, and for how long."""
