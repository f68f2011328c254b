"""Runs cells: one cell, all cells of a plan, and seeds that are added until a look decides."""
