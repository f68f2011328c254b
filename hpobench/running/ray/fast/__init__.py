"""Ray's schedulers with the same decisions in less time; ``equal.py`` has the table."""
