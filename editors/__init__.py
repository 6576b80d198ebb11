"""Quince in editors: the language server, and the extension for VS Code."""
