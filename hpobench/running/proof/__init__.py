"""Cells that run again to be compared with what is stored, or with a plain Ray Tune run."""
