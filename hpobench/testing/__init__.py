"""The conformance suite for plugins."""
