// limits.qll: every limit and fixed place of the kernel, one line and one reason each.
//
// The machine's own constants are not here: `machine.qll` is generated from the instruction set's
// tables; nor what programs know, too: that is in syscalls.toml. All sizes and addresses are in words.

namespace limits {
  // --- the kernel's memory -----------------------------------------------------------------------
  .constant global STACK_TOP: byte = 0x1FF00;     // interrupts and boot; the image ends far below
  .constant global CALL_STACK: byte = 0x1FEFD;    // STACK_TOP less the three arguments of a call
  .constant global FIRST_DATA: byte = 0x18000;    // what the image's data was at first, for `restart`
  .constant global FIRST_DATA_WORDS: byte = 0x1400; // at least all of it
  .constant global HEAP: byte = 0x20000;          // `std::alloc` manages 64 Ki words from here
  .constant global PROCESS_MEMORY: byte = 0x30000; // from here up: tags, and what processes get
  .constant global GRAIN: byte = 0x100;           // physical memory is handed out in multiples

  // --- processes ---------------------------------------------------------------------------------
  .constant global MAPPINGS: byte = 32;           // entries of a page table; a TLB miss walks them all
  .constant global AREAS: byte = 4;               // image, heap, stack, grown heap
  .constant global STANDARD: byte = 3;            // output, input and error output have handles 1 to 3
  .constant global HANDLES: byte = 19;            // those, then 16 of one's own
  .constant global TICK_MS: byte = 10;            // time slice
  .constant global PATH: byte = 4096;             // characters of a path
  .constant global IMAGE_PATH: byte = 256;        // of an image's path, kept for fault messages
  .constant global DEBUGGER_READS: byte = 500;    // of its word, until it is clear that nobody looks

  .constant global DEBUG_WORDS: byte = 256;       // that a debugger reads or writes in one call

  // --- a process's addresses ---------------------------------------------------------------------
  .constant global IMAGE: byte = 0x1000;          // a flat image, fixed by compatibility
  .constant global IMAGE_WORDS: byte = 0x8000;   // by compatibility: a page less than up to the heap
  .constant global USER_HEAP: byte = 0xA000;      // a gap of a page before and behind
  .constant global USER_HEAP_WORDS: byte = 0x10000; // by compatibility: `std::alloc` manages as many
  .constant global USER_HEAP_MOST: byte = 0x30000; // what an ELF note may ask for: up to 0x3A000
  .constant global USER_STACK: byte = 0x1B000;     // fixed by compatibility: a page past the heap's end
  .constant global USER_STACK_WORDS: byte = 0x10000; // fixed by compatibility
  .constant global FRAMEBUFFER: byte = 0x40000;   // fixed by compatibility
  .constant global FRAMEBUFFER_WORDS: byte = 0x100000; // most that a display may have
  .constant global DYNAMIC_BASE: byte = 0x400000; // where position-independent images go
  .constant global ELF_STACK_TOP: byte = 0xF00000; // far below the grown heap, far above a dynamic image
  .constant global ELF_STACK_MOST: byte = 0x100000; // what an ELF note may ask for: a quarter of 16 MiB
  .constant global GROWN_HEAP: byte = 0x1000000;  // what `grow` gives, whatever the image
  .constant global GROWN_HEAP_WORDS: byte = 0x400000; // 16 MiB: memory runs out before these addresses do
  .constant global USER_TOP: byte = 0x40000000;   // ELF counts octets, so words end here

  // --- demand: memory is given when it is first touched ------------------------------------------
  .constant global DEMAND_LEAST: byte = 0x400;    // small enough for 64 processes in 16 MiB
  .constant global DEMAND_MOST: byte = 0x2000;    // doubling ends here; 25,000 cycles to clear

  // --- files and console -------------------------------------------------------------------------
  .constant global BUFFERS: byte = 64;            // sectors of cache; a power of two
  .constant global FAT_BUFFERS: byte = 256;       // sectors of the allocation table in memory: all of
                                                  // it for a disk of 16 MiB; a power of two
  .constant global KNOWN_NAMES: byte = 1024;      // places of files; a power of two
  .constant global SHORT_DIRECTORY: byte = 16;    // sectors that are walked; 64 names, at 120 each
  .constant global INDEXES: byte = 4;             // of longer ones; as many are used at the same time
  .constant global LANDMARKS: byte = 1024;        // in long chains; a power of two
  .constant global LANDMARK_EVERY: byte = 64;     // sectors: at most 2,000 instructions of a walk;
                                                  // a power of two
  .constant global DIRECTORIES: byte = 1024;      // found by a check and not walked yet; others wait
                                                  // in a bit map
  .constant global ENTRIES_MOST: byte = 0x7FFFFFFF; // of a directory, by the count in its entry
  .constant global PIPE_WORDS: byte = 1024;       // in flight in a pipe, four octets a word
  .constant global TYPED: byte = 1024;            // octets typed ahead
  .constant global LINE: byte = 1024;             // characters of a line being edited
  .constant global CONSOLE_PART: byte = 256;      // octets written before others may run: 20 ms at
                                                  // 115,200 baud
  .constant global FILE_PART: byte = 0x800;       // octets of a file in a turn; 40,000 cycles
  .constant global LOAD_PART: byte = 0x1000;      // words of a file in a turn; 34,000 cycles of the disk
  .constant global RELOCATIONS_PART: byte = 32;   // relocations in a turn; at most 25,000 cycles
  .constant global SEGMENTS: byte = 64;           // program headers of an ELF file

  // --- the console on the display ----------------------------------------------------------------
  .constant global SCREEN_ROWS: byte = 128;       // most: a display of 1024 lines
  .constant global SCREEN_LEAST: byte = 16;       // columns, below which it is of no use
  .constant global SCREEN_PART: byte = 64;        // cells painted in a tick; 25,000 cycles
  .constant global REPEAT_AFTER_MS: byte = 500;   // a key that is held
  .constant global REPEAT_MS: byte = 50;          // 20 a second, as keyboards do
  .constant global LINE_MS: byte = 300;           // so long after an octet of the serial line keys are its
}
