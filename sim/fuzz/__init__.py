"""Random programs in lockstep: hardware against golden model."""
