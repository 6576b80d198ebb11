"""Mutants: single-point changes of the sources, each of which some test must find."""
