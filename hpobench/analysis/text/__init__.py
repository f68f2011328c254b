"""Results in words: phrases of captions, the fields of tables, the names of files."""
