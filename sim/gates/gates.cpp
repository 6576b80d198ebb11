// Simulates a netlist of gates 64 times at once: bit n of each word is the value of a net in lane n.
//
// "netlist.h" (cpp.py) has the netlist: `compute`, which gives all nets without state their values,
// and tables of registers and memories. Lanes have the same inputs; they differ in what registers and
// memories held at power-up. Of each record that the design makes, lane 0's is kept, and the other
// lanes are compared with it: those that differ are out of the race, it is noted when, and their own
// records are kept from there on.

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <initializer_list>

typedef uint64_t Lanes;

namespace {

constexpr Lanes ALL = ~Lanes(0);

inline Lanes mux(Lanes select, Lanes low, Lanes high) { return low ^ (select & (low ^ high)); }

// Calls `act(address, lanes)` for each address that any of the lanes has.
template <typename Act> inline void each_address(const Lanes* bits, int width, Lanes lanes, Act act) {
    while (lanes) {
        const int first = __builtin_ctzll(lanes);
        unsigned address = 0;
        Lanes same = lanes;
        for (int n = 0; n < width; n++) {
            const unsigned bit = bits[n] >> first & 1;
            address |= bit << n;
            same &= bit ? bits[n] : ~bits[n];
        }
        act(address, same);
        lanes &= ~same;
    }
}

void read_lut_ram(Lanes* out, const Lanes* memory, std::initializer_list<Lanes> address) {
    out[0] = out[1] = out[2] = out[3] = 0;
    each_address(address.begin(), 4, ALL, [&](unsigned at, Lanes lanes) {
        for (int n = 0; n < 4; n++) out[n] |= memory[4 * at + n] & lanes;
    });
}

void write_lut_ram(Lanes* memory, Lanes enable, std::initializer_list<Lanes> address,
                   std::initializer_list<Lanes> data) {
    each_address(address.begin(), 4, enable, [&](unsigned at, Lanes lanes) {
        for (int n = 0; n < 4; n++)
            memory[4 * at + n] = mux(lanes, memory[4 * at + n], data.begin()[n]);
    });
}

// The product of 18 x 18 bits: where all lanes agree, once; else by adding shifted copies.
void multiply(Lanes* out, std::initializer_list<Lanes> inputs, bool left_signed, bool right_signed) {
    const Lanes* const left = inputs.begin();
    const Lanes* const right = left + 18;
    bool agree = true;
    for (Lanes bit : inputs) agree &= bit == 0 || bit == ALL;
    if (agree) {
        int64_t a = 0, b = 0;
        for (int n = 0; n < 18; n++) a |= int64_t(left[n] & 1) << n, b |= int64_t(right[n] & 1) << n;
        if (left_signed) a = a << 46 >> 46;
        if (right_signed) b = b << 46 >> 46;
        for (int n = 0; n < 36; n++) out[n] = a * b >> n & 1 ? ALL : 0;
        return;
    }
    memset(out, 0, 36 * sizeof *out);
    for (int row = 0; row < 18; row++) {
        const Lanes takes = right[row];
        const Lanes negates = right_signed && row == 17 ? ALL : 0;  // that bit counts below zero
        Lanes carry = negates & takes;
        for (int n = row; n < 36; n++) {
            const int at = n - row;
            const Lanes bit = at < 18 ? left[at] : left_signed ? left[17] : 0;
            const Lanes term = (bit ^ negates) & takes;
            const Lanes sum = out[n] ^ term;
            const Lanes next = (out[n] & term) | (sum & carry);
            out[n] = sum ^ carry;
            carry = next;
        }
    }
}

enum Mode { NORMAL, WRITETHROUGH, READBEFOREWRITE };

// Where a port finds its nets; see `Port` in netlist.py. Numbers are those of nets.
struct PortNets {
    int width;
    Mode mode;
    unsigned clock;  // a bit
    int enable, writes, reset;
    int address[14], data[36], outputs[36];
};

struct BlockNets { PortNets ports[2]; };

struct FlopNets { int data, enable, reset, value; unsigned clock; bool is_asynchronous; };  // number n drives net n

#include "netlist.h"

constexpr int MEMORY = LUT_RAMS * 64 + BLOCKS * 18432;

struct Model {
    Lanes* nets = static_cast<Lanes*>(calloc(NETS, sizeof(Lanes)));
    Lanes* next = static_cast<Lanes*>(calloc(STATE, sizeof(Lanes)));
    Lanes* memory = static_cast<Lanes*>(calloc(MEMORY + 1, sizeof(Lanes)));
    uint64_t cycles = 0;
    uint64_t noise = 0x9E3779B97F4A7C15ull;
    Lanes alive = ALL;   // has made the records of lane 0, each in its cycle
    Lanes ended = 0;     // has stopped
    uint64_t died_at[64] = {};
    size_t strays = 0;   // records of lanes that are not alive, in the last run

