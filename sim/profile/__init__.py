"""What the processor's time goes into: counted by the engine, told by function, line and cause."""
