"""The evidence that advice rests on: what searchers and schedulers reached in stored runs."""