    Model() { nets[NET_ONE] = ALL; }
    ~Model() { free(nets); free(next); free(memory); }

    Lanes any() {
        noise ^= noise << 13, noise ^= noise >> 7, noise ^= noise << 17;
        return noise;
    }

    // Where the bits of a word are: a unit of 8 bits has a ninth one for wide ports.
    static int place(unsigned address) { return (address >> 3) * 9 + (address & 7); }

    // How many addresses a word of a port has: the lowest bits of an address do not count.
    static int units(int width) { return width < 9 ? width : width / 9 * 8; }

    struct Access { Lanes clocked, active, writes, address[14]; };

    // The lanes in which a port writes this bit of this unit.
    Lanes writes_bit(const PortNets& port, const Access& access, int unit, int bit) {
        Lanes lanes = access.writes;
        const int size = units(port.width);
        for (int n = 13; n >= 3 && 1 << n >= size; n--)
            lanes &= unit >> (n - 3) & 1 ? access.address[n] : ~access.address[n];
        if (port.width < 9) {
            if (bit == 8) return 0;
            for (int n = 2; n >= 0 && 1 << n >= size; n--)
                lanes &= bit >> n & 1 ? access.address[n] : ~access.address[n];
        }
        if (port.width >= 18) lanes &= nets[port.address[unit & (port.width / 9 - 1)]];
        return lanes;
    }

    void clock_block(const BlockNets& block, Lanes* words, unsigned clocks) {
        Access accesses[2];
        for (int side = 0; side < 2; side++) {
            const PortNets& port = block.ports[side];
            Access& access = accesses[side];
            access.clocked = port.clock & clocks ? ALL : 0;
            access.active = nets[port.enable] & ~nets[port.reset] & access.clocked;
            access.writes = access.active & nets[port.writes];
            for (int n = 0; n < 14; n++)
                access.address[n] = 1 << n < units(port.width) ? 0 : nets[port.address[n]];
        }
        for (int side = 0; side < 2; side++) {
            const PortNets& port = block.ports[side];
            const Access& access = accesses[side];
            const Access& other = accesses[1 - side];
            const PortNets& other_port = block.ports[1 - side];
            Lanes reads = access.active;
            if (port.mode == NORMAL) reads &= ~access.writes;
            for (int n = 0; n < port.width; n++) {
                Lanes& out = next[port.outputs[n]];
                out = nets[port.outputs[n]] & ~(nets[port.reset] & access.clocked);
            }
            each_address(access.address, 14, reads, [&](unsigned at, Lanes lanes) {
                // Bits that the other port writes at the same time are read as anything.
                Lanes near = lanes & other.writes;
                const int wider = units(other_port.width > port.width ? other_port.width : port.width);
                for (int n = 13; near && 1 << n >= wider; n--)
                    near &= at >> n & 1 ? other.address[n] : ~other.address[n];
                for (int n = 0; n < port.width; n++) {
                    Lanes word = words[place(at) + n];
                    if (near) {
                        const int bit = (port.width < 9 ? at & 7 : 0) + n;
                        word ^= any() & near & writes_bit(other_port, other, (at >> 3) + bit / 9, bit % 9);
                    }
                    if (port.mode == WRITETHROUGH) {
                        const Lanes part = port.width < 18 ? ALL : nets[port.address[n / 9]];
                        word = mux(access.writes & part, word, nets[port.data[n]]);
                    }
                    Lanes& out = next[port.outputs[n]];
                    out = mux(lanes, out, word);
                }
            });
        }
        for (int side = 0; side < 2; side++) {
            const PortNets& port = block.ports[side];
            each_address(accesses[side].address, 14, accesses[side].writes,
                         [&](unsigned at, Lanes lanes) {
                for (int n = 0; n < port.width; n++) {
                    const Lanes part = port.width < 18 ? ALL : nets[port.address[n / 9]];
                    Lanes& word = words[place(at) + n];
                    word = mux(lanes & part, word, nets[port.data[n]]);
                }
            });
        }
    }

