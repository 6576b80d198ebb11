// file.qll: what handles lead to: files, directories, pipes (pipes.qll), the console.
//
// Owns:        `writers`, the files open for writing, and every `file` and `writer`.
// Invariants:  a file has as many `uses` as handles lead to it. A node has at most one writer. What
//              a writer has put into new sectors is reached by no entry until `commit`.
// Interrupts:  call masked.
// Sleeps:      reads of an empty pipe or console and writes to a full pipe block the process;
//              the call is then made again from the beginning.

namespace file {
  .constant global CONSOLE_OUTPUT: byte = 1;
  .constant global CONSOLE_INPUT: byte = 2;
  .constant global READER: byte = 3;
  .constant global WRITER: byte = 4;
  .constant global DIRECTORY: byte = 5;
  .constant global PIPE_READER: byte = 6;
  .constant global PIPE_WRITER: byte = 7;

  // A file being written, always at its end. `data` is the sector that is being filled.
  type writer = struct {
    replace: bool;              // the entry leads to the old contents until `commit`
    failed: bool;               // the disk was full or broken
    changed: bool;              // since the last `commit`
    tail: byte;                 // last sector of what the entry leads to, 0 for none
    first: byte; last: byte;    // new chain
    stage: byte;                // where `data` belongs, 0 before it is known
    fill: byte;                 // octets in it
    size: byte;
    data: * byte;               // machine::SECTOR_WORDS, of the memory for processes: a hostile program
                                // could have many
  };

  type file = struct {
    kind: byte;
    uses: byte;
    node: * fs::node;
    position: byte;             // octets; entries, for a directory
    way: fat::way; index: byte; // along the chain, and the number of its sector: the last read
    writer: * writer;
    next: * file;               // in `writers`
    pipe: * pipes::pipe;
    seen: byte;                 // the audit's
  };

  global writers: * file = null;

  function make(kind: byte): * file {
    var made = new file;
    if (made != null) {
      made->kind = kind;
      made->uses = 1;
    }
    return made;
  }

  function share(f: * file): * file {
    f->uses = f->uses + 1;
    return f;
  }

  // --- opening -----------------------------------------------------------------------------------

  // Open a file or directory for reading; null if there is none, or no memory.
  function open_reader(components: string): * file {
    var at = fs::walk(components);
    if (!at.found) { return null; }
    var f = make(fs::is_directory(at) ? DIRECTORY : READER);
    var spare = new fs::node;
    if (f == null || spare == null) {
      delete f;
      delete spare;
      return null;
    }
    f->node = fs::open_node(at, spare);
    f->way = fat::begin(f->node->first);
    return f;
  }

  // Open a file for writing, made if it is not there. Null if that is not possible, or somebody
  // is writing it: then nothing was made, for the new entry comes after all that it needs.
  function open_writer(components: string, appending: bool): * file {
    var at = fs::walk(components);
    if (at.found && (fs::is_directory(at) || is_written(at))) { return null; }
    var f = make(WRITER);
    var w = new writer;
    var spare = new fs::node;
    if (w != null) { w->data = <unsafe * byte>memory::take(machine::SECTOR_WORDS); }
    if (f == null || w == null || spare == null || w->data == null
        || (appending && at.found && !continue_file(w, at))) {
      return give_up(f, w, spare);
    }
    if (!at.found) { at = fs::make(components, fs::USED, 0); }
    if (!at.found) { return give_up(f, w, spare); }
    f->writer = w;
    f->node = fs::open_node(at, spare);
    w->replace = !appending;
    w->changed = !appending && (at.size != 0 || at.first != 0);
    w->failed = !block::settled();
    f->next = writers;
    writers = f;
    return f;
  }

  function give_up(f: * file, w: * writer, spare: * fs::node): * file {
    delete f;
    delete_writer(w);
    delete spare;
    return null;
  }

  function delete_writer(w: * writer): void {
    if (w != null && w->data != null) {
      memory::give(<unsafe byte>w->data, machine::SECTOR_WORDS);
    }
    delete w;
  }

