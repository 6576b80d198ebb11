// host.cpp: what is between the bench's Verilog and Python: RAM, queues of tokens, trace records.
//
// Verilog calls the functions below as DPI; Python, which runs in the same process, reads the
// arrays behind `bench_state` (link.py). So a sector or a thousand records cost Python one look.

#include <cstdint>
#include <cstring>
#include <vector>

namespace {

constexpr int STREAMS = 32;
constexpr int RECORD_WORDS = 12;
constexpr uint32_t RECORDS = 1 << 17;    // room for records
constexpr uint32_t ENOUGH = 1 << 14;     // so many are worth waking Python for
constexpr uint32_t TOKENS = 1 << 18;     // room in each queue: a picture of 512 by 512
constexpr uint32_t RECORDS_BIT = 1u << 31;

struct Queue {
    uint32_t first, count;
    uint64_t tokens[TOKENS];
};

struct State {
    uint64_t cycles;      // since the last reset
    uint32_t to_machine;  // bit n: stream n has tokens for the machine
    uint32_t record_count;
    uint32_t lost;        // tokens for which there was no room; the bench fails if there are any
    uint32_t ram_words;
    uint32_t *ram;
    uint32_t (*records)[RECORD_WORDS];
    uint8_t *modes;       // of each record: whether the machine translated, that is, a process ran
    uint32_t registers[64];  // as they were at the last probe
    uint32_t irqs[16];       // that came in each state of the walker
    uint32_t abandoned[16];  // walks, by the state in which the walker learnt it
    Queue *queues;
};

State state;

}  // namespace

extern "C" {

// --- for Python ----------------------------------------------------------------------------------

State *bench_state() {
    if (!state.queues) {
        state.queues = new Queue[STREAMS]();
        state.records = new uint32_t[RECORDS][RECORD_WORDS];
        state.modes = new uint8_t[RECORDS];
    }
    return &state;
}

void bench_ram(uint32_t words) {
    delete[] state.ram;
    state.ram = new uint32_t[words]();
    state.ram_words = words;
}

void bench_clear() {
    bench_state();
    state.cycles = state.to_machine = state.record_count = state.lost = 0;
    std::memset(state.irqs, 0, sizeof state.irqs);
    std::memset(state.abandoned, 0, sizeof state.abandoned);
    for (int n = 0; n < STREAMS; n++) state.queues[n].first = state.queues[n].count = 0;
}

void bench_send(int stream, const uint64_t *tokens, uint32_t count) {
    Queue &queue = state.queues[stream];
    for (uint32_t n = 0; n < count; n++) {
        if (queue.count == TOKENS) { state.lost++; continue; }
        queue.tokens[(queue.first + queue.count++) % TOKENS] = tokens[n];
    }
    if (queue.count) state.to_machine |= 1u << stream;
}

uint32_t bench_receive(int stream, uint64_t *tokens, uint32_t most) {
    Queue &queue = state.queues[stream];
    uint32_t count = queue.count < most ? queue.count : most;
    for (uint32_t n = 0; n < count; n++) tokens[n] = queue.tokens[(queue.first + n) % TOKENS];
    queue.first = (queue.first + count) % TOKENS;
    queue.count -= count;
    return count;
}

// --- for Verilog ---------------------------------------------------------------------------------

int host_cycle() {
    state.cycles++;
    return state.to_machine | (state.record_count >= ENOUGH ? RECORDS_BIT : 0);
}

void host_put(int stream, long long token) {
    Queue &queue = state.queues[stream];
    if (queue.count == TOKENS) { state.lost++; return; }
    queue.tokens[(queue.first + queue.count++) % TOKENS] = token;
}

long long host_take(int stream) {
    Queue &queue = state.queues[stream];
    if (!queue.count) return 0;
    uint64_t token = queue.tokens[queue.first];
    queue.first = (queue.first + 1) % TOKENS;
    if (!--queue.count) state.to_machine &= ~(1u << stream);
    return token;
}

int host_read(int address) {
    uint32_t at = address;
    return at < state.ram_words ? state.ram[at] : 0;
}

void host_write(int address, int data) {
    uint32_t at = address;
    if (at < state.ram_words) state.ram[at] = data;
}

void host_irq(int walker_state) { state.irqs[walker_state & 15]++; }

void host_abandon(int walker_state) { state.abandoned[walker_state & 15]++; }

void host_register(int number, int value) { state.registers[number] = value; }

void host_record(int kind, int ip, int insn, int imm, int wrote, int d, int value, int address,
                 int data, int code, int arg, int mode) {
    if (state.record_count == RECORDS) { state.lost++; return; }
    const uint32_t words[RECORD_WORDS] = {
        uint32_t(kind), uint32_t(ip), uint32_t(insn), uint32_t(imm), uint32_t(wrote), uint32_t(d),
        uint32_t(value), uint32_t(address), uint32_t(data), uint32_t(code), uint32_t(arg),
        uint32_t(state.cycles)};
    std::memcpy(state.records[state.record_count], words, sizeof words);
    state.modes[state.record_count++] = mode;
}

}  // extern "C"
