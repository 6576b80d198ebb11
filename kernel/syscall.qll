// syscall.qll: the system calls: every argument is checked here, and nowhere else.
//
// Owns:        nothing. `calls`, the table, is generated from syscalls.toml, like the numbers and the
//              stubs that programs use.
// Invariants:  no word outside the calling process's own memory is read or written for it. -1 says
//              that a call failed; it has then had no effect.
// Interrupts:  call masked.
// Sleeps:      a call that must wait blocks its process and is made again from the beginning.

namespace syscall {
  type slice = struct { pointer: byte; length: byte; capacity: byte; };  // of a process: not to be
                                                                         // used as a slice here
  function caller(): * process::process {
    return scheduler::current;
  }

  // --- the way in --------------------------------------------------------------------------------

  // What support.qasm does for the usual call, and more: that of a process that is ending, and of a
  // number that there is not. In the debug kernel all calls come here.
  .export function _syscall(inside: byte): * process::process {
    var frame = <unsafe * byte>machine::FRAME_REGISTERS;
    var number = *frame;
    var p = caller();
    process::given = 0;
    audit::check();
    if (p->ending) { return process::bury(p); }
    var result = FAILED;
    if (number < len calls) {
      result = calls[number](frame[unsafe 1], frame[unsafe 2], frame[unsafe 3]);
    } else if (audit::is_ours(number, frame[unsafe 1])) {
      result = 0;
    } else {
      none(0, 0, 0);
    }
    if (goes_on(p, result)) { return null; }
    if (!p->ending) { scheduler::save_frame(); }
    return scheduler::next();
  }

  // The process cannot go on after a call with this result, or is to make it again. r32 to r61 are saved
  // already.
  .export function _leave(result: byte): * process::process {
    var p = caller();
    if (goes_on(p, result)) { return null; }
    if (!p->ending) { scheduler::save_rest(); }
    return scheduler::next();
  }

  // Put down what a call has led to. True if its process goes on at once.
  function goes_on(p: * process::process, result: byte): bool {
    if (p->ending) { return false; }
    if (p->state == scheduler::BLOCKED || p->again) {
      p->again = false;
      var ip = <unsafe * byte>machine::FRAME_IP;
      *ip = *ip - 1;  // the `int` itself, once more
    } else {
      *(<unsafe * byte>machine::FRAME_REGISTERS) = result;
      p->progress = 0;
    }
    return p->state == scheduler::RUNNING;
  }

  // A software interrupt that is none of the kernel's.
  .export function _unknown(inside: byte): * process::process {
    process::punish(process::UNKNOWN_INTERRUPT, *(<unsafe * byte>machine::FRAME_IP));
    return scheduler::next();
  }

  // An unknown number ends the process, as in Quinix.
  function none(a: byte, b: byte, c: byte): byte {
    process::punish(process::UNKNOWN_CALL, *(<unsafe * byte>machine::FRAME_IP) - 1);
    return 0;
  }

  // --- helpers: what a process passed ------------------------------------------------------------

  // Whether the caller may use all of these words: looked at when a call begins, not as it goes on.
  function may(address: byte, words: byte, flags: byte): bool {
    return caller()->progress != 0 || process::may(caller(), address, words, flags);
  }

  // The place in the table of handles for a handle's number, or HANDLES.
  function place_of(handle: byte): byte {
    if (handle - 1 < limits::STANDARD) { return handle - 1; }
    var own = handle - limits::FIRST_HANDLE;
    return own < limits::HANDLES - limits::STANDARD ? own + limits::STANDARD : limits::HANDLES;
  }

  function number_of(place: byte): byte {
    return place < limits::STANDARD ? place + 1 : place - limits::STANDARD + limits::FIRST_HANDLE;
  }

  // What a handle leads to, or null.
  function opened(handle: byte): * file::file {
    var place = place_of(handle);
    if (place == limits::HANDLES) { return null; }
    return caller()->handles[place];
  }

  // The first free place in the table of handles, or HANDLES.
  function free_place(): byte {
    var i = 2;
    while (i < limits::HANDLES && caller()->handles[i] != null) { i = i + 1; }
    return i;
  }

  // Give a file a handle; closes it and fails if none is free.
  function give_handle(f: * file::file): byte {
    if (f == null) { return FAILED; }
    var place = free_place();
    if (place == limits::HANDLES) {
      file::close(f);
      return FAILED;
    }
    caller()->handles[place] = f;
    return number_of(place);
  }

