"""Trained problems recorded into tables, and the references of problems measured and frozen."""
