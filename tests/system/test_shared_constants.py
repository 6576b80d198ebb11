"""What the kernel's assembly knows of its QLL."""

import re

import pytest

from isa import machine
from system.build import kernel_sources
from system.constants import shared_qasm
from toolchain.places import KERNEL
from toolchain.qasm.constants import definitions
from toolchain.qll.front import analyse, with_deep_stack


@pytest.fixture(scope="module")
def names():
    program, _ = with_deep_stack(lambda: analyse(kernel_sources()))
    return definitions([shared_qasm(program)]).values


def test_constants_of_the_machine_and_of_the_kernel_have_their_values(names):
    assert names["machine::FRAME_IP"] == machine.FRAME_IP
    assert names["machine::FRAME_R63"] == machine.FRAME_IP - 1
    assert names["machine::SYSCALL"] == machine.Interrupt.SYSCALL
    assert names["limits::STACK_TOP"] == 0x1FF00
    assert names["limits::CALL_STACK"] == names["limits::STACK_TOP"] - 3
    assert names["number::yield"] == 8
    assert names["scheduler::MISSED"] == 1 << 31


def test_a_process_begins_as_support_qasm_takes_for_granted(names):
    at = {name: names[f"process::process::{name}"]
          for name in ("registers", "pages", "next", "state", "again", "progress", "ticks")}
    assert at == {"registers": 0, "pages": 65, "next": 66, "state": 67, "again": 68, "progress": 69,
                  "ticks": 70}
    assert at["pages"] == names["machine::SAVED_IP"] + 1 == names["machine::SAVED_R63"] + 2
    assert names["scheduler::READY"] == 1  # it stores a register that holds 1


def test_every_limit_of_the_kernel_has_a_reason():
    rows = re.findall(r"^  \.constant global (\w+).*?;(.*)$", (KERNEL / "limits.qll").read_text(),
                      re.MULTILINE)
    assert len(rows) > 30
    assert [name for name, reason in rows if not reason.strip().startswith("// ")] == []
