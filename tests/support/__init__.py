"""What several tests need: made-up results, stores and plugins, and commands for maintainers."""
