"""Where results come from under Ray's controller: a virtual clock, or workers that train."""
