# amaranth: UnusedElaboratable=no
"""Runs the benches of the phys on the Verilog that they are exported to."""

from sim.verilog import to_verilog
from tests.support.cocotb_bench import run_bench
from tests.support.dvi import Screen
from tests.support.usb import UsbDesk


def test_pictures_go_through_the_cable():
    run_bench("tests.cocotb.bench_dvi", verilog=to_verilog(Screen(), name="screen"), top="screen")


def test_a_usb_keyboard_is_heard():
    run_bench("tests.cocotb.bench_usb_keyboard", top="usb",
              verilog=to_verilog(UsbDesk(), name="usb"))
