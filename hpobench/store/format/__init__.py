"""The files of a results folder: their columns, and their checks when they are read."""
