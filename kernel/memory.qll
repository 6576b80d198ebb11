// memory.qll: physical memory for processes, their page tables, and the way to their words.
//
// Owns:        `free`, the list of free ranges, and `free_words`.
// Invariants:  ranges are in the order of addresses, never touch each other, and are multiples
//              of GRAIN; a word at or above PROCESS_MEMORY is in one range or has one owner.
//              A page table's entries never overlap.
// Interrupts:  call masked.
// Sleeps:      never.
// Units:       words; addresses are physical unless called virtual.
//
// The kernel's own small objects come from `new`, that is, from the heap of `std`.

namespace memory {
  // Stands at the beginning of each free range, in the free memory itself.
  type range = struct { words: byte; next: * range; };

  global free: * range = null;
  global free_words: byte = 0;

  // An entry of a page table, in the MMU's own format.
  type mapping = struct { virtual: byte; physical: byte; words: byte; flags: byte; };

  // A page table, in the MMU's own format.
  type table = struct { count: byte; entries: mapping[32]; };  // limits::MAPPINGS

  function round_up(words: byte): byte {
    return (words + limits::GRAIN - 1) & (0 - limits::GRAIN);
  }

  // All memory behind the kernel's own becomes free.
  function start(): void {
    free_words = machine::RAM_WORDS - limits::PROCESS_MEMORY;
    free = <unsafe * range>limits::PROCESS_MEMORY;
    *free = range { words = free_words, next = null };
  }

  // First fit. Returns 0 if no range is long enough. The words are not cleared.
  function take(words: byte): byte {
    var need = round_up(words);
    if (need == 0 || need < words) { return 0; }
    var link = &free;
    while (*link != null) {
      var found = *link;
      if (found->words >= need) {
        if (found->words == need) {
          *link = found->next;
        } else {
          var rest = <unsafe * range>(<unsafe byte>found + need);
          *rest = range { words = found->words - need, next = found->next };
          *link = rest;
        }
        free_words = free_words - need;
        return <unsafe byte>found;
      }
      link = &found->next;
    }
    return 0;
  }

  // Give back what `take` gave, and join it with its neighbours.
  function give(at: byte, words: byte): void {
    var back = <unsafe * range>at;
    var before: * range = null;
    var after = free;
    while (after != null && <unsafe byte>after < at) {
      before = after;
      after = after->next;
    }
    back->words = round_up(words);
    back->next = after;
    free_words = free_words + back->words;
    if (after != null) {
      if (at + back->words > <unsafe byte>after) { kernel::panic("memory: give: free already"); }
      if (at + back->words == <unsafe byte>after) {
        back->words = back->words + after->words;
        back->next = after->next;
      }
    }
    if (before == null) {
      free = back;
      return;
    }
    var end = <unsafe byte>before + before->words;
    if (end > at) { kernel::panic("memory: give: free already"); }
    if (end == at) {
      before->words = before->words + back->words;
      before->next = back->next;
    } else {
      before->next = back;
    }
  }

  // --- page tables -------------------------------------------------------------------------------

  // Add a mapping; one that goes on where another ends, in both kinds of address, prolongs it.
  // False if the table is full.
  function map(pages: * table, virtual: byte, physical: byte, words: byte, flags: byte): bool {
    for (var i = 0; i < pages->count; i = i + 1) {
      var old = &pages->entries[i];
      if (old->flags == flags && old->words == round_up(old->words)) {
        if (old->virtual + old->words == virtual && old->physical + old->words == physical) {
          old->words = old->words + words;
          return true;
        }
        if (virtual + words == old->virtual && physical + words == old->physical
            && words == round_up(words)) {
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
