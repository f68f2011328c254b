"""Bridges: what users take from hpobench into their own programs, and what they bring to it."""
