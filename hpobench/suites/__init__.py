"""A suite: YAML with line numbers becomes a frozen suite, and that a plan of cells with ids."""
