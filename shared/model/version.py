"""The version of this app, as its backups, its API and its portal name it."""

VERSION = "0.1.0"