  function is_written(at: fs::place): bool {
    for (var f = writers; f != null; f = f->next) {
      if (!f->node->gone && f->node->sector == at.sector && f->node->slot == at.slot) {
        return true;
      }
    }
    return false;
  }

  // Set a writer to the end of what a file holds. Its chain goes on there if an append has failed.
  function continue_file(w: * writer, at: fs::place): bool {
    w->size = at.size;
    w->fill = at.size % fs::SECTOR_OCTETS;
    if (at.size == 0) { return true; }
    var way: fat::way;
    var last = fs::sectors_of(at) - 1;
    var number = fat::approach(&way, at.first, last);
    while (number != last) {
      number = number + 1;
      fat::go_on(&way, at.first, number);
    }
    w->tail = way.sector;
    if (w->fill != 0) { w->stage = w->tail; }
    return w->tail != 0 && (w->fill == 0 || block::read(w->tail, 1, w->data));
  }

  function open_pipe(reader: * * file, writing: * * file): bool {
    var p = pipes::make();
    var r = make(PIPE_READER);
    var w = make(PIPE_WRITER);
    if (p == null || r == null || w == null) {
      pipes::forget(p);
      delete r;
      delete w;
      return false;
    }
    r->pipe = p;
    w->pipe = p;
    *reader = r;
    *writing = w;
    return true;
  }

  // --- closing -----------------------------------------------------------------------------------

  // One handle less. False if it was the last, and what was written could not be kept.
  function close(f: * file): bool {
    f->uses = f->uses - 1;
    if (f->uses != 0) { return true; }
    var good = true;
    if (f->kind == WRITER) {
      good = commit(f);
      fat::discard(f->writer->first);
      std::ilist::remove(&writers, f);
      delete_writer(f->writer);
    }
    if (f->node != null) { fs::close_node(f->node); }
    if (f->pipe != null) { pipes::leave(f->pipe, f->kind == PIPE_READER); }
    delete f;
    return good;
  }

  // --- writing -----------------------------------------------------------------------------------

  // Make what was written the contents of the file, in the order that fs.qll gives. False if it
  // cannot be, or could not before: a file that was to be replaced keeps its old contents.
  function commit(f: * file): bool {
    var w = f->writer;
    var good = w->failed && w->replace ? false : !w->changed || commit_changes(f);
    // What fails here is told to whoever holds this file, now or when it is closed.
    w->failed = !block::settled() || !good || w->failed;
    return !w->failed;
  }

  function commit_changes(f: * file): bool {
    var w = f->writer;
    if (w->stage != 0) {
      clear_end(w);
      if (!block::write(w->stage, 1, w->data)) { return false; }
    }
    if (!fat::flush()) { return false; }
    if (!f->node->gone) {
      if (!(w->replace ? commit_new(f) : commit_more(f))) { return false; }
      if (w->last != 0) { w->tail = w->last; }
      w->first = 0;
      w->last = 0;
    }
    // Of an entry that was removed meanwhile, what is written goes with the old sectors.
    w->changed = false;
    return true;
  }

  // Let the chain and the entry of a file that was appended to go on with the new sectors. If the disk
  // fails behind the first step nothing is freed any more: what is linked is not this writer's alone.
  function commit_more(f: * file): bool {
    var w = f->writer;
    var first = f->node->first;
    if (w->first != 0 && w->tail == 0) { first = w->first; }
    if (w->first != 0 && w->tail != 0) {
      fat::set(w->tail, w->first);
      if (!fat::flush()) { return false; }
    }
    if (!fs::update_entry(f->node->sector, f->node->slot, f->node->flags, first, w->size)) {
      return fs::fail();
    }
    f->node->first = first;
    f->node->size = w->size;
    return true;
  }

