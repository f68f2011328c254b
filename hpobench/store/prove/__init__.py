"""Whether stored bytes are what was written, and whether two stores hold the same."""
