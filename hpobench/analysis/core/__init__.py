"""What runs are: incumbents on one grid, normalised regrets, hitting times, fair comparisons."""
