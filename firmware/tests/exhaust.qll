// exhaust WHAT...: what happens when something runs out: "grow", "last", "index", "packed",
// "limits", "inject".
//
// Says "ok WHAT" or "FAILED WHAT: WHY" for each. "inject" needs the debug kernel, which can make the
// n-th request for memory fail: each call is made with n = 1, 2 ... until it succeeds, and before
// that it must fail and leave everything as it was.

.constant global INJECT: byte = 0x7FFF;  // number of the debug kernel's call

global failures: byte = 0;

function report(what: string, detail: string, why: string): void {
  os::say(len why == 0 ? "ok     " : "FAILED ");
  os::say(what);
  os::say(" ");
  os::say(detail);
  if (len why != 0) {
    failures = failures + 1;
    os::say(": ");
    os::say(why);
  }
  os::say("\n");
}

// --- what must not change ---------------------------------------------------------------------------

type state = struct { words: byte; heap: byte; sectors: byte; processes: byte; handle: byte; };

function look(): state {
  var rows: os::process_status[64];
  var s = state {
    words = os::free_space(0), heap = os::free_space(1), sectors = os::free_space(2),
    processes = os::list_processes(&rows[0].pid, 64)
  };
  s.handle = os::duplicate(1);  // the lowest that is free
  os::close(s.handle);
  return s;
}

function is_same(a: state, b: state): bool {
  return a.words == b.words && a.heap == b.heap && a.sectors == b.sectors
      && a.processes == b.processes && a.handle == b.handle;
}

// --- two that grow in turn --------------------------------------------------------------------------

// Grows and touches as long as there is memory, and tells of each 16 Ki words by an octet.
function grow(): void {
  while (true) {
    var at = os::grow(0x4000);
    if (at == os::FAILED) { return; }
    for (var i = 0; i < 0x4000; i = i + 256) { *(<unsafe * byte>(at + i)) = 1; }
    os::write(0x10, "x");
    os::yield();
  }
}

function grower(pair: * byte): byte {
  os::pipe(pair);
  var map: byte[5] = [2, 1, 1, 0x10, pair[unsafe 1]];
  var pid = os::spawn("/test/exhaust", "@grow", &map[0]);
  os::close(pair[unsafe 1]);
  return pid;
}

function grow_in_turn(): void {
  var first: byte[2];
  var second: byte[2];
  var room = new byte[512];
  var free = os::free_space(0);
  var a = grower(&first[0]);
  var b = grower(&second[0]);
  os::wait(a, null);
  os::wait(b, null);
  var got_a = os::read(first[0], room) * 0x4000;
  var got_b = os::read(second[0], room) * 0x4000;
  os::close(first[0]);
  os::close(second[0]);
  os::say_number(got_a);
  os::say(" and ");
  os::say_number(got_b);
  os::say(" of ");
  os::say_number(free);
  os::say(" words\n");
  report("grow", "", got_a + got_b > free / 16 * 15 && std::math::min(got_a, got_b) > free / 3
                         ? none() : some("memory is free that nobody gets"));
}

function none(): string { return ""; }
function some(text: string): string { return text; }

// --- the last words ---------------------------------------------------------------------------------

// Touches as much as there is; then what a pipe gives back is just what another one needs, and for a
// touch more there is nothing. The parent gets an octet in between.
function use_up(): void {
  var pair: byte[2];
  os::pipe(&pair[0]);
  var free = os::free_space(0);
  var at = os::grow(free);
  os::grow(0x4000);
  while (free != 0) {
    var end = at + std::math::max(free / 4, 256);
    while (at < end) {
      *(<unsafe * byte>at) = 1;
      at = at + 256;
    }
    free = os::free_space(0);
  }
  os::close(pair[0]);
  os::close(pair[1]);
  os::write(0x10, os::pipe(&pair[0]) == 0 && os::free_space(0) == 0 ? "y" : "n");
  while (true) {
    *(<unsafe * byte>at) = 1;
    at = at + 256;
  }
}