  // The absolute components of a path that a process passed, on the heap, or null.
  function path_in(address: byte): string {
    var given = process::text_in(caller(), address, limits::PATH);
    if (!given || len given == 0) {
      delete given;
      return null;
    }
    var joined = path::join(caller()->directory, given);
    delete given;
    return joined;
  }

  // --- 0 to 14: Quinix's -------------------------------------------------------------------------

  function exit(code: byte, b: byte, c: byte): byte {
    process::end(caller(), code);
    return 0;
  }

  function read(handle: byte, address: byte, c: byte): byte {
    var s: slice;
    var f = opened(handle);
    if (f == null || !process::copy_in(caller(), &s.pointer, address, 3)) { return FAILED; }
    if (!may(s.pointer, s.length, machine::WRITE)) { return FAILED; }
    return file::read(f, caller(), s.pointer, s.length);
  }

  function write(handle: byte, address: byte, c: byte): byte {
    var s: slice;
    var f = opened(handle);
    if (f == null || !process::copy_in(caller(), &s.pointer, address, 3)) { return FAILED; }
    if (!may(s.pointer, s.length, machine::READ)) { return FAILED; }
    return file::write(f, caller(), s.pointer, s.length);
  }

  function open(name: byte, mode: byte, c: byte): byte {
    if (free_place() == limits::HANDLES) { return FAILED; }  // before anything is made
    var where = path_in(name);
    if (!where) { return FAILED; }
    var f = mode == WRITING || mode == APPENDING ? file::open_writer(where, mode == APPENDING)
                                                 : file::open_reader(where);
    delete where;
    return give_handle(f);
  }

  function close(handle: byte, b: byte, c: byte): byte {
    if (opened(handle) == null) { return FAILED; }
    return process::drop_handle(caller(), place_of(handle)) ? 0 : FAILED;
  }

  function create(name: byte, b: byte, c: byte): byte {
    var where = path_in(name);
    if (!where) { return FAILED; }
    var good = fs::create(where);
    delete where;
    return good ? 0 : FAILED;
  }

  function destroy(name: byte, b: byte, c: byte): byte {
    var where = path_in(name);
    if (!where) { return FAILED; }
    var good = fs::destroy(where);
    delete where;
    return good ? 0 : FAILED;
  }

  function spawn(name: byte, arguments: byte, handles: byte): byte {
    if (caller()->spawning != null) { return loader::go_on(caller(), arguments); }
    var where = path_in(name);
    if (!where) { return FAILED; }
    var result = loader::spawn(caller(), where, arguments, handles);
    delete where;
    return result;
  }

  function yield(a: byte, b: byte, c: byte): byte {
    scheduler::yield();
    return 0;
  }

  function display_open(address: byte, width: byte, height: byte): byte {
    var answer: byte[3];
    if (!process::may(caller(), address, 3, machine::WRITE)) { return FAILED; }
    if (!display::open(caller(), width, height)) { return FAILED; }
    answer[0] = limits::FRAMEBUFFER;
    answer[1] = display::width;
    answer[2] = display::height;
    process::copy_out(caller(), address, &answer[0], 3);
    return 0;
  }

  function display_flip(a: byte, b: byte, c: byte): byte {
    return display::flip(caller());
  }

  function display_close(a: byte, b: byte, c: byte): byte {
    return display::close(caller());
  }

  function key_state(a: byte, b: byte, c: byte): byte {
    return peripherals::keyboard == null ? 0 : *peripherals::keyboard;
  }

  function key_held(code: byte, b: byte, c: byte): byte {
    if (peripherals::keyboard == null || code > 127) { return 0; }
    return peripherals::keyboard[unsafe 1 + code / 32] >> code % 32 & 1;
  }

  function clock(a: byte, b: byte, c: byte): byte {
    return peripherals::now();
  }

  // The machine's counts since reset, of one moment: two words each, the low one first.
  function counters(address: byte, b: byte, c: byte): byte {
    var device = peripherals::counters;
    if (device == null || !process::may(caller(), address, 4, machine::WRITE)) { return FAILED; }
    device->take = 1;
    process::copy_out(caller(), address, &device->counts[0], 4);
    return 0;
  }

  // --- processes ---------------------------------------------------------------------------------

