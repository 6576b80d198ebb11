"""RTL engine: the hardware itself, compiled to machine code and driven in large steps."""
