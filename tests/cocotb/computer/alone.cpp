// alone.cpp: the hardware in Verilator and nothing else, as fast as that goes: +cycles=N.

#include <cstdint>
#include <cstdlib>
#include <memory>

#include "Vtop.h"
#include "verilated.h"

double sc_time_stamp() { return 0; }

int main(int argc, char **argv) {
    Verilated::commandArgs(argc, argv);
    const std::unique_ptr<Vtop> top{new Vtop("")};
    const uint64_t cycles = std::strtoull(
        Verilated::commandArgsPlusMatch("cycles=") + sizeof "+cycles=" - 1, nullptr, 10);
    for (uint64_t cycle = 0; cycle < cycles; cycle++) {
        top->rst = cycle < 4;
        top->clk = 1;
        top->eval();
        top->clk = 0;
        top->eval();
    }
    return 0;
}