  // The status of a child that has ended; waits for one, or for ctrl-C, which gives 0. -1 if there is
  // no such child.
  function wait(pid: byte, address: byte, c: byte): byte {
    var p = caller();
    if (address != 0 && !process::may(p, address, 1, machine::WRITE)) { return FAILED; }
    if (pid == ANY_OR_KEY && p->progress == console::TOLD) { return 0; }
    var any = false;
    for (var child = process::all; child != null; child = child->sibling) {
      if (child->parent == p && (pid == ANY || pid == ANY_OR_KEY || child->pid == pid)) {
        any = true;
        if (child->state == scheduler::ZOMBIE) {
          return collect(child, address);
        }
      }
    }
    p->progress = pid == ANY_OR_KEY ? console::LISTENS : 0;
    return any ? scheduler::block(scheduler::CHILD, <unsafe byte>p) : FAILED;
  }

  // The status of a zombie is told, and the kernel forgets it; its pid.
  function collect(child: * process::process, address: byte): byte {
    var pid = child->pid;
    if (address != 0) { process::copy_out(caller(), address, &child->status, 1); }
    process::reap(child);
    return pid;
  }

  // As `wait` for one child, but 0 if that is stopped.
  function wait_or_stop(pid: byte, address: byte, c: byte): byte {
    var p = caller();
    if (address != 0 && !process::may(p, address, 1, machine::WRITE)) { return FAILED; }
    var child = process::find(pid);
    if (child == null || child->parent != p) { return FAILED; }
    if (child->state == scheduler::ZOMBIE) { return collect(child, address); }
    if (child->state == scheduler::STOPPED) { return 0; }
    p->progress = console::MINDS;
    return scheduler::block(scheduler::CHILD, <unsafe byte>p);
  }

  // The first process ends, and all others with it; when everything is written, the kernel begins
  // again.
  function restart(a: byte, b: byte, c: byte): byte {
    if (caller() != process::first) { return FAILED; }
    kernel::starts_again = true;
    process::end(caller(), 0);
    return 0;
  }

  function own_pid(a: byte, b: byte, c: byte): byte {
    return caller()->pid;
  }

  // A process may end itself and those that descend from it.
  function kill(pid: byte, b: byte, c: byte): byte {
    var p = process::find(pid);
    if (p == null || p->ending) { return FAILED; }
    if (!process::is_descendant(p, caller())) { return FAILED; }
    process::end(p, process::KILLED);
    return 0;
  }

  // A process and all that descend from it stop: the caller itself or a descendant, but not the first
  // process, as nobody could let that go on.
  function stop(pid: byte, b: byte, c: byte): byte {
    var p = process::find(pid);
    if (p == null || p->ending || p == process::first) { return FAILED; }
    if (!process::is_descendant(p, caller())) { return FAILED; }
    process::stop_tree(p);
    return 0;
  }

  // A descendant and all of its own go on, in front or behind.
  function resume(pid: byte, in_front: byte, c: byte): byte {
    var p = process::find(pid);
    if (p == null || p->ending || p == caller()) { return FAILED; }
    if (!process::is_descendant(p, caller())) { return FAILED; }
    process::resume_tree(p, in_front != 0);
    return 0;
  }

  // What a debugger asks for: debug.qll.
  function debug(pid: byte, request: byte, address: byte): byte {
    if (request == DEBUG_SPAWNED) {
      caller()->traces_spawned = address != 0;
      return 0;
    }
    var p = process::find(pid);
    return p == null ? FAILED : debug::call(p, request, address);
  }

  // One that was stopped meanwhile comes again, perhaps early.
  function sleep(ms: byte, b: byte, c: byte): byte {
    var p = caller();
    var now = peripherals::now();
    if (p->progress == 0) {
      if (ms == 0) { return 0; }
      p->progress = 1;
      return scheduler::sleep_until(now + std::math::min(ms, 0x7FFFFFFF));
    }
    return <unsafe int>(p->wake_at - now) <= 0 ? 0 : scheduler::sleep_until(p->wake_at);
  }

  // How ctrl-C finds those it ends: a child, and what it will spawn.
  function set_foreground(pid: byte, on: byte, c: byte): byte {
    if (pid == 0) {
      caller()->spawns_in_front = on != 0;
      return 0;
    }
    var p = process::find(pid);
    if (p == null || p->ending || p->parent != caller()) { return FAILED; }
    p->foreground = on != 0;
    return 0;
  }

