"""Adding finished cells to a results folder, and what is stored of each."""
