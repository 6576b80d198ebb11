"""Campaigns: every kind of verification that takes seeds, on one core or on many machines."""
