"""Waveforms: what every signal of the hardware was, in each cycle of a window."""
