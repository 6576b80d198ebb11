// Stops: what a run is to be halted for, looked for in the processor's records at the loop's speed.
//
// A stop is told by its *position*: the number of cycles after which the machine is to be looked at.
// That is right behind the record before, for what an instruction is about to do, and right behind
// the record itself, for what it has done. Python (`sim.history`) sets the conditions and fetches the
// hits; the layouts of `Condition` and `Hit` are known to `library.py`.

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

namespace {

constexpr uint32_t ANYWHERE = 0xFFFFFFFF;  // in any address space

enum What : uint32_t {
    POINT     = 1,   // before the instruction at `low`
    STEP      = 2,   // before an instruction from `low` up to `high`, those of `except` left out
    STORE     = 3,   // behind a store to physical words from `low` up to `high`
    FAULT     = 4,   // before a fault
    INTERRUPT = 5,   // behind the acceptance of interrupt `low`, or of any where `low` > `high`
    CALL      = 6,   // before a software interrupt out of translated code
    REGISTER  = 7,   // behind a change of register `low`
};

struct Condition {
    uint32_t what;
    uint32_t space;
    uint32_t low, high;
    uint32_t first, count;  // of ranges left out by a STEP
};

struct Hit {
    uint64_t position;
    uint32_t condition;  // its number
    uint32_t space;
    uint32_t record[RECORD_WORDS];
};

struct Stops {
    std::vector<Condition> conditions;
    std::vector<uint32_t> ranges;  // pairs of low and high
    std::vector<Hit> hits;         // those found; of a long search the last ones
    uint64_t since = 0;            // positions before this are none
    uint64_t until = 0;            // nor are those from here on
    size_t most = 0;               // hits to keep while the search goes on; 0: the first one ends it
    uint64_t found = 0;
    bool looks_at_all = false;     // there are others than points
    uint64_t bits[1024];           // of the low 16 bits of points

    bool empty() const { return conditions.empty(); }

    void set(const Condition* given, size_t count, const uint32_t* given_ranges, size_t words) {
        conditions.assign(given, given + count);
        ranges.assign(given_ranges, given_ranges + words);
        looks_at_all = false;
        memset(bits, 0, sizeof bits);
        for (const Condition& condition : conditions) {
            if (condition.what != POINT) looks_at_all = true;
            bits[condition.low >> 6 & 1023] |= 1ull << (condition.low & 63);
        }
    }

    // Whether the search is to end with this record; `before` and `behind` are its two positions.
    bool look(const uint32_t* record, uint64_t before, uint64_t behind, uint32_t space) {
        const uint32_t ip = record[WORD_IP];
        if (!looks_at_all && !(bits[ip >> 6 & 1023] >> (ip & 63) & 1)) return false;
        bool ends = false;
        for (size_t n = 0; n < conditions.size(); n++) {
            const Condition& condition = conditions[n];
            if (condition.space != ANYWHERE && condition.space != space) continue;
            if (!meets(condition, record, space)) continue;
            const uint32_t what = condition.what;
            const bool is_behind = what == STORE || what == INTERRUPT || what == REGISTER;
            ends |= note(n, is_behind ? behind : before, record, space);
        }
        return ends;
    }

private:
    bool meets(const Condition& condition, const uint32_t* record, uint32_t space) const {
        const uint32_t kind = record[WORD_KIND], ip = record[WORD_IP];
        const bool executes = kind == KIND_INSN || kind == KIND_FAULT;
        switch (condition.what) {
            case POINT: return executes && ip == condition.low;
            case STEP: return executes && condition.low <= ip && ip < condition.high
                              && !is_left_out(condition, ip);
            case STORE: return kind == KIND_INSN && (record[WORD_WROTE] & WROTE_MEMORY)
                               && condition.low <= record[WORD_ADDRESS]
                               && record[WORD_ADDRESS] < condition.high;
            case FAULT: return kind == KIND_FAULT;
            case INTERRUPT: return kind == KIND_INTERRUPT
                                   && (condition.low > condition.high
                                       || record[WORD_CODE] == condition.low);
            case CALL: return kind == KIND_INSN && space != 0
                              && record[WORD_INSN] >> 24 == OPCODE_INT;
            case REGISTER: return kind == KIND_INSN && (record[WORD_WROTE] & WROTE_REGISTER)
                                  && record[WORD_D] == condition.low;
        }
        return false;
    }

    bool is_left_out(const Condition& condition, uint32_t ip) const {
        for (uint32_t n = condition.first; n < condition.first + condition.count; n++)
            if (ranges[2 * n] <= ip && ip < ranges[2 * n + 1]) return true;
        return false;
    }

    bool note(size_t n, uint64_t position, const uint32_t* record, uint32_t space) {
        if (position < since || position >= until) return false;
        found++;
        if (most && hits.size() >= 2 * most)  // room for as many again
            hits.erase(hits.begin(), hits.end() - most);
        hits.push_back({position, static_cast<uint32_t>(n), space, {}});
        memcpy(hits.back().record, record, sizeof hits.back().record);
        return most == 0;
    }
};

}  // namespace

extern "C" {

void stops_set(Stops* s, const Condition* conditions, size_t count, const uint32_t* ranges,
               size_t words) {
    s->set(conditions, count, ranges, words);
}

// Look for positions from `since` to before `until`; keep the last `most` hits, or end with the
// first (0).
void stops_search(Stops* s, uint64_t since, uint64_t until, size_t most) {
    s->since = since;
    s->until = until;
    s->most = most;
    s->found = 0;
    s->hits.clear();
}

size_t stops_count(Stops* s) { return s->hits.size(); }
const Hit* stops_hits(Stops* s) { return s->hits.data(); }

}
