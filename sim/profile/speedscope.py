"""A profile for speedscope (https://www.speedscope.app), which draws flame graphs in a browser."""

import json

from sim.profile.report import CAUSES, Profile

__all__ = ["speedscope"]


def speedscope(profile: Profile) -> str:
    """The JSON text: a profile of cycles for each process, and one for each cause of loss.

    The cycles of a chain of calls are one sample with their number as its weight.
    """
    frames: list[dict[str, object]] = []
    numbers: dict[tuple[str, str], int] = {}
    chains: list[list[int]] = []
    roots: list[str] = []
    for call in profile.calls:
        key = (call.process, call.function)
        if key not in numbers:
            numbers[key] = len(frames)
            frames.append({"name": call.function, "file": call.process})
        is_root = call.caller < 0
        chains.append([*([] if is_root else chains[call.caller]), numbers[key]])
        roots.append(call.process if is_root else roots[call.caller])

    def sampled(name: str, weights: list[int]) -> dict[str, object]:
        found = [(chain, weight) for chain, weight in zip(chains, weights, strict=True) if weight]
        return {"type": "sampled", "name": name, "unit": "none", "startValue": 0,
                "endValue": sum(weight for _, weight in found),
                "samples": [chain for chain, _ in found],
                "weights": [weight for _, weight in found]}

    costs = [call.cost.tolist() for call in profile.calls]
    totals = [sum(cost) for cost in costs]
    profiles = [sampled("all cycles", totals)]
    processes = list(dict.fromkeys(roots))
    if len(processes) > 1:
        profiles += [sampled(f"process {one}",
                             [total if root == one else 0
                              for total, root in zip(totals, roots, strict=True)])
                     for one in processes]
    profiles += [sampled(f"lost: {CAUSES[cause][1]}", [cost[n] for cost in costs])
                 for n, cause in enumerate(profile.causes)
                 if n and any(cost[n] for cost in costs)]
    return json.dumps({
        "$schema": "https://www.speedscope.app/file-format-schema.json",
        "name": f"{profile.program}: {profile.cycles:,} cycles", "exporter": "quince-sim",
        "activeProfileIndex": 0, "shared": {"frames": frames}, "profiles": profiles})