  // The state that a program is told: its own, or ENDING.
  function told_state(p: * process::process): byte {
    return p->ending && p->state != scheduler::ZOMBIE ? scheduler::ENDING : p->state;
  }

  function tell(p: * process::process, told: * process_status): void {
    told->pid = p->pid;
    told->parent = p->parent == null ? 0 : p->parent->pid;
    told->state = told_state(p);
    told->ticks = p->ticks;
    told->words = memory::mapped(&p->table);
    support::copy(&told->name[0], &p->name[0], limits::NAME);
  }

  function list_processes(address: byte, most: byte, c: byte): byte {
    var listed = 0;
    var row: memory::span;
    var words = most < limits::PROCESSES ? most : limits::PROCESSES;
    if (!process::may(caller(), address, words * sizeof process_status, machine::WRITE)) {
      return FAILED;
    }
    for (var p = process::all; p != null && listed < most; p = p->sibling) {
      if (row.words < sizeof process_status) {
        row = process::reach(caller(), address + listed * sizeof process_status, machine::WRITE);
      }
      if (row.words >= sizeof process_status) {
        tell(p, <unsafe * process_status>row.physical);
      } else {  // it lies in two pieces of memory
        var told: process_status;
        tell(p, &told);
        process::copy_out(caller(), address + listed * sizeof process_status, &told.pid,
                          sizeof process_status);
        row.words = sizeof process_status;
      }
      row.physical = row.physical + sizeof process_status;
      row.words = row.words - sizeof process_status;
      listed = listed + 1;
    }
    return listed;
  }

  function grow(words: byte, b: byte, c: byte): byte {
    return process::grow(caller(), words);
  }

  // --- files -------------------------------------------------------------------------------------

  // As `read` and `write`, but four octets a word: sectors go straight to where they belong.
  function read_packed(handle: byte, address: byte, words: byte): byte {
    var f = opened(handle);
    if (f == null || !may(address, words, machine::WRITE)) { return FAILED; }
    return file::read_packed(f, caller(), address, words);
  }

  function write_packed(handle: byte, address: byte, octets: byte): byte {
    var f = opened(handle);
    var words = octets / 4 + (octets % 4 != 0 ? 1 : 0);
    if (f == null || !may(address, words, machine::READ)) { return FAILED; }
    return file::write_packed(f, caller(), address, octets);
  }

  // Set where a file is read next.
  function seek(handle: byte, offset: byte, whence: byte): byte {
    var f = opened(handle);
    if (f == null || f->kind != file::READER || whence > FROM_END) { return FAILED; }
    var from = whence == FROM_START ? 0 : whence == FROM_HERE ? f->position : f->node->size;
    var to = from + offset;
    if (to > f->node->size) { return FAILED; }
    f->position = to;
    return to;
  }

  function stat(name: byte, address: byte, c: byte): byte {
    if (!process::may(caller(), address, sizeof status, machine::WRITE)) { return FAILED; }
    var where = path_in(name);
    if (!where) { return FAILED; }
    var at = fs::walk(where);
    delete where;
    if (!at.found) { return FAILED; }
    var told = status {
      flags = at.flags, size = at.size, sectors = fs::sectors_of(at), free = fat::free_sectors
    };
    process::copy_out(caller(), address, &told.flags, sizeof status);
    return 0;
  }

  // The next entry of an open directory: 1, or 0 at the end.
  function read_directory(handle: byte, address: byte, c: byte): byte {
    var f = opened(handle);
    if (f == null || f->kind != file::DIRECTORY) { return FAILED; }
    if (!process::may(caller(), address, sizeof listed, machine::WRITE)) { return FAILED; }
    var found = file::next_entry(f);
    if (found == null) { return 0; }
    var at = process::reach(caller(), address, machine::WRITE);
    if (at.words >= sizeof listed) {
      tell_entry(found, <unsafe * listed>at.physical);
    } else {  // it lies in two pieces of memory
      var told: listed;
      tell_entry(found, &told);
      process::copy_out(caller(), address, &told.flags, sizeof listed);
    }
    return 1;
  }

  function tell_entry(found: * fs::entry, told: * listed): void {
    told->flags = found->flags;
    told->size = found->size;
    support::copy(&told->name[0], &found->name[0], limits::NAME);
  }

