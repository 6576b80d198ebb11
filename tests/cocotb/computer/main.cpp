// main.cpp: the program around the computer: its clock, time, waveforms, and when Python is called.
//
// cocotb's own main program asks in each step of time whether somebody waits for something, a dozen
// times. Here the clock runs by itself: after each rising edge `news`, which is all that benches can
// wait for, is compared, and only if it has changed, or a timer of a bench has run out, Python is
// called.

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>

#include "Vtop.h"
#include "Vtop___024root.h"
#include "verilated.h"
#include "verilated_vpi.h"
#if VM_TRACE
#include "verilated_vcd_c.h"
#endif

namespace {

constexpr uint64_t HALF_NS = 5;  // of the clock's period: PERIOD_NS in top.py is twice that

uint64_t now_ns = 0;

// Tell the benches of all that has changed, until nothing does; whether there was anything.
bool settle() {
    if (!VerilatedVpi::callValueCbs()) return false;
    while (VerilatedVpi::callValueCbs()) {}
    return true;
}

// Let benches act in this moment: what they write may change what they wait for.
void let_act(Vtop &top) {
    do {
        do {
            top.eval_step();
            VerilatedVpi::clearEvalNeeded();
            VerilatedVpi::doInertialPuts();
            settle();
        } while (VerilatedVpi::evalNeeded());
        VerilatedVpi::callCbs(cbReadWriteSynch);
        VerilatedVpi::doInertialPuts();
        settle();
    } while (VerilatedVpi::evalNeeded());
    VerilatedVpi::callCbs(cbReadOnlySynch);
}

#if VM_TRACE
// Waveforms: +waves=FILE, from the moment at which the bench sets `dumps`.
class Waves {
  public:
    Waves(Vtop &top) {
        const std::string given = Verilated::commandArgsPlusMatch("waves=");
        path = given.substr(std::min(given.size(), sizeof "+waves=" - 1));
        if (path.empty()) return;
        Verilated::traceEverOn(true);
        top.trace(&file, 99);
    }
    void dump(Vtop &top) {
        if (path.empty() || !top.rootp->computer__DOT__dumps) return;
        if (!file.isOpen()) file.open(path.c_str());
        file.dump(now_ns);
    }
    void close() { if (file.isOpen()) file.close(); }

  private:
    std::string path;
    VerilatedVcdC file;
};
#endif

}  // namespace

extern "C" void vlog_startup_routines_bootstrap(void);

double sc_time_stamp() { return now_ns; }

int main(int argc, char **argv) {
    Verilated::commandArgs(argc, argv);
    const std::unique_ptr<Vtop> top{new Vtop("")};
    Verilated::fatalOnVpiError(false);  // cocotb asks for names that there may not be
#if VM_TRACE
    Waves waves{*top};
#endif
    vlog_startup_routines_bootstrap();
    VerilatedVpi::callCbs(cbStartOfSimulation);
    settle();
    top->clk = 0;
    let_act(*top);

    uint64_t edge_ns = HALF_NS;
    auto news = top->rootp->computer__DOT__news;
    while (!Verilated::gotFinish()) {
        const uint64_t timer_ns = VerilatedVpi::cbNextDeadline();
        now_ns = std::min(edge_ns, timer_ns);
        const bool acts = timer_ns == now_ns || VerilatedVpi::hasCbs(cbNextSimTime);
        if (acts) {
            VerilatedVpi::callCbs(cbNextSimTime);
            settle();
            VerilatedVpi::callTimedCbs();
            settle();
        }
        if (now_ns == edge_ns) {
            top->clk = !top->clk;
            edge_ns += HALF_NS;
        }
        top->eval_step();
        const bool has_news = news != top->rootp->computer__DOT__news;
        news = top->rootp->computer__DOT__news;
        if (acts || (has_news && settle())) let_act(*top);
#if VM_TRACE
        waves.dump(*top);
#endif
    }

    top->final();
    VerilatedVpi::callCbs(cbEndOfSimulation);
#if VM_TRACE
    waves.close();
#endif
    return Verilated::threadContextp()->errorCount() ? 1 : 0;
}
