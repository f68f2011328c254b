"""Random histories that Ray's schedulers and ours must answer in the same way, to the last bit.

    python -m tests.scheduler_histories [--histories 100000] [--seed 0]

A history is 10 to 60 random events: trials are added, chosen, report, pause, fail and are removed,
with losses that tie, are NaN or infinite. It is played twice, against a scheduler of Ray's and
against ours with the same random numbers, and both must write the same record. The command ends
with 1 at the first history whose records differ, and prints where.
"""
