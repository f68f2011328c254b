"""What a suite gives a searcher beside its options: first configurations and old trials."""
