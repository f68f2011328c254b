"""What a results folder says, as data frames and plans."""
