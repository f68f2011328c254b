"""Data sets that problems need and that are not shipped: found, checked and fetched.

Nothing is fetched unless ``hpobench data fetch`` asks for it. A problem names the data it needs::

    class Mine(TabulatedProblem):
        @classmethod
        def missing(cls):
            return data.missing("yahpo-lcbench")

        def fingerprint(self):
            return data.fingerprint("yahpo-lcbench")

and reads its files from ``data.find("yahpo-lcbench")``.
"""

from hpobench.data.local import find, fingerprint, missing

__all__ = ["find", "fingerprint", "missing"]
