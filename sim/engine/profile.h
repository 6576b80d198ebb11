// What each cycle goes into, counted by instruction and by the chain of calls that led to it.
//
// A *space* is a set of addresses: 0 where they are physical, else a number that Python gives to each
// process. Its instructions have a count for each cause. A *node* is a function that was called from
// one place in one chain of calls; it has counts of the cycles in the function itself.
//
// Calls are followed by the addresses to which they return. An interrupt or a fault is a call of its
// handler by whatever ran, and a return from interrupt ends all that its handler has called, so that
// a kernel may go on with another process than it was entered from.

#include <memory>
#include <unordered_map>

namespace {

enum Flow : unsigned {
    FLOW_ON = 0, FLOW_CALL = 1, FLOW_JUMP = 2, FLOW_ENTER = 3, FLOW_LEAVE = 4
};

constexpr uint32_t PAGE_WORDS    = 256;
constexpr uint32_t CACHED_PAGES  = 256;      // a power of two
constexpr size_t   DEEPEST       = 1 << 16;  // frames; deeper calls are put down to the last
constexpr size_t   MOST_NODES    = 1 << 20;  // further chains are put down to their callers
constexpr size_t   SEARCHED      = 64;       // frames that a jump may return past, as `longjmp` does
constexpr uint32_t NONE          = ~0u;

struct TallyPage {
    uint32_t space, first;
    uint64_t counts[PAGE_WORDS][CAUSES] = {};
};

struct Node {
    uint32_t caller;   // NONE of a root
    uint32_t site;     // address of the call
    uint32_t entry;    // of the function
    uint32_t space;    // ...in which
    uint64_t calls = 0;
    uint64_t counts[CAUSES] = {};
};

struct Links { uint32_t child = NONE, sibling = NONE; };

struct Frame {
    uint32_t node;
    uint32_t back;       // where it returns to
    bool     is_handler;
};

typedef std::vector<Frame> Stack;

struct Profile {
    std::vector<std::unique_ptr<TallyPage>> pages;
    std::vector<Node>  nodes;
    std::vector<Links> links;
    uint32_t mapping = 0;  // of memory, as the hardware has it
    uint32_t space   = 0;  // of the instruction that a cycle is put down to

    Profile() { stack = &stacks[0]; }

    // Before a cycle with another mapping. False if Python must say whose it is: a process may come
    // to have the page table of one that is gone, but only after others have run.
    bool moves(uint32_t now) {
        if (now && now != last_mapping) return false;
        mapping = now;
        space = now ? last_space : 0;
        return true;
    }

    void enter(uint32_t now, uint32_t number) {
        mapping = last_mapping = now;
        space = last_space = number;
    }

    void count(uint32_t address, unsigned spent, unsigned flow) {
        if (pending) follow(address);
        if (stack->empty()) begin(address);
        cell = &page(address).counts[address % PAGE_WORDS][spent];
        node_cell = &nodes[stack->back().node].counts[spent];
        ++*cell;
        ++*node_cell;
        pending = flow;
        from = address;
    }

    // More cycles like the last one.
    void add(uint64_t cycles) {
        *cell += cycles;
        *node_cell += cycles;
    }

private:
    std::unordered_map<uint64_t, TallyPage*> index;
    TallyPage* cached[CACHED_PAGES] = {};
    std::unordered_map<uint32_t, Stack> stacks;  // by space
    Stack* stack;                                // of what a handler returned to last
    uint32_t last_mapping = 0, last_space = 0;   // of those that were not 0
    uint64_t* cell = nullptr;
    uint64_t* node_cell = nullptr;
    unsigned pending = FLOW_ON;                  // how the last instruction went on
    uint32_t from = 0;                           // and its address

    TallyPage& page(uint32_t address) {
        uint32_t first = address / PAGE_WORDS * PAGE_WORDS;
        TallyPage*& slot = cached[(address / PAGE_WORDS ^ space * 37) % CACHED_PAGES];
        if (slot && slot->first == first && slot->space == space) return *slot;
        TallyPage*& found = index[uint64_t(space) << 32 | first];
        if (!found) {
            pages.push_back(std::make_unique<TallyPage>());
            found = pages.back().get();
            found->space = space;
            found->first = first;
        }
        slot = found;
        return *found;
    }

    // The last instruction went to `to`, otherwise than straight on.
    void follow(uint32_t to) {
        if (pending == FLOW_LEAVE) {
            while (!stack->empty()) {
                bool is_handler = stack->back().is_handler;
                stack->pop_back();
                if (is_handler) break;
            }
            stack = &stacks[space];
        } else if (pending == FLOW_JUMP) {
            return_to(to);
        } else if (!stack->empty() && stack->size() < DEEPEST) {
            push(to);
        }
    }

    void return_to(uint32_t to) {
        size_t size = stack->size();
        for (size_t n = 0; n < SEARCHED && n + 1 < size; n++) {
            const Frame& frame = (*stack)[size - 1 - n];
            if (frame.is_handler) return;
            if (frame.back == to) {
                stack->resize(size - 1 - n);
                return;
            }
        }
    }

    void push(uint32_t to) {
        bool is_handler = pending == FLOW_ENTER;
        uint32_t node = child(stack->back().node, from, to);
        stack->push_back({node, from + 1, is_handler});
    }

    // The function that is at the bottom of a chain.
    void begin(uint32_t address) {
        for (uint32_t n = 0; n < nodes.size(); n++)
            if (nodes[n].caller == NONE && nodes[n].space == space && nodes[n].entry == address) {
                stack->push_back({n, NONE, false});
                return;
            }
        stack->push_back({add_node(NONE, NONE, address), NONE, false});
    }

    uint32_t child(uint32_t caller, uint32_t site, uint32_t entry) {
        uint32_t before = NONE;
        for (uint32_t n = links[caller].child; n != NONE; before = n, n = links[n].sibling)
            if (nodes[n].site == site && nodes[n].entry == entry && nodes[n].space == space) {
                if (before != NONE) {  // to the front: it will be called again
                    links[before].sibling = links[n].sibling;
                    links[n].sibling = links[caller].child;
                    links[caller].child = n;
                }
                nodes[n].calls++;
                return n;
            }
        if (nodes.size() >= MOST_NODES) return caller;
        uint32_t made = add_node(caller, site, entry);
        links[made].sibling = links[caller].child;
        links[caller].child = made;
        return made;
    }

    uint32_t add_node(uint32_t caller, uint32_t site, uint32_t entry) {
        nodes.push_back({caller, site, entry, space, 1, {}});
        links.push_back({});
        return uint32_t(nodes.size() - 1);
    }
};

}  // namespace
