// memory.qll: physical memory for processes, their page tables, and the way to their words.
//
// Owns:        the free ranges, their bins and tags, and `free_words`.
// Invariants:  a grain from FIRST on is in one free range or has one owner; free ranges never touch
//              each other. A range of so many grains is in the bin of the logarithm of that number.
//              The tag of a free range's first grain is where the range ends, that of its last one
//              where it begins (of a single grain: itself); all other tags are 0.
//              A page table's entries never overlap.
// Interrupts:  call masked.
// Sleeps:      never. `give` and `extend` take the same time whatever is free, `take` nearly so.
// Units:       words, in multiples of GRAIN; addresses are physical unless called virtual.
//
// The kernel's own small objects come from `new`, that is, from the heap of `std`.

namespace memory {
  // Stands at the beginning of each free range, in the free memory itself.
  type range = struct { words: byte; next: * range; previous: * range; };

  .constant global GRAINS: byte = machine::RAM_WORDS / limits::GRAIN;
  .constant global BINS: byte = 24;         // enough for ranges of 2^23 grains
  .constant global TRIES: byte = 16;        // ranges of the right bin that are looked at first
  .constant global TAGS: byte = limits::PROCESS_MEMORY;  // where the tags are: a word a grain
  .constant global FIRST: byte = limits::PROCESS_MEMORY + GRAINS;  // the first that is given out

  global bins: (* range)[BINS] = [null; BINS];
  global free_words: byte = 0;

  // An entry of a page table, in the MMU's own format.
  type mapping = struct { virtual: byte; physical: byte; words: byte; flags: byte; };

  // A page table, in the MMU's own format.
  type table = struct { count: byte; entries: mapping[limits::MAPPINGS]; };

  function round_up(words: byte): byte {
    return (words + limits::GRAIN - 1) & (0 - limits::GRAIN);
  }

  // --- free ranges -------------------------------------------------------------------------------

  // The tag of the grain that holds an address. Those outside have one that is never set.
  function tag(at: byte): * byte {
    return <unsafe * byte>(TAGS + at / limits::GRAIN);
  }

  // The bin for ranges of so many words.
  function bin_of(words: byte): byte {
    var bin = 0;
    for (var grains = words / limits::GRAIN; grains > 1; grains = grains >> 1) { bin = bin + 1; }
    return bin;
  }

  // Let memory be a free range, which touches no other.
  function link(at: byte, words: byte): void {
    var r = <unsafe * range>at;
    var bin = bin_of(words);
    *r = range { words = words, next = bins[bin], previous = null };
    if (bins[bin] != null) { bins[bin]->previous = r; }
    bins[bin] = r;
    *tag(at + words - 1) = at;
    *tag(at) = words == limits::GRAIN ? at : at + words;
    free_words = free_words + words;
  }

  function unlink(r: * range): void {
    var at = <unsafe byte>r;
    if (r->next != null) { r->next->previous = r->previous; }
    if (r->previous != null) { r->previous->next = r->next; } else { bins[bin_of(r->words)] = r->next; }
    *tag(at + r->words - 1) = 0;
    *tag(at) = 0;
    free_words = free_words - r->words;
  }

  // The free range that begins at an address, or null.
  function begins(at: byte): * range {
    if (at >= machine::RAM_WORDS) { return null; }
    var end = *tag(at);
    return end >= at && end != 0 ? <unsafe * range>at : <unsafe * range>0;
  }

  // The free range that ends at an address, or null.
  function ends(at: byte): * range {
    var start = at == FIRST ? 0 : *tag(at - 1);
    return start < at ? <unsafe * range>start : <unsafe * range>0;
  }

  // All memory behind the kernel's own becomes free.
  function start(): void {
    support::fill(<unsafe * byte>TAGS, 0, GRAINS);
    link(FIRST, machine::RAM_WORDS - FIRST);
    audit::wipe(FIRST + sizeof range, machine::RAM_WORDS - FIRST - sizeof range);
  }

  // A range of at least so many words, of those that fit not the largest; null if there is none.
  function find(words: byte): * range {
    var bin = bin_of(words);
    var r = bins[bin];
    for (var tries = 0; r != null && tries < TRIES; tries = tries + 1) {
      if (r->words >= words) { return r; }
      r = r->next;
    }
    for (var larger = bin + 1; larger < BINS; larger = larger + 1) {
      if (bins[larger] != null) { return bins[larger]; }
    }
    while (r != null && r->words < words) { r = r->next; }
    return r;
  }

  // Take words out of a free range; what is left before and behind them stays free.
  function carve(r: * range, at: byte, words: byte): void {
    var start = <unsafe byte>r;
    var all = r->words;
    unlink(r);
    if (at != start) { link(start, at - start); }
    if (at + words != start + all) { link(at + words, start + all - at - words); }
    audit::taken(at, words, at == start);
  }

