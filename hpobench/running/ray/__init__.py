"""Ray Tune's own controller on our stages, and all contact with Ray's private names."""
