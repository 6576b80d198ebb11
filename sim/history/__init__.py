"""Runs that can be gone back in: snapshots, a log of what the hosts put in, and replay."""