  function make_directory(name: byte, b: byte, c: byte): byte {
    var where = path_in(name);
    if (!where) { return FAILED; }
    var good = fs::make_directory(where);
    delete where;
    return good ? 0 : FAILED;
  }

  function rename(old: byte, new_name: byte, c: byte): byte {
    var from = path_in(old);
    var to = path_in(new_name);
    var good = !!from && !!to && fs::rename(from, to);
    delete from;
    delete to;
    return good ? 0 : FAILED;
  }

  // Two handles: what is written to the second can be read from the first.
  function pipe(address: byte, b: byte, c: byte): byte {
    var p = caller();
    var pair: byte[2];
    var reader: * file::file;
    var writing: * file::file;
    if (!process::may(p, address, 2, machine::WRITE)) { return FAILED; }
    if (!file::open_pipe(&reader, &writing)) { return FAILED; }
    pair[0] = give_handle(reader);
    pair[1] = give_handle(writing);
    if (pair[1] == FAILED) {
      if (pair[0] != FAILED) { close(pair[0], 0, 0); }
      return FAILED;
    }
    process::copy_out(p, address, &pair[0], 2);
    return 0;
  }

  function duplicate(handle: byte, b: byte, c: byte): byte {
    var f = opened(handle);
    return f == null ? FAILED : give_handle(file::share(f));
  }

  function change_directory(name: byte, b: byte, c: byte): byte {
    var where = path_in(name);
    if (!where) { return FAILED; }
    var at = fs::walk(where);
    var good = fs::is_directory(at) && process::set_directory(caller(), where);
    delete where;
    return good ? 0 : FAILED;
  }

  // The current directory as text, at most as many characters as the slice has: the length of all.
  function get_directory(address: byte, b: byte, c: byte): byte {
    var s: slice;
    var p = caller();
    if (!process::copy_in(p, &s.pointer, address, 3)) { return FAILED; }
    var text = p->directory;
    var root = "/";
    if (len text == 0) { text = root; }
    var part = std::math::min(len text, s.length);
    if (!process::copy_out(p, s.pointer, <unsafe * byte>text, part)) { return FAILED; }
    return len text;
  }

  // Fails for the disk, and for those whose own files could not be kept.
  function sync(a: byte, b: byte, c: byte): byte {
    var good = fs::sync();
    for (var i = limits::STANDARD; i < limits::HANDLES; i = i + 1) {
      good = file::is_kept(caller()->handles[i]) && good;
    }
    return good ? 0 : FAILED;
  }

  // --- console -----------------------------------------------------------------------------------

  // How this process's reads of the console work; the mode before.
  function console_mode(mode: byte, b: byte, c: byte): byte {
    var old = caller()->console_mode;
    if (mode > console::KEYS) { return FAILED; }
    if (console::is_raw(mode) && peripherals::serial == null && !screen::is_on) { return FAILED; }
    caller()->console_mode = mode;
    return old;
  }

  // Where the console is from now on, or where it is.
  function screen(where: byte, b: byte, c: byte): byte {
    if (where > ASK) { return FAILED; }
    if (where == SERIAL_LINE) { screen::end(); }
    if (where == DISPLAY && !screen::begin()) { return FAILED; }
    return screen::is_on ? DISPLAY : SERIAL_LINE;
  }

  // Whether a ctrl-C waits to be heard by one that has the console as its input.
  function interrupted(a: byte, b: byte, c: byte): byte {
    var f = opened(INPUT);
    if (f == null || f->kind != file::CONSOLE_INPUT) { return FAILED; }
    return console::take_interrupt() ? 1 : 0;
  }

  // How many octets were typed and not read yet.
  function typed(handle: byte, b: byte, c: byte): byte {
    var f = opened(handle);
    return f == null || f->kind != file::CONSOLE_INPUT ? FAILED : console::typed_count;
  }

  function is_console(handle: byte, b: byte, c: byte): byte {
    var f = opened(handle);
    if (f == null) { return FAILED; }
    return f->kind == file::CONSOLE_INPUT || f->kind == file::CONSOLE_OUTPUT ? 1 : 0;
  }

  function free_space(what: byte, b: byte, c: byte): byte {
    if (what == FREE_MEMORY) { return memory::free_words; }
    if (what == FREE_HEAP) { return memory::heap_free(); }
    return what == FREE_SECTORS ? fat::free_sectors : FAILED;
  }
}
