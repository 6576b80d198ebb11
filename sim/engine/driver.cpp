// The inner loop of the RTL engine: clocks a compiled design, moves tokens between its streams and
// queues, counts instructions, and keeps trace records. Python (library.py) drives it in large steps.
//
// What is particular to a design comes from the generated "design.h" (header.py): the struct `Top`,
// and macros that expand to one line a stream or a trace slot.
//
// A moment is when clocks have an edge, or several clocks have one together; moments of one kind have
// a function `Top::tick0`, `Top::tick1` ... It computes the outputs of the clocks' domains from inputs
// and registers, and lets the registers become what the edge makes of them. So all that is looked at
// behind it is sampled as a register would see it. Domains are bits of a mask; cycles are those of SYNC.
//
// Two things are for those who look into a run (`sim.history`): snapshots, which keep only the pages
// of memory that have changed since the one before, and stops (stops.h), which are looked for in each
// record of the processor's.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <vector>

#include <sys/mman.h>

typedef unsigned __int128 uint128_t;
typedef __int128 int128_t;

// A large memory: pages that are never touched cost nothing. It is the system's own, for calloc clears
// all of what another model has given back. It knows which pages were written since the last snapshot.
constexpr size_t PAGE_OCTETS = 4096;

template <typename Word, size_t SIZE> struct Zeros {
    static constexpr size_t PAGE  = PAGE_OCTETS / sizeof(Word);
    static constexpr size_t PAGES = (SIZE + PAGE - 1) / PAGE;
    Word* words = static_cast<Word*>(mapped());
    uint8_t* changed = static_cast<uint8_t*>(calloc(PAGES, 1));
    Zeros() = default;
    Zeros(const Zeros&) = delete;
    ~Zeros() { munmap(words, PAGES * PAGE_OCTETS); free(changed); }
    static void* mapped() {
        void* memory = mmap(nullptr, PAGES * PAGE_OCTETS, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED) throw std::bad_alloc();
        return memory;
    }
    Word& operator[](size_t index) { return words[index]; }
    Word& written(size_t index) { changed[index / PAGE] = 1; return words[index]; }
};

#include "design.h"
#include "stops.h"

#if TALLIES
#include "profile.h"
#endif

namespace {

enum Outcome : int {
    BUDGET    = 0,  // all cycles were run
    ATTENTION = 1,  // the design put tokens out, and paused
    FULL      = 2,  // no room for the records of another cycle
    STOPPED   = 3,
    ASLEEP    = 4,  // for as long as `patience` says, or still at the end of the budget
    HIT       = 5,  // a stop was reached
    MAPPED    = 6,  // before a cycle with another mapping of memory: the profile wants its number
    RUNNING   = 7,  // never returned
};

// A burst of tokens (a line of text, a sector) should come back to Python as one: return when none
// has come for this many cycles, or when a queue is long.
constexpr unsigned QUIET_CYCLES = 24;
constexpr size_t   LONG_QUEUE   = 1 << 16;
constexpr size_t   MOST_CHANGES = 1 << 20;  // kept at a time

// Records go to memory that the first-level cache does not hold: it is asked for so much earlier that
// no write waits for it.
constexpr size_t RECORDS_AHEAD = 2;

// A ticker that wraps, or a token that passes, has no effect any more after so many cycles: all that
// a design does by itself in its sleep is over, or goes on with the next token.
constexpr uint64_t AFTERMATH_CYCLES = 100;

constexpr uint16_t KIND_AT[MOMENTS] = {ORDER};  // the kind of each moment; they come over and over

struct Queue {
    std::vector<uint64_t> tokens;
    size_t head = 0;

