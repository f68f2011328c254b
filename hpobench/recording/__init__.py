"""Trained problems recorded into tables, which the problem ``recorded`` replays."""
