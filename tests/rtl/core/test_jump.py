"""What jumps do, and what fetch learns from them, against a model in plain Python."""

import random

from rtl.core.jump import Jump
from tests.support.unit import said, simulate

ADDRESSES = (0x1000, 0x2002, 0xFFFF_FFFF, 0)  # few, so that some are the same
KINDS = {
    "jmp": {"is_jump": 1}, "jmpr": {"is_jump": 1, "is_relative": 1},
    "jz":  {"is_jump": 1, "is_conditional": 1, "if_zero": 1},
    "jnz": {"is_jump": 1, "is_conditional": 1},
    "jzr": {"is_jump": 1, "is_conditional": 1, "if_zero": 1, "is_relative": 1},
    "constant": {"is_constant": 1}, "add": {},
}


def any_situation(rng):
    """An instruction, what fetch knew, and what was executed before."""
    kind = rng.choice(("jmp", "jmp", *KINDS))
    guess = {"hit": rng.random() < 0.7, "pos": rng.getrandbits(1), "index": rng.getrandbits(8),
             "counter": rng.getrandbits(2), "taken": 0, "calls": rng.random() < 0.3,
             "returns": rng.random() < 0.3}
    guess["taken"] = guess["hit"] and rng.random() < 0.7
    jumped = {"taken": guess["taken"] and rng.random() < 0.8, "expected": rng.choice(ADDRESSES),
              "is_wrong": not KINDS[kind].get("is_jump") and rng.random() < 0.3,
              "group": rng.getrandbits(32), "pos": rng.getrandbits(1), "prediction": guess}
    insn = {"next_ip": rng.choice(ADDRESSES), "control": KINDS[kind], "a": rng.choice(ADDRESSES),
            "b": rng.choice(ADDRESSES), "jumped": jumped}
    return insn, {"ip": rng.choice(ADDRESSES), "leaves": rng.random() < 0.7,
                  "return_top": rng.choice(ADDRESSES)}


class Model:
    """The same, as the manual and the predictor's contract have it."""

    def __init__(self):
        self.constants = [0, 0]  # the last two that completed

    def answers(self, insn, given):
        control, jumped = insn["control"], insn["jumped"]
        guess = jumped["prediction"]
        is_jump, is_conditional = bool(control.get("is_jump")), bool(control.get("is_conditional"))
        taken = is_jump and (not is_conditional
                             or (insn["a"] == 0) == bool(control.get("if_zero")))
        operand = insn["b"] if is_conditional else insn["a"]
        target = (given["ip"] + operand) % (1 << 32) if control.get("is_relative") else operand
        is_jmp = is_jump and not is_conditional and not control.get("is_relative")
        calls = is_jmp and insn["next_ip"] in self.constants
        is_known = guess["hit"] and guess["pos"] == jumped["pos"]
        if is_known and guess["taken"] and guess["returns"]:
            returns = is_jmp and insn["a"] == jumped["expected"]
        else:
            returns = is_jmp and insn["a"] == given["return_top"] and not calls
        answers = {
            "next_ip": target if taken else insn["next_ip"],
            "is_mispredicted": jumped["taken"] != taken
                               or (taken and operand != jumped["expected"]),
            "returns.moves": given["leaves"], "returns.push": calls, "returns.pop": returns,
            "returns.address": insn["next_ip"], "returns.is_new": not guess["calls"],
            # A conditional jump that was never taken gets no entry.
            "targets.valid": given["leaves"] and (jumped["is_wrong"]
                                                  or (is_jump and (taken or is_known))),
        }
        if is_jump:
            answers["is_astray"] = taken and (calls, returns) != (guess["calls"], guess["returns"])
        if answers["targets.valid"]:
            answers |= {"targets.group": jumped["group"], "targets.pos": jumped["pos"],
                        "targets.is_gone": jumped["is_wrong"]}
        if answers["targets.valid"] and not jumped["is_wrong"]:
            counter = min(guess["counter"] + 1, 3) if taken else max(guess["counter"] - 1, 0)
            answers |= {"targets.always": not is_conditional, "targets.taken": taken,
                        "targets.calls": calls, "targets.returns": returns,
                        "targets.target": target, "targets.index": guess["index"],
                        "targets.counter": counter if is_known else 2}
        if given["leaves"] and control.get("is_constant"):
            self.constants = [insn["a"], self.constants[0]]
        return answers


def test_jumps_lead_where_they_say_and_fetch_hears_what_it_can_learn():
    dut, model, rng = Jump(), Model(), random.Random(1)

    async def bench(ctx):
        for _ in range(400):
            insn, given = any_situation(rng)
            ctx.set(dut.insn, insn)
            for name, value in given.items():
                ctx.set(getattr(dut, name), value)
            expected = model.answers(insn, given)
            assert {name: said(ctx, dut, name) for name in expected} == expected, (insn, given)
            await ctx.tick()

    simulate(dut, bench)