    bool empty() const { return head == tokens.size(); }
    size_t size() const { return tokens.size() - head; }
    uint64_t front() const { return tokens[head]; }
    void push(uint64_t token) { tokens.push_back(token); }
    void pop() {
        if (++head == tokens.size()) { tokens.clear(); head = 0; }
    }
};

#if WATCHED
// A signal has another value from a cycle on.
struct Change {
    uint64_t cycle, value;
    uint32_t signal, unused;
};
#endif

struct Record {
    uint32_t words[RECORD_WORDS];
};

// One of the words that a record is made of, where it is made of no more.
template <size_t N, typename... Words> constexpr uint32_t word_of(Words... words) {
    const uint32_t all[] = {static_cast<uint32_t>(words)...};
    return all[N];
}

// Whether a record can be the cause of a stop, or is one: that of an ordinary instruction is neither.
constexpr bool may_stop(uint32_t kind, uint32_t insn) {
    return kind != KIND_INSN || insn >> 24 == OPCODE_HALT;
}

// What changes as the design runs, besides the design itself.
struct Progress {
    uint64_t cycles = 0;
    uint64_t instructions = 0;
    uint64_t asleep_cycles = 0;  // up to now, without a break
    uint64_t last_token = 0;     // cycle in which one passed, either way
    bool told_asleep = false;    // ASLEEP was returned for this sleep
    Record kept[2] = {};         // the last two of the slots that are kept; [1] is newer
    unsigned quiet_left = 0;     // 0: no token has come since the last return
    bool stopped = false;
    uint64_t last_record = 0;    // cycles when the last record of a kept slot had been made
    uint32_t space = 0;          // SPACE then: where the instruction after it is
    unsigned moment = 0;         // the next one
};

// A page as some snapshots have it; none stands for zeros.
struct PageOctets {
    static inline size_t count = 0;
    uint8_t octets[PAGE_OCTETS];
    explicit PageOctets(const void* from) { memcpy(octets, from, PAGE_OCTETS); count++; }
    ~PageOctets() { count--; }
};
using Page = std::shared_ptr<const PageOctets>;
using Pages = std::vector<Page>;

struct Snapshot {
    Progress progress;
    Queue inputs[INPUTS + 1];
    std::vector<uint8_t> top;   // with the addresses of its large memories, which never change
    Pages pages[LARGES + 1];
};

// What somebody wants of a run besides the run itself. The loop is compiled for each, so that what
// nobody asks for costs nothing; what few ask for has one loop, and is asked about in it.
enum Asked {
    NOTHING,
    RECORDS,
    ALL,  // perhaps records, and some of: stops, a profile, waves
};

// A tick, and what is looked at in it before anything else.
#if TALLIES
#define COUNTED(domains) \
    if (INTO && profile && (domains) & SYNC) \
        profile->count(TALLY_ADDRESS(top), TALLY_SPENT(top), TALLY_FLOW(top));
#else
#define COUNTED(domains)
#endif
#if WATCHED
#define TICKED(n, domains) \
    if (INTO && watches) { \
        top->watched_tick##n(); \
        if ((domains) & SYNC) watch(); \
    } else { \
        top->tick##n(); \
    } \
    COUNTED(domains)
#else
#define TICKED(n, domains) top->tick##n(); COUNTED(domains)
#endif

struct Engine : Progress {
    Top* top = new Top;
    Queue outputs[OUTPUTS + 1];
    Queue inputs[INPUTS + 1];
    uint64_t patience = 0;       // 0: never return ASLEEP
    bool skips = true;           // cycles in which a sleeping machine does nothing but count
    Record* records = nullptr;
    bool offers = false;         // some input has a token, since they were driven
    size_t record_count = 0;
    size_t record_capacity = 0;
    Stops stops;
    Pages pages[LARGES + 1];     // large memories as they were at the last snapshot or restoring
#if WATCHED
    bool watches = false;        // what changes is kept in each cycle
    bool watches_all = false;    // all values are wanted, changed or not
    uint64_t seen[WATCHED] = {};
    std::vector<Change> changes;
#endif
#if TALLIES
    Profile* profile = nullptr;  // while it is counted what each cycle goes into
#endif

    Engine() {
#define OUTPUT(i, domain, valid, ready, payload) top->ready = 1;
        EACH_OUTPUT
#undef OUTPUT
    }
    ~Engine() {
#if TALLIES
        delete profile;
#endif
        delete top;
    }

    // Inputs change only when a token was taken, or when Python gave some: not each cycle.
    void drive_inputs() {
        offers = has_input();
#define INPUT(i, domain, valid_, ready_, payload_, stirs) \
        top->valid_ = !inputs[i].empty(); \
        if (!inputs[i].empty()) top->payload_ = inputs[i].front();
        EACH_INPUT
#undef INPUT
    }

    bool has_input() const {
        for (int i = 0; i < INPUTS; i++) if (!inputs[i].empty()) return true;
        return false;
    }

    // A machine that has slept for a while, with no token on its way and no ticker that has just
    // wrapped, is at rest: nothing changes but the tickers, until one of them wraps. Those cycles
    // are added to the tickers instead.
    void skip(uint64_t limit) {
#if TICKER_WRAP
        uint64_t room = limit;
#define TICKER(count) \
        if (count < AFTERMATH_CYCLES) return; \
        { uint64_t left = count + 2 < TICKER_WRAP ? TICKER_WRAP - 2 - count : 0; \
          if (left < room) room = left; }
        EACH_TICKER
#undef TICKER
        if (room == 0) return;
#define TICKER(count) count += room;
        EACH_TICKER
#undef TICKER
        cycles += room;
#if TALLIES
        if (profile) profile->add(room);
#endif
#endif
    }

#if WATCHED
    void watch() {
        for (uint32_t n = 0; n < WATCHED; n++) {
            uint64_t value = top->p_watched[n];
            if (value == seen[n] && !watches_all) continue;
            seen[n] = value;
            changes.push_back({cycles, value, n, 0});
        }
        watches_all = false;
    }
#endif

