"""The settings of the app, read from the environment and checked at start."""