  // Let the entry lead to the new contents, and free the old ones when no reader needs them.
  function commit_new(f: * file): bool {
    var w = f->writer;
    var old = f->node;
    var fresh: * fs::node = null;
    if (old->opens > 1) {
      fresh = new fs::node = *old;
      if (fresh == null) { return false; }
    }
    if (!fs::update_entry(old->sector, old->slot, old->flags, w->first, w->size)) {
      delete fresh;
      return false;
    }
    if (fresh == null) {
      fat::discard(old->first);
    } else {
      fresh->opens = 1;
      fresh->next = fs::nodes;
      fs::nodes = fresh;
      old->gone = true;
      old->opens = old->opens - 1;
      f->node = fresh;
    }
    f->node->first = w->first;
    f->node->size = w->size;
    w->tail = 0;
    w->replace = false;
    return true;
  }

  function commit_all(): void {
    for (var f = writers; f != null; f = f->next) { commit(f); }
  }

  // Whether all that was written to a file could be kept; true for what is no writer.
  function is_kept(f: * file): bool {
    return f == null || f->kind != WRITER || !f->writer->failed;
  }

  // Put octets, one a word, at the end; how many there was room for.
  function put(w: * writer, from: byte, octets: byte): byte {
    var done = 0;
    while (done < octets && !w->failed) {
      if (w->stage == 0 && !begin_sector(w)) { return done; }
      var part = std::math::min(octets - done, fs::SECTOR_OCTETS - w->fill);
      support::pack(w->data, w->fill, <unsafe * byte>(from + done), part);
      done = done + part;
      filled(w, part);
    }
    return done;
  }

  // So many octets more are in `data`; a full sector goes to the disk.
  function filled(w: * writer, octets: byte): void {
    w->fill = w->fill + octets;
    w->size = w->size + octets;
    w->changed = true;
    if (w->fill == fs::SECTOR_OCTETS) {
      if (!block::write(w->stage, 1, w->data)) { w->failed = true; }
      w->stage = 0;
      w->fill = 0;
    }
  }

  // Put octets, four a word, at the end, which is at a whole word; how many there was room for.
  // Whole sectors go straight from where they are, as many at once as lie side by side on the disk.
  function put_words(w: * writer, from: byte, octets: byte): byte {
    var done = 0;
    while (done < octets && !w->failed) {
      var at = <unsafe * byte>(from + done / 4);
      if (w->stage == 0 && octets - done >= fs::SECTOR_OCTETS) {
        var run = allocate_run(w, (octets - done) / fs::SECTOR_OCTETS);
        if (run == 0) { return done; }
        if (!block::write(w->last - run + 1, run, at)) {
          w->failed = true;
          return done;
        }
        w->size = w->size + run * fs::SECTOR_OCTETS;
        w->changed = true;
        done = done + run * fs::SECTOR_OCTETS;
      } else {
        if (w->stage == 0 && !begin_sector(w)) { return done; }
        var part = std::math::min(octets - done, fs::SECTOR_OCTETS - w->fill);
        support::copy(&w->data[unsafe w->fill / 4], at, (part + 3) / 4);
        done = done + part;
        filled(w, part);
      }
    }
    return done;
  }

  // What is behind the end of the file in its last sector becomes 0.
  function clear_end(w: * writer): void {
    var at = w->fill / 4;
    if (w->fill % 4 != 0) {
      w->data[unsafe at] = w->data[unsafe at] & (1 << w->fill % 4 * 8) - 1;
      at = at + 1;
    }
    support::fill(&w->data[unsafe at], 0, machine::SECTOR_WORDS - at);
  }

  // Sectors side by side, at most so many, that go on a writer's chain; how many there were.
  function allocate_run(w: * writer, most: byte): byte {
    var run = 0;
    while (run < most && (run == 0 || fat::cursor == w->last + 1)
           && (run == 0 || fat::get(fat::cursor) == fat::FREE)) {
      if (!add_sector(w)) { return run; }
      run = run + 1;
    }
    return run;
  }

  function add_sector(w: * writer): bool {
    var sector = fat::allocate();
    if (sector == 0) {
      w->failed = true;
      return false;
    }
    if (w->last == 0) { w->first = sector; } else { fat::set(w->last, sector); }
    w->last = sector;
    return true;
  }

