"""One cell, from its specification to the rows that the store keeps of it."""