function last(): void {
  var pair: byte[2];
  var said: byte[1];
  var status: byte = 0;
  os::pipe(&pair[0]);
  var map: byte[5] = [2, 1, 1, 0x10, pair[1]];
  os::wait(os::spawn("/test/exhaust", "@last", &map[0]), &status);
  os::close(pair[1]);
  var good = os::read(pair[0], said) == 1 && said[0] == 'y' && status == 0x80;
  os::close(pair[0]);
  report("last", "", good ? none() : some("not all can be used"));
}

// --- the index of a directory -----------------------------------------------------------------------

// Opens pipes until one fails; how many.
function open_pipes(): byte {
  var pair: byte[2];
  var count = 0;
  while (os::pipe(&pair[0]) == 0) { count = count + 1; }
  return count;
}

// The directory /long is so long that it gets an index, once there is little more memory than for
// that. When there is not even enough for a pipe, the first that needs one has it of the index.
function use_up_but_the_index(): byte {
  var told: os::status;
  var words = os::free_space(0) - 0x2800;
  var at = os::grow(words);
  for (var i = 0; i < words; i = i + 256) { *(<unsafe * byte>(at + i)) = 1; }
  var left = os::free_space(0);
  os::stat("/long/none", &told.flags);
  if (os::free_space(0) != left - 0x400) { return 1; }
  *(<unsafe * byte>os::grow(0xC00)) = 1;
  left = os::free_space(0);
  return open_pipes() > left / 0x400 && open_pipes() == 0 ? 0 : 2;
}

function index(): void {
  var status: byte = 0;
  os::wait(os::spawn("/test/exhaust", "@index", null), &status);
  report("index", "", status == 0 ? none() : some("it keeps its memory"));
}

// --- the end of a packed read -----------------------------------------------------------------------

function packed(): void {
  var room: byte[8];
  var handle = os::open("/tmp/packed", os::WRITING);
  os::write(handle, "ten octets");
  os::close(handle);
  handle = os::open("/tmp/packed", os::READING);
  var first = lib::support::syscall3(51, handle, <unsafe byte>&room, 8);
  var second = lib::support::syscall3(51, handle, <unsafe byte>&room, 8);
  os::close(handle);
  os::destroy("/tmp/packed");
  report("packed", "", first == 10 && second == 0 ? none() : some("the end is not 0"));
}

// --- limits -----------------------------------------------------------------------------------------

// All handles but so many are taken: a pipe needs two, all else one.
function try_handles(left: byte): void {
  var room: byte[2];
  for (var i = 0; i < 16 - left; i = i + 1) { os::duplicate(1); }
  var before = look();
  var piped = os::pipe(&room[0]);
  var opened = os::open("/bin/sh", os::READING);
  var written = os::open("/tmp/none", os::WRITING);
  var status: byte[4];
  var made = os::stat("/tmp/none", &status[0]);
  report("limits", "of handles",
         piped == os::FAILED && (left != 0 || (opened == os::FAILED && written == os::FAILED
         && made == os::FAILED && is_same(before, look()))) ? none() : some("something was made"));
  for (var handle = 0x10; handle < 0x20; handle = handle + 1) { os::close(handle); }
}

// As many processes as there may be; then a spawn fails and changes nothing.
function try_processes(): void {
  var pids: byte[64];
  var count = 0;
  var start = look();
  while (count < 64) {
    var pid = os::spawn("/test/exhaust", "@sleep", null);
    if (pid == os::FAILED) { break; }
    pids[count] = pid;
    count = count + 1;
  }
  os::sleep(200);  // until all sleep, and take no more memory
  var before = look();
  var pid = os::spawn("/bin/true", "", null);
  var same = is_same(before, look());
  for (var i = 0; i < count; i = i + 1) {
    os::kill(pids[i]);
    os::wait(pids[i], null);
  }
  report("limits", "of processes", pid == os::FAILED && same && count > 50 && is_same(start, look())
                                       ? none() : some("not as before"));
}

