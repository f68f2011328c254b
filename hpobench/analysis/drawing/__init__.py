"""What figures have in common: looks, curves with bands, matrices, and the processes that draw.

Figures draw the table of their exhibit and nothing else; the table is saved beside them.
"""