  function begin_sector(w: * writer): bool {
    if (!add_sector(w)) { return false; }
    w->stage = w->last;
    return true;
  }

  // Write from a process that may read these words (the caller has checked); the count or -1.
  function write(f: * file, p: * process::process, virtual: byte, octets: byte): byte {
    if (f->kind == PIPE_WRITER) { return pipes::write(f->pipe, p, virtual, octets); }
    if (f->kind != WRITER && f->kind != CONSOLE_OUTPUT) { return -1; }
    // A long text is written part by part: others run in between, and ctrl-C gets through.
    var most = f->kind == WRITER ? limits::FILE_PART : limits::CONSOLE_PART;
    var end = octets - p->progress > most ? p->progress + most : octets;
    while (p->progress < end) {
      var at = process::reach(p, virtual + p->progress, machine::READ);
      var part = std::math::min(at.words, end - p->progress);
      if (f->kind == CONSOLE_OUTPUT) {
        console::write(<unsafe * byte>at.physical, part);
      } else {
        var taken = put(f->writer, at.physical, part);
        if (taken < part) { return p->progress + taken == 0 ? -1 : p->progress + taken; }
      }
      p->progress = p->progress + part;
    }
    return end == octets ? octets : scheduler::pause();
  }

  // --- reading -----------------------------------------------------------------------------------

  // Read into a process that may write these words (the caller has checked): the count, 0 at the
  // end, or -1.
  function read(f: * file, p: * process::process, virtual: byte, octets: byte): byte {
    if (f->kind == READER) { return read_file(f, p, virtual, octets); }
    if (f->kind == PIPE_READER) { return pipes::read(f->pipe, p, virtual, octets); }
    if (f->kind == CONSOLE_INPUT) { return console::read(p, virtual, octets); }
    return -1;
  }

  // The sector of the chain with this number, 0 behind the chain's end. Going on costs one step, and
  // any other way not many.
  function find_sector(f: * file, index: byte): byte {
    if (index - f->index > limits::LANDMARK_EVERY || f->way.sector == 0) {
      var way: fat::way;
      var found = fat::approach(&way, f->node->first, index);
      if (index < f->index || found > f->index || f->way.sector == 0) {
        f->way = way;
        f->index = found;
      }
    }
    while (f->index < index && f->way.sector != 0) {
      f->index = f->index + 1;
      fat::go_on(&f->way, f->node->first, f->index);
    }
    return f->way.sector;
  }

  // Part by part, as `write`.
  function read_file(f: * file, p: * process::process, virtual: byte, octets: byte): byte {
    var size = f->node->size;
    var end = octets - p->progress > limits::FILE_PART ? p->progress + limits::FILE_PART : octets;
    while (p->progress < end && f->position < size) {
      var sector = find_sector(f, f->position / fs::SECTOR_OCTETS);
      var words = sector == 0 ? no_words() : block::get(sector);
      if (words == null) { return p->progress == 0 ? -1 : p->progress; }
      var first = f->position % fs::SECTOR_OCTETS;
      var part = std::math::min(end - p->progress, fs::SECTOR_OCTETS - first);
      part = std::math::min(part, size - f->position);
      unpack_out(p, virtual + p->progress, words, first, part);
      p->progress = p->progress + part;
      f->position = f->position + part;
    }
    return p->progress == octets || f->position >= size ? p->progress : scheduler::pause();
  }

  function no_words(): * byte {
    return null;
  }

  function unpack_out(p: * process::process, virtual: byte, words: * byte, first: byte,
                      octets: byte): void {
    var done = 0;
    while (done < octets) {
      var at = process::reach(p, virtual + done, machine::WRITE);
      var part = std::math::min(at.words, octets - done);
      support::unpack(<unsafe * byte>at.physical, words, first + done, part);
      done = done + part;
    }
  }