    // An edge of the clocks whose bits are set.
    void clock(unsigned clocks) {
        for (int n = 0; n < FLOPS; n++) {
            const FlopNets& flop = FLOP_NETS[n];
            const bool is_clocked = flop.clock & clocks;
            const Lanes taken = is_clocked ? mux(nets[flop.enable], nets[n], nets[flop.data]) : nets[n];
            next[n] = is_clocked || flop.is_asynchronous ? mux(nets[flop.reset], taken, nets[flop.value])
                                                         : taken;
        }
        for (int n = 0; n < BLOCKS; n++)
            if ((BLOCK_NETS[n].ports[0].clock | BLOCK_NETS[n].ports[1].clock) & clocks)
                clock_block(BLOCK_NETS[n], memory + LUT_RAMS * 64 + n * 18432, clocks);
            else
                for (const PortNets& port : BLOCK_NETS[n].ports)
                    for (int bit = 0; bit < port.width; bit++)
                        next[port.outputs[bit]] = nets[port.outputs[bit]];
        write_lut_rams(nets, memory, clocks);
        memcpy(nets, next, STATE * sizeof(Lanes));
    }
};

}  // namespace

extern "C" {

void* gates_new() { return new Model; }
void gates_delete(Model* m) { delete m; }
Lanes* gates_nets(Model* m) { return m->nets; }
Lanes* gates_memory(Model* m) { return m->memory; }
uint64_t gates_cycles(Model* m) { return m->cycles; }
Lanes gates_alive(Model* m) { return m->alive; }
Lanes gates_ended(Model* m) { return m->ended; }
size_t gates_strays(Model* m) { return m->strays; }
const uint64_t* gates_died_at(Model* m) { return m->died_at; }

// All nets without state have their values; then an edge of the clocks whose bits are set.
void gates_compute(Model* m) { compute(m->nets, m->memory); }
void gates_clock(Model* m, unsigned clocks) { m->clock(clocks); }

// Clocks up to so many cycles. `slots` are groups of 1 + words * 32 nets: one that is 1 when there is
// a record, and the bits of its words, bit 0 first. Records of lane 0 go to `records`, each behind
// its cycle; those of lanes that are not alive to `strays`, each behind its lane and cycle. A lane
// whose net `stopped` is 1 makes no more. Ends early when all lanes have stopped (without `strays`:
// when lane 0 has), or as there is no room for more; returns how many records lane 0 made.
size_t gates_run(Model* m, uint64_t cycles, const int* slots, int slot_count, int words, int stopped,
                 uint32_t* records, size_t capacity, uint32_t* strays, size_t stray_capacity) {
    size_t count = 0;
    Lanes* const nets = m->nets;
    const Lanes awaited = stray_capacity ? ALL : 1;
    m->strays = 0;
    for (const uint64_t end = m->cycles + cycles; m->cycles < end; ) {
        compute(nets, m->memory);
        Lanes differs = 0;
        for (int slot = 0; slot < slot_count && !(m->ended & 1); slot++) {
            const int* const bits = slots + slot * (1 + words * 32);
            const Lanes valid = nets[bits[0]];
            if (!valid) continue;
            const bool is_made = valid & 1;
            differs |= is_made ? ~valid : valid;
            if (!is_made) continue;
            uint32_t* const record = records + count++ * (words + 1);
            record[0] = static_cast<uint32_t>(m->cycles);
            for (int word = 0; word < words; word++) {
                uint32_t value = 0;
                for (int n = 0; n < 32; n++) {
                    const Lanes bit = nets[bits[1 + word * 32 + n]];
                    value |= uint32_t(bit & 1) << n;
                    differs |= bit ^ (bit & 1 ? ALL : 0);
                }
                record[1 + word] = value;
            }
        }
        for (Lanes dying = differs & m->alive; dying; dying &= dying - 1)
            m->died_at[__builtin_ctzll(dying)] = m->cycles;
        m->alive &= ~differs;
        for (int slot = 0; slot < slot_count && stray_capacity; slot++) {
            const int* const bits = slots + slot * (1 + words * 32);
            for (Lanes left = nets[bits[0]] & ~m->alive & ~m->ended; left; left &= left - 1) {
                const int lane = __builtin_ctzll(left);
                uint32_t* const record = strays + m->strays++ * (words + 2);
                record[0] = lane;
                record[1] = static_cast<uint32_t>(m->cycles);
                for (int word = 0; word < words; word++) {
                    uint32_t value = 0;
                    for (int n = 0; n < 32; n++)
                        value |= uint32_t(nets[bits[1 + word * 32 + n]] >> lane & 1) << n;
                    record[2 + word] = value;
                }
            }
        }
        m->ended |= nets[stopped];
        m->clock(~0u);
        m->cycles++;
        if ((m->ended & awaited) == awaited || count + slot_count > capacity) break;
        if (stray_capacity && m->strays + 64 * slot_count > stray_capacity) break;
    }
    return count;
}

}
