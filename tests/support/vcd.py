"""A waveform file (VCD) as tests want to see it: which signals it has, and how long it is."""

import re

__all__ = ["rises", "signals"]


def signals(path):
    """Identifiers of all signals, by their dotted names."""
    found, scopes = {}, []
    with open(path) as file:
        for line in file:
            words = line.split()
            if words[:1] == ["$scope"]:
                scopes.append(words[2])
            elif words[:1] == ["$upscope"]:
                scopes.pop()
            elif words[:1] == ["$var"]:
                name = re.sub(r"\[\d+:\d+\]$", "", words[4])
                found[".".join([*scopes, name])] = words[3]
            elif words[:1] == ["$enddefinitions"]:
                break
    return found


def rises(path, name):
    """How often a signal of one bit becomes 1."""
    wanted = f"1{signals(path)[name]}\n"
    with open(path) as file:
        return sum(line == wanted for line in file)
