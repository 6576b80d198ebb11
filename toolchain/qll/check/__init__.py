"""Syntax trees to the typed tree: names, types, constants and what is wrong with them."""
