"""Experiment trackers, which are told of the cells of a run."""
