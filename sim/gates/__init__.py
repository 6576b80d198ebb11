"""Netlists of an ECP5's cells, simulated: what the synthesiser made of the hardware."""
