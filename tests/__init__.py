"""Tests, a folder a tier; CONTRIBUTING says which.

A package, since some libraries install one of the same name, which would come first.
"""

from pathlib import Path

ROOT = Path(__file__).parents[1]
"""The checkout."""