// --- requests for memory that fail ------------------------------------------------------------------

type call = struct { name: string; make: () => byte; undo: () => void; };

global pair: byte[2] = [0; 2];
global result: byte = 0;

function nothing(): void { }
function make_pipe(): byte { return os::pipe(&pair[0]); }
function undo_pipe(): void {
  os::close(pair[0]);
  os::close(pair[1]);
}
function make_process(): byte {
  result = os::spawn("/bin/true", "some words", null);
  return result;
}
function undo_process(): void { os::wait(result, null); }
function make_directory(): byte { return os::change_directory("/tmp"); }
function undo_directory(): void { os::change_directory("/"); }
function make_reader(): byte {
  result = os::open("/bin/true", os::READING);
  return result;
}
function make_writer(): byte {
  result = os::open("/tmp/written", os::WRITING);
  return result;
}
function undo_handle(): void { os::close(result); }
function undo_writer(): void {
  os::close(result);
  os::destroy("/tmp/written");
}
function make_display(): byte {
  var answer: byte[3];
  return os::display_open(&answer[0], 10, 10);
}
function undo_display(): void { os::display_close(); }
function make_copy(): byte {
  result = os::duplicate(1);
  return result;
}
function make_created(): byte { return os::create("/tmp/written"); }
function undo_created(): void { os::destroy("/tmp/written"); }

global calls: call[] = [
  call { name = "pipe", make = make_pipe, undo = undo_pipe },
  call { name = "spawn", make = make_process, undo = undo_process },
  call { name = "change_directory", make = make_directory, undo = undo_directory },
  call { name = "open to read", make = make_reader, undo = undo_handle },
  call { name = "open to write", make = make_writer, undo = undo_writer },
  call { name = "display_open", make = make_display, undo = undo_display },
  call { name = "duplicate", make = make_copy, undo = undo_handle },
  call { name = "create", make = make_created, undo = undo_created },
];

function inject(c: * call): void {
  var before = look();
  var n = 1;
  while (n < 100) {
    lib::support::syscall1(INJECT, n);
    var got = c->make();
    lib::support::syscall1(INJECT, 0);
    if (got != os::FAILED) { break; }
    if (!is_same(before, look())) {
      report("inject", c->name, "a call that failed has changed something");
      return;
    }
    n = n + 1;
  }
  c->undo();
  os::say_number(n - 1);
  os::say(" requests, ");
  report("inject", c->name, is_same(before, look()) ? none() : some("something was lost"));
}

function run(what: string): void {
  if (std::str::equal(what, "grow")) { grow_in_turn(); }
  if (std::str::equal(what, "last")) { last(); }
  if (std::str::equal(what, "index")) { index(); }
  if (std::str::equal(what, "packed")) { packed(); }
  if (std::str::equal(what, "limits")) {
    try_handles(0);
    try_handles(1);
    try_processes();
  }
  if (std::str::equal(what, "inject")) {
    for (var i = 0; i < len calls; i = i + 1) {
      calls[i].make();  // once without, so that what stays has been taken
      calls[i].undo();
      inject(&calls[i]);
    }
  }
}

function main(text: string): byte {
  var words = os::arguments(text);
  if (len words == 1 && std::str::equal(words[0], "@grow")) {
    grow();
    return 0;
  }
  if (len words == 1 && std::str::equal(words[0], "@index")) { return use_up_but_the_index(); }
  if (len words == 1 && std::str::equal(words[0], "@last")) {
    use_up();
    return 0;
  }
  if (len words == 1 && std::str::equal(words[0], "@sleep")) {
    os::sleep(100000);
    return 0;
  }
  for (var i = 0; i < len words; i = i + 1) { run(words[i]); }
  os::say_number(failures);
  os::say_line(" failed");
  return failures;
}
