"""Opens: the command line and the worker. `wiring` is the only place that joins everything."""
