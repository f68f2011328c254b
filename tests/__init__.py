"""Tests, a folder a tier; CONTRIBUTING says which.

A package, since some libraries install one of the same name, which would come first.
"""

import os
from pathlib import Path

# Tests run beside each other, where threads of linear algebra wait for each other's processors.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

ROOT = Path(__file__).parents[1]
"""The checkout."""
