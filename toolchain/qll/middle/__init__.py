"""The typed tree to optimised functions in static single assignment form."""
