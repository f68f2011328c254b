"""How sure a number is: intervals, tests, and rules that decide."""