    // What was seen before rising edges of these domains: tokens, records, the end.
    template <Asked ASKED, unsigned DOMAINS>
    inline __attribute__((always_inline)) int look(Top* const top, uint64_t end) {
        constexpr bool INTO = ASKED == ALL;
        const bool stops_set = INTO && !stops.empty();
        if (ANY_OUTPUT_VALID(top)) {
#define OUTPUT(i, domain, valid, ready, payload) \
            if (DOMAINS & domain && top->valid) { \
                outputs[i].push(top->payload); \
                quiet_left = outputs[i].size() < LONG_QUEUE ? QUIET_CYCLES + 1 : 1; \
                last_token = cycles; \
            }
            EACH_OUTPUT
#undef OUTPUT
        }
        bool taken = false;
#define INPUT(i, domain, valid, ready, payload, stirs) \
        if (DOMAINS & domain && top->valid && top->ready) { \
            inputs[i].pop(); \
            stirs \
            taken = true; \
            last_token = cycles; \
        }
        if (offers) { EACH_INPUT }
#undef INPUT
        if (DOMAINS & SYNC) instructions += RETIRED(top);
        bool hit = false;
#define KEPT(domain, valid, ...) \
        if (DOMAINS & domain && valid) { \
            const bool is_kept = may_stop(word_of<WORD_KIND>(__VA_ARGS__), word_of<WORD_INSN>(__VA_ARGS__)); \
            if (is_kept || stops_set) { \
                const Record record = {__VA_ARGS__}; \
                if (is_kept) { kept[0] = kept[1]; kept[1] = record; } \
                if (stops_set) hit |= stops.look(record.words, last_record, cycles + 1, space); \
            } \
            last_record = cycles + 1; \
            space = SPACE(top); \
        }
        EACH_KEPT
#undef KEPT
        if (ASKED == RECORDS || (INTO && records)) {
#define SLOT(domain, valid, ...) \
            if (DOMAINS & domain && valid) { \
                new (records + record_count++) Record{__VA_ARGS__}; \
                __builtin_prefetch(records + record_count + RECORDS_AHEAD, 1); \
            }
            EACH_SLOT
#undef SLOT
        }
        bool is_stopped = IS_STOPPED(top);
        bool is_asleep = IS_ASLEEP(top);

        if (DOMAINS & SYNC) cycles++;
        if (taken) drive_inputs();
        if (!(DOMAINS & SYNC)) return RUNNING;

        if (is_stopped) { stopped = true; return STOPPED; }
        if (hit) return HIT;
        if (quiet_left && --quiet_left == 0) return ATTENTION;
        if (!is_asleep) { asleep_cycles = 0; told_asleep = false; return RUNNING; }
        if (!patience || ++asleep_cycles < patience) return RUNNING;
        if (!told_asleep) { told_asleep = true; return ASLEEP; }
        if (skips && may_skip() && cycles < end && cycles - last_token > AFTERMATH_CYCLES && !has_input())
            skip(end - cycles);
        return RUNNING;
    }

    bool may_skip() const {
#if WATCHED
        return !watches;
#else
        return true;
#endif
    }

    template <Asked ASKED> int run(uint64_t budget) {
        constexpr bool INTO = ASKED == ALL;
        Top* const top = this->top;
        top->stir();  // whatever has been done to it from outside
        drive_inputs();
        SET_RECORDING(top, ASKED != NOTHING);
        uint64_t end = cycles + budget;
        while (cycles < end) {
            if ((ASKED == RECORDS || (INTO && records)) && record_capacity - record_count < SLOTS) return FULL;
#if TALLIES
            if (INTO && profile && SPACE(top) != profile->mapping && !profile->moves(SPACE(top)))
                return MAPPED;
#endif
#if WATCHED
            if (INTO && watches && changes.size() >= MOST_CHANGES) return FULL;
#endif
            int outcome = RUNNING;
            switch (MOMENTS == 1 ? 0 : KIND_AT[moment]) {
#define TICK(n, domains) \
                case n: \
                    TICKED(n, domains) \
                    outcome = look<ASKED, domains>(top, end); \
                    break;
                EACH_TICK
#undef TICK
            }
            if (MOMENTS > 1 && ++moment == MOMENTS) moment = 0;
            if (outcome != RUNNING) return outcome;
        }
        return told_asleep ? ASLEEP : BUDGET;
    }

