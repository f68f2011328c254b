"""From a plan to stored results: where results come from, what runs a cell, and where cells run."""
