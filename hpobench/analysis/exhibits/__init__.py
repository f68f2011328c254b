"""The figures and tables of a report, one file each."""