    template <typename Word, size_t SIZE>
    static void keep_pages(Zeros<Word, SIZE>& memory, Pages& pages) {
        static const uint8_t zeros[PAGE_OCTETS] = {};
        const bool is_first = pages.empty();
        pages.resize(memory.PAGES);
        for (size_t n = 0; n < memory.PAGES; n++) {
            if (!is_first && !memory.changed[n]) continue;
            memory.changed[n] = 0;
            const Word* words = memory.words + n * memory.PAGE;
            if (is_first && !memcmp(words, zeros, PAGE_OCTETS)) continue;
            pages[n] = std::make_shared<const PageOctets>(words);
        }
    }

    template <typename Word, size_t SIZE>
    static void restore_pages(Zeros<Word, SIZE>& memory, Pages& pages, const Pages& wanted) {
        for (size_t n = 0; n < memory.PAGES; n++) {
            if (!memory.changed[n] && pages[n] == wanted[n]) continue;
            Word* words = memory.words + n * memory.PAGE;
            if (wanted[n]) memcpy(words, wanted[n]->octets, PAGE_OCTETS);
            else memset(words, 0, PAGE_OCTETS);
            memory.changed[n] = 0;
        }
        pages = wanted;
    }

    Snapshot* keep() {
#define LARGE(i, memory) keep_pages(memory, pages[i]);
        EACH_LARGE
#undef LARGE
        Snapshot* snapshot = new Snapshot{*this, {}, {}, {}};
        for (int i = 0; i < INPUTS; i++) snapshot->inputs[i] = inputs[i];
        for (int i = 0; i < LARGES; i++) snapshot->pages[i] = pages[i];
        const uint8_t* octets = reinterpret_cast<const uint8_t*>(top);
        snapshot->top.assign(octets, octets + sizeof(Top));
        return snapshot;
    }

    void restore(const Snapshot* snapshot) {
#define LARGE(i, memory) restore_pages(memory, pages[i], snapshot->pages[i]);
        EACH_LARGE
#undef LARGE
        static_cast<Progress&>(*this) = snapshot->progress;
        for (int i = 0; i < INPUTS; i++) inputs[i] = snapshot->inputs[i];
        for (Queue& queue : outputs) queue = Queue();
        memcpy(static_cast<void*>(top), snapshot->top.data(), sizeof(Top));
        record_count = 0;
    }
};

}  // namespace

