"""Ray Tune's own controller on our stages. Importing a module from here imports Ray."""
