"""Static pages made of an archive of evidence: leaderboards, advice, and a card for each part."""