  // Octets, four a word, between a process that may use these words (the caller has checked) and
  // a pipe, or a file that stands at a whole word; the count or -1.
  function read_packed(f: * file, p: * process::process, virtual: byte, words: byte): byte {
    if (f->kind == PIPE_READER) { return pipes::read_packed(f->pipe, p, virtual, words); }
    var size = f->kind == READER ? f->node->size : 0;
    if (f->kind == READER && f->position >= size) { return p->progress; }
    if (f->kind != READER || f->position % 4 != 0) { return -1; }
    var end = std::math::min(words, p->progress / 4 + limits::LOAD_PART);
    while (p->progress / 4 < end && f->position < size) {
      var start = f->position;
      var left = size - start;
      var at = process::reach(p, virtual + p->progress / 4, machine::WRITE);
      var part = std::math::min(at.words, end - p->progress / 4);
      part = std::math::min(part, (left - 1) / 4 + 1);
      var good = read_words(f, start, at.physical, part);
      var octets = std::math::min(part * 4, left);
      f->position = good ? start + octets : start;
      if (!good) { return p->progress == 0 ? -1 : p->progress; }
      p->progress = p->progress + octets;
    }
    return p->progress / 4 >= words || f->position >= size ? p->progress : scheduler::pause();
  }

  function write_packed(f: * file, p: * process::process, virtual: byte, octets: byte): byte {
    if (f->kind == PIPE_WRITER) { return pipes::write_packed(f->pipe, p, virtual, octets); }
    if (f->kind != WRITER || f->writer->size % 4 != 0) { return -1; }
    var end = (octets - p->progress) / 4 > limits::LOAD_PART ? p->progress + limits::LOAD_PART * 4
                                                             : octets;
    while (p->progress < end) {
      var at = process::reach(p, virtual + p->progress / 4, machine::READ);
      var left = end - p->progress;
      var part = at.words < (left + 3) / 4 ? at.words * 4 : left;
      var taken = put_words(f->writer, at.physical, part);
      p->progress = p->progress + taken;
      if (taken < part) { return p->progress == 0 ? -1 : p->progress; }
    }
    return end == octets ? octets : scheduler::pause();
  }

  // Words of a file at an octet position that is a multiple of 4, into memory.
  function read_words(f: * file, position: byte, to: byte, words: byte): bool {
    var done = 0;
    f->position = position;
    while (done < words) {
      var sector = find_sector(f, f->position / fs::SECTOR_OCTETS);
      if (sector == 0) { return false; }
      var first = f->position % fs::SECTOR_OCTETS / 4;
      var part = std::math::min(words - done, machine::SECTOR_WORDS - first);
      var run = run_length(f, (words - done) / machine::SECTOR_WORDS);
      if (first == 0 && run != 0) {
        // Whole sectors that lie together on the disk go straight to their place.
        part = run * machine::SECTOR_WORDS;
        if (!block::read(sector, run, <unsafe * byte>(to + done))) { return false; }
      } else {
        var found = block::get(sector);
        if (found == null) { return false; }
        support::copy(<unsafe * byte>(to + done), &found[unsafe first], part);
      }
      done = done + part;
      f->position = f->position + part * 4;
    }
    return true;
  }

  // How many sectors, at most `most`, lie side by side from where the file stands.
  function run_length(f: * file, most: byte): byte {
    var run = 0;
    var sector = f->way.sector;
    while (run < most && sector == f->way.sector + run) {
      run = run + 1;
      sector = fat::following(sector);
    }
    return run;
  }

  // The next entry of a directory, where the cache has it; null at the end.
  function next_entry(f: * file): * fs::entry {
    while (true) {
      var sector = find_sector(f, f->position / fs::ENTRIES);
      var words = sector == 0 ? no_words() : block::get(sector);
      if (words == null) { return null; }
      var found = fs::entry_at(words, f->position % fs::ENTRIES);
      f->position = f->position + 1;
      if (fs::exists(found)) { return found; }
    }
    return null;
  }
}