  // So many words, or 0. They are not cleared.
  function take(words: byte): byte {
    var need = round_up(words);
    if (need == 0 || need < words || audit::fails()) { return 0; }
    var r = find(need);
    if (r == null && names::give_back()) { r = find(need); }
    if (r == null) { return 0; }
    carve(r, <unsafe byte>r, need);
    return <unsafe byte>r;
  }

  // As `take`, for what will grow at its end or, if `down`, at its start: with as much room there as
  // the largest ranges allow, shared with whoever grows on its other side.
  function take_apart(words: byte, down: bool): byte {
    var need = round_up(words);
    var bin = BINS;
    while (bin != 0 && bins[bin - 1] == null) { bin = bin - 1; }
    if (bin == 0 || bins[bin - 1]->words < 4 * need) { return take(words); }
    if (audit::fails()) { return 0; }
    var r = bins[bin - 1];
    var at = <unsafe byte>r + round_up(r->words / 2);
    if (down) { at = at - need; }
    carve(r, at, need);
    return at;
  }

  // Take the words that begin at an address, if they are free; how many were, at most so many.
  function extend(at: byte, words: byte): byte {
    var r = begins(at);
    if (r == null || audit::fails()) { return 0; }
    var more = std::math::min(round_up(words), r->words);
    carve(r, at, more);
    return more;
  }

  // Take the words that end at an address.
  function extend_down(at: byte, words: byte): byte {
    var r = ends(at);
    if (r == null || audit::fails()) { return 0; }
    var more = std::math::min(round_up(words), r->words);
    carve(r, at - more, more);
    return more;
  }

  // Give back what was taken, and join it with its neighbours.
  function give(at: byte, words: byte): void {
    var start = at;
    var end = at + round_up(words);
    audit::given(start, end);
    audit::wipe(start, end - start);
    var before = ends(start);
    if (before != null) {
      start = <unsafe byte>before;
      unlink(before);
    }
    var behind = begins(end);
    if (behind != null) {
      end = end + behind->words;
      unlink(behind);
      audit::wipe(<unsafe byte>behind, sizeof range);
    }
    link(start, end - start);
  }

  // --- page tables -------------------------------------------------------------------------------

  // Add a mapping; one that goes on where another ends, in both kinds of address, prolongs it: only
  // whole grains have others behind them. False if the table is full.
  function map(pages: * table, virtual: byte, physical: byte, words: byte, flags: byte): bool {
    for (var i = 0; i < pages->count; i = i + 1) {
      var old = &pages->entries[i];
      if (old->flags == flags) {
        if (old->virtual + old->words == virtual && old->physical + old->words == physical) {
          old->words = old->words + words;
          return true;
        }
        if (virtual + words == old->virtual && physical + words == old->physical) {
          old->virtual = virtual;
          old->physical = physical;
          old->words = old->words + words;
          return true;
        }
      }
    }
    return map_apart(pages, virtual, physical, words, flags);
  }

  // Add a mapping that is never joined with another, so that it can be taken away by itself.
  function map_apart(pages: * table, virtual: byte, physical: byte, words: byte,
                     flags: byte): bool {
    if (pages->count == limits::MAPPINGS) { return false; }
    pages->entries[pages->count] = mapping {
      virtual = virtual, physical = physical, words = words, flags = flags
    };
    pages->count = pages->count + 1;
    return true;
  }

  // Forget the mapping that begins at a virtual address; its memory stays taken.
  function unmap(pages: * table, virtual: byte): void {
    for (var i = 0; i < pages->count; i = i + 1) {
      if (pages->entries[i].virtual == virtual) {
        pages->count = pages->count - 1;
        pages->entries[i] = pages->entries[pages->count];
        return;
      }
    }
  }

  // The words that a table maps.
  function mapped(pages: * table): byte {
    var words = 0;
    for (var i = 0; i < pages->count; i = i + 1) { words = words + pages->entries[i].words; }
    return words;
  }

  // Give back all memory that a table maps.
  function give_all(pages: * table): void {
    for (var i = 0; i < pages->count; i = i + 1) {
      give(pages->entries[i].physical, pages->entries[i].words);
    }
    pages->count = 0;
  }

  // A run of words of a process that lie together in physical memory; `words` is 0 if the address
  // cannot be used that way.
  type span = struct { physical: byte; words: byte; };

  function look_up(pages: * table, virtual: byte, flags: byte): span {
    var want = flags | machine::PRESENT;
    for (var i = 0; i < pages->count; i = i + 1) {
      var entry = &pages->entries[i];
      var offset = virtual - entry->virtual;
      if (offset < entry->words) {
        if ((entry->flags & want) != want) { return span { }; }
        return span { physical = entry->physical + offset, words = entry->words - offset };
      }
    }
    return span { };
  }

  // Free words of the kernel's heap.
  function heap_free(): byte {
    var words = 0;
    for (var b = std::blocks; b != null; b = b->next) {
      if (!b->allocated) { words = words + b->size; }
    }
    return words;
  }
}
