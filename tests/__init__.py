"""Tests. A package, since some libraries install one of the same name, which would come first."""
