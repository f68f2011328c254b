"""Results folders in object stores."""