extern "C" {

void* engine_new() { return new Engine; }
void engine_delete(Engine* e) { delete e; }

uint32_t* engine_ram(Engine* e) {
    [[maybe_unused]] Top* const top = e->top;
    return RAM(top);
}

int engine_run(Engine* e, uint64_t budget) {
    if (e->stopped) return STOPPED;
    bool into = !e->stops.empty();
#if WATCHED
    into |= e->watches;
#endif
#if TALLIES
    into |= e->profile != nullptr;
#endif
    if (into) return e->run<ALL>(budget);
    return e->records ? e->run<RECORDS>(budget) : e->run<NOTHING>(budget);
}

uint64_t engine_cycles(Engine* e) { return e->cycles; }
uint64_t engine_instructions(Engine* e) { return e->instructions; }
void engine_set_patience(Engine* e, uint64_t cycles) { e->patience = cycles; }

void engine_set_skips(Engine* e, int skips) { e->skips = skips; }

// Records go to a buffer of the caller's; none (null) switches tracing off.
void engine_set_records(Engine* e, Record* records, size_t capacity) {
    e->records = records;
    e->record_capacity = capacity;
    e->record_count = 0;
}

size_t engine_record_count(Engine* e) { return e->record_count; }
void engine_clear_records(Engine* e) { e->record_count = 0; }

size_t engine_available(Engine* e, int stream) { return e->outputs[stream].size(); }

size_t engine_receive(Engine* e, int stream, uint64_t* tokens, size_t capacity) {
    Queue& queue = e->outputs[stream];
    size_t count = 0;
    for (; count < capacity && !queue.empty(); queue.pop()) tokens[count++] = queue.front();
    return count;
}

void engine_send(Engine* e, int stream, const uint64_t* tokens, size_t count) {
    for (size_t i = 0; i < count; i++) e->inputs[stream].push(tokens[i]);
}

size_t engine_unsent(Engine* e, int stream) { return e->inputs[stream].size(); }

// Plain output ports that Python looks at between steps, by their index in the design.
uint64_t engine_probe(Engine* e, int index) {
    [[maybe_unused]] Top* const top = e->top;
    switch (index) {
#define PROBE(i, value) case i: return value;
        EACH_PROBE
#undef PROBE
    }
    return 0;
}

// Registers inside the design, likewise.
uint64_t engine_register(Engine* e, int index) {
    [[maybe_unused]] Top* const top = e->top;
    switch (index) {
#define REGISTER(i, value) case i: return value;
        EACH_REGISTER
#undef REGISTER
    }
    return 0;
}

// The last two records of the kept slots, the older one first.
const uint32_t* engine_kept(Engine* e) { return e->kept[0].words; }

// Memories inside the design that Python looks at (register file and the like).
void* engine_array(Engine* e, int index) {
    [[maybe_unused]] Top* const top = e->top;
    switch (index) {
#define ARRAY(i, array) case i: return &array[0];
        EACH_ARRAY
#undef ARRAY
    }
    return nullptr;
}

// The design as it is now, what is queued for it, and its memories, of which only those pages are
// copied that have changed. Tokens that nobody has received yet are not part of it.
void* engine_keep(Engine* e) { return e->keep(); }
void engine_restore(Engine* e, Snapshot* snapshot) { e->restore(snapshot); }
void engine_forget(Snapshot* snapshot) { delete snapshot; }

// Octets that a snapshot takes besides its pages, and octets of all pages of all snapshots.
size_t engine_weight(Snapshot* snapshot) {
    size_t octets = sizeof(Snapshot) + snapshot->top.size();
    for (const Pages& pages : snapshot->pages) octets += pages.size() * sizeof(Page);
    return octets;
}

size_t engine_pages() { return PageOctets::count * sizeof(PageOctets); }

// Words of a large memory were written from outside.
void engine_touch(Engine* e, size_t index) {
    [[maybe_unused]] Top* const top = e->top;
    RAM_WRITTEN(top, index);
}

void engine_drop_outputs(Engine* e) { for (Queue& queue : e->outputs) queue = Queue(); }
uint64_t engine_last_record(Engine* e) { return e->last_record; }
uint32_t engine_space(Engine* e) { return e->space; }

Stops* engine_stops(Engine* e) { return &e->stops; }

// Where the registers are, for those who look at any of them: pairs of offset and size in octets.
size_t engine_fields(const size_t** fields) {
    static const size_t places[][2] = {
#define FIELD(name) {offsetof(Top, name), sizeof(Top::name)},
        EACH_FIELD
#undef FIELD
        {0, 0},
    };
    *fields = places[0];
    return sizeof places / sizeof places[0] - 1;
}

const uint8_t* engine_top(Engine* e) { return reinterpret_cast<const uint8_t*>(e->top); }

#if WATCHED
// Waves: what changed in each cycle.
void engine_watch(Engine* e, int watches) {
    e->watches_all = watches && !e->watches;
    e->watches = watches;
}
size_t engine_change_count(Engine* e) { return e->changes.size(); }
const Change* engine_changes(Engine* e) { return e->changes.data(); }
void engine_clear_changes(Engine* e) { e->changes.clear(); }

// Hands changes to a library that writes them: `time` and `value` are functions of its own.
void engine_emit(const Change* changes, size_t count, const uint32_t* handles,
                 const uint32_t* widths, void* context, void (*time)(void*, uint64_t),
                 void (*value)(void*, uint32_t, uint32_t, uint64_t)) {
    for (size_t n = 0; n < count; n++) {
        const Change& change = changes[n];
        if (n == 0 || changes[n - 1].cycle != change.cycle) time(context, change.cycle);
        if (handles[change.signal])
            value(context, handles[change.signal], widths[change.signal], change.value);
    }
}
#endif

#if TALLIES
// The profile: see profile.h.
void engine_count(Engine* e) {
    if (!e->profile) e->profile = new Profile;
    TALLY_WANTED(e->top) = true;
    e->top->stir();
}
void engine_enter_space(Engine* e, uint32_t mapping, uint32_t space) {
    e->profile->enter(mapping, space);
}
size_t engine_page_count(Engine* e) { return e->profile->pages.size(); }
const uint64_t* engine_page(Engine* e, size_t index, uint32_t* space, uint32_t* first) {
    const TallyPage& page = *e->profile->pages[index];
    *space = page.space;
    *first = page.first;
    return &page.counts[0][0];
}
size_t engine_node_count(Engine* e) { return e->profile->nodes.size(); }
const void* engine_nodes(Engine* e) { return e->profile->nodes.data(); }
#endif

}
