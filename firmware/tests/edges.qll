// edges: what calls take and give, over the seams between pieces of memory that lie apart; and what is
// just long enough, just too much, or of the wrong kind.
//
// Says "ok NAME" or "FAILED NAME" for each test, and at the end how many failed. A process is
// given its memory as it touches it; others take some in between, so that the next piece lies elsewhere.

// A slice as the kernel sees it, made of any words.
type raw = struct { pointer: byte; length: byte; capacity: byte; };

function at(address: byte): * byte {
  return <unsafe * byte>address;
}

function put_words(address: byte, words: byte[]): void {
  for (var i = 0; i < len words; i = i + 1) { *at(address + i) = words[i]; }
}

function same(address: byte, other: * byte, words: byte): bool {
  for (var i = 0; i < words; i = i + 1) {
    if (*at(address + i) != other[unsafe i]) { return false; }
  }
  return true;
}

function holds(name: string, contents: string): bool {
  var handle = os::open(name, os::READING);
  var room = new byte[100];
  var count = os::read(handle, room);
  os::close(handle);
  var good = count == len contents && same(<unsafe byte>&room[0], &contents[0], count);
  delete room;
  return good;
}

// --- what calls give --------------------------------------------------------------------------------

function an_entry(seam: byte): bool {
  var each: os::listed;
  var handle = os::open("/", os::READING);
  os::read_directory(handle, &each.flags);
  os::close(handle);
  var good = true;
  for (var before = 1; before < sizeof os::listed; before = before + 5) {
    handle = os::open("/", os::READING);
    os::read_directory(handle, at(seam - before));
    os::close(handle);
    good = same(seam - before, &each.flags, sizeof os::listed) && good;
  }
  return good;
}

function a_status(seam: byte): bool {
  var told: os::status;
  os::stat("/bin", &told.flags);
  os::stat("/bin", at(seam - 1));
  return same(seam - 1, &told.flags, sizeof os::status);
}

// Three processes and no more, the second one over the seam. Ticks go on.
function processes(seam: byte): bool {
  var rows: os::process_status[4];
  var first = seam - sizeof os::process_status - 5;
  var behind = at(first + 3 * sizeof os::process_status);
  *behind = 77;
  if (os::list_processes(&rows[0].pid, 4) != 4 || os::list_processes(at(first), 3) != 3) { return false; }
  var good = *behind == 77;
  for (var i = 0; i < 3; i = i + 1) {
    var row = first + i * sizeof os::process_status;
    good = same(row, &rows[i].pid, 2) && same(row + 4, &rows[i].words, os::NAME + 1) && good;
  }
  return good;
}

function two_handles(seam: byte): bool {
  return os::pipe(at(seam - 1)) == 0 && os::close(*at(seam - 1)) == 0 && os::close(*at(seam)) == 0;
}

// --- what calls take --------------------------------------------------------------------------------

// A name, the slice of a text, and the text itself.
function a_text(seam: byte): bool {
  put_words(seam - 4, "/tmp/edges");
  *at(seam + 6) = 0;
  var handle = lib::support::syscall2(3, seam - 4, os::WRITING);
  if (handle == os::FAILED) { return false; }
  put_words(seam - 3, "over the seam");
  *(<unsafe * raw>(seam + 100)) = raw { pointer = seam - 3, length = 13, capacity = 13 };
  var good = lib::support::syscall2(2, handle, seam + 100) == 13;
  put_words(seam + 100, ", and behind");
  *(<unsafe * raw>(seam - 1)) = raw { pointer = seam + 100, length = 12, capacity = 12 };
  good = lib::support::syscall2(2, handle, seam - 1) == 12 && good;
  good = os::close(handle) == 0 && good;
  return holds("/tmp/edges", "over the seam, and behind") && os::destroy("/tmp/edges") == 0 && good;
}

// A file's octets into both pieces, one a word and four a word, and back to another file.
function a_file(seam: byte): bool {
  var text = "ABCDEFGHIJKLMNOPQRSTUVWX";
  var handle = os::open("/tmp/edges", os::WRITING);
  os::write(handle, text);
  os::close(handle);
  handle = os::open("/tmp/edges", os::READING);
  *(<unsafe * raw>(seam + 100)) = raw { pointer = seam - 7, length = 24, capacity = 24 };
  *at(seam + 17) = 77;  // behind
  var good = lib::support::syscall2(1, handle, seam + 100) == 24 && same(seam - 7, &text[0], 24);
  good = *at(seam + 17) == 77 && good;
  os::seek(handle, 0, os::FROM_START);
  good = os::read_packed(handle, at(seam - 2), 6) == 24 && good;
  os::close(handle);
  handle = os::open("/tmp/edges", os::WRITING);
  good = os::write_packed(handle, at(seam - 2), 23) == 23 && os::close(handle) == 0 && good;
  return holds("/tmp/edges", "ABCDEFGHIJKLMNOPQRSTUVW") && os::destroy("/tmp/edges") == 0 && good;
}

// The same through a pipe.
function octets(seam: byte): bool {
  var pair: byte[2];
  var text = "ABCDEFGHIJKLMNOPQRSTUVWX";
  os::pipe(&pair[0]);
  os::write(pair[1], text);
  var good = os::read_packed(pair[0], at(seam - 2), 6) == 24;
  good = os::write_packed(pair[1], at(seam - 2), 24) == 24 && good;
  *(<unsafe * raw>(seam + 100)) = raw { pointer = seam - 7, length = 24, capacity = 24 };
  *at(seam + 17) = 77;  // behind
  good = lib::support::syscall2(1, pair[0], seam + 100) == 24 && same(seam - 7, &text[0], 24) && good;
  good = *at(seam + 17) == 77 && good;
  good = lib::support::syscall2(2, pair[1], seam + 100) == 24 && good;
  var room = new byte[24];
  good = os::read(pair[0], room) == 24 && same(seam - 7, &room[0], 24) && good;
  delete room;
  os::close(pair[0]);
  os::close(pair[1]);
  return good;
}

// A child's words and its handles: a count, and pairs.
function a_child(seam: byte): bool {
  var map: byte[5] = [2, 1, 1, 3, 3];
  put_words(seam - 9, "@exit 4321");
  put_words(seam + 50, map);
  *(<unsafe * raw>(seam + 100)) = raw { pointer = seam - 9, length = 10, capacity = 10 };
  var name = os::terminated("/test/edges");
  var status: byte = 0;
  var pid = lib::support::syscall3(7, <unsafe byte>name, seam + 100, seam + 50);
  var good = os::wait(pid, &status) == pid && status == 4321;
  put_words(seam - 2, map);
  put_words(seam + 50, "@exit 1234");
  *(<unsafe * raw>(seam + 100)) = raw { pointer = seam + 50, length = 10, capacity = 10 };
  pid = lib::support::syscall3(7, <unsafe byte>name, seam + 100, seam - 2);
  good = os::wait(pid, at(seam)) == pid && *at(seam) == 1234 && good;
  delete name;
  return good;
}

// A stopped process's words, of two pieces of memory at the same address as here.
function anothers(seam: byte): bool {
  var text = "ABCDEFGH";
  var room: byte[8];
  var there = HEAP + FIRST - 4;
  var pid = os::spawn("/test/edges", "@seam", null);
  var good = os::wait_or_stop(pid, null) == 0 && os::debug(pid, os::DEBUG_ATTACH, 0) == 0;
  var asked = os::piece { at = there, words = 8, buffer = <unsafe byte>&text[0] };
  good = os::debug(pid, os::DEBUG_WRITE, <unsafe byte>&asked) == 0 && good;
  asked.buffer = <unsafe byte>&room[0];
  good = os::debug(pid, os::DEBUG_READ, <unsafe byte>&asked) == 0 && good;
  os::kill(pid);
  return os::wait(pid, null) == pid && same(<unsafe byte>&room[0], &text[0], 8) && good;
}

// --- the end of memory ------------------------------------------------------------------------------

.constant global END: byte = 0x1A000;  // of the heap: no memory is behind it

// Whether a call can have one of its arguments, so many words, at the end, and not one further.
function fits(call: byte[], argument: byte, words: byte): bool {
  call[argument] = END - words;
  var good = lib::support::syscall3(call[0], call[1], call[2], call[3]) != os::FAILED;
  call[argument] = END - words + 1;
  return lib::support::syscall3(call[0], call[1], call[2], call[3]) == os::FAILED && good;
}

function the_end(seam: byte): bool {
  var name = <unsafe byte>os::terminated("/bin/true");
  var handles: byte[2];
  *at(seam) = 0;
  var call: byte[4] = [7, name, seam, 0];  // spawn, without arguments
  *(<unsafe * raw>seam) = raw { pointer = seam, length = 0, capacity = 0 };
  *at(END - 1) = 0;
  var good = fits(call, 3, 1);  // and without handles
  var map: byte[3] = [1, 2, 1];
  put_words(END - 3, map);
  good = fits(call, 3, 3) && good;
  call = [7, name, 0, 0];
  put_words(END - 3, [seam, 0, 0]);
  good = fits(call, 2, 3) && good;
  for (var i = 0; i < 3; i = i + 1) { good = os::wait(0, null) != os::FAILED && good; }
  call = [2, 1, 0, 0];  // write of nothing
  good = fits(call, 2, 3) && good;
  call = [1, 2, 0, 0];  // and read
  good = fits(call, 2, 3) && good;
  call = [32, os::spawn("/bin/true", "", null), 0, 0];  // a child's status
  good = fits(call, 2, 1) && good;
  call = [44, 0, 0, 0];
  good = fits(call, 1, 3) && good;
  put_words(END - 2, "/");
  *at(END - 1) = 0;
  call = [37, 0, seam, 0];  // a name
  good = fits(call, 1, 2) && good;
  call = [37, name, 0, 0];
  good = fits(call, 2, sizeof os::status) && good;
  call = [47, 0, 1, 0];
  good = fits(call, 1, sizeof os::process_status) && good;
  call = [38, os::open("/", os::READING), 0, 0];
  good = fits(call, 2, sizeof os::listed) && os::close(call[1]) == 0 && good;
  call = [41, 0, 0, 0];
  good = fits(call, 1, 2) && os::close(*at(END - 2)) == 0 && os::close(*at(END - 1)) == 0 && good;
  return good;
}

// --- counts, lengths and kinds ----------------------------------------------------------------------

// Octets four a word: as many as are asked for, and of more than four in a pipe only whole words.
function packed_counts(seam: byte): bool {
  var pair: byte[2];
  var room: byte[4];
  os::pipe(&pair[0]);
  os::write(pair[1], "abcdefghij");
  var good = os::read_packed(pair[0], &room[0], 0) == 0 && os::read_packed(pair[0], &room[0], 1) == 4;
  os::read_packed(pair[0], &room[0], 1);
  os::write(pair[1], "klm");  // five octets now
  good = os::read_packed(pair[0], &room[0], 4) == 4 && os::read_packed(pair[0], &room[0], 4) == 1 && good;
  os::close(pair[0]);
  os::close(pair[1]);
  var handle = os::open("/tmp/edges", os::WRITING);
  good = os::write_packed(handle, at(seam - 2), 10) == 10 && good;  // which is no whole word
  good = os::write_packed(handle, at(seam - 2), 4) == os::FAILED && os::close(handle) == 0 && good;
  handle = os::open("/tmp/edges", os::READING);
  good = os::read_packed(handle, &room[0], 1) == 4 && os::seek(handle, 0, os::FROM_HERE) == 4 && good;
  good = os::seek(handle, 1, os::FROM_HERE) == 5 && good;
  good = os::read_packed(handle, &room[0], 1) == os::FAILED && os::seek(handle, 0, os::FROM_END) == 10 && good;
  good = os::read_packed(handle, &room[0], 1) == 0 && os::close(handle) == 0 && good;
  return os::destroy("/tmp/edges") == 0 && good;
}

// Names of 24 octets, two of which differ in the last one; and one that is the beginning of another.
function long_names(seam: byte): bool {
  var name: string = "/tmp/abcdefghijklmnopqrstuvwx";
  var good = os::create(name) == 0;
  name[len name - 1] = 'y';
  good = os::create(name) == 0 && good;
  len name = len name - 1;
  good = os::open(name, os::READING) == os::FAILED && os::create(name) == 0 && os::destroy(name) == 0 && good;
  len name = len name + 1;
  good = os::destroy(name) == 0 && os::destroy(name) == os::FAILED && good;
  name[len name - 1] = 'x';
  return os::destroy(name) == 0 && good;
}

// What a call does with a handle to something that it is not for.
function wrong_kinds(seam: byte): bool {
  var pair: byte[2];
  var room: byte[8];
  os::pipe(&pair[0]);
  var handles: byte[5] = [pair[0], pair[1], os::open("/bin", os::READING),
                          os::open("/tmp/edges", os::WRITING), os::open("/bin/true", os::READING)];
  var good = true;
  for (var i = 0; i < 5; i = i + 1) {
    var handle = handles[i];
    good = (i == 4 || os::seek(handle, 0, 0) == os::FAILED) && good;
    good = (i == 2 || os::read_directory(handle, at(seam)) == os::FAILED) && good;
    good = (i == 1 || i == 3 || os::write(handle, "x") == os::FAILED) && good;
    good = (i == 1 || i == 3 || os::write_packed(handle, &room[0], 4) == os::FAILED) && good;
    good = (i == 0 || i == 4 || os::read(handle, room) == os::FAILED) && good;
    good = (i == 0 || i == 4 || os::read_packed(handle, &room[0], 1) == os::FAILED) && good;
    good = os::typed(handle) == os::FAILED && good;
  }
  for (var i = 0; i < 5; i = i + 1) { good = os::close(handles[i]) == 0 && good; }
  return os::destroy("/tmp/edges") == 0 && good;
}

// A pipe takes two handles or none.
function one_handle(seam: byte): bool {
  var handles: byte[32];
  var pair: byte[2];
  var count = 0;
  handles[0] = os::duplicate(1);
  while (handles[count] != os::FAILED) {
    count = count + 1;
    handles[count] = os::duplicate(1);
  }
  count = count - 1;
  os::close(handles[count]);
  var good = os::pipe(&pair[0]) == os::FAILED;
  handles[count] = os::duplicate(1);
  good = handles[count] != os::FAILED && good;
  for (var i = 0; i <= count; i = i + 1) { os::close(handles[i]); }
  return good && os::pipe(&pair[0]) == 0 && os::close(pair[0]) == 0 && os::close(pair[1]) == 0;
}

// Says the codes of the keys that are held.
function keys(): byte {
  for (var code = 0; code < 130; code = code + 1) {
    if (os::key_held(code) == 1) {
      os::say(" ");
      os::say_number(code);
    }
  }
  os::say("\n");
  return 0;
}

// --- running ----------------------------------------------------------------------------------------

type test = struct { name: string; run: (byte) => bool; };

global tests: test[] = [
  test { name = "an entry of a directory", run = an_entry },
  test { name = "a file's status", run = a_status },
  test { name = "processes", run = processes },
  test { name = "two handles", run = two_handles },
  test { name = "a name and a text", run = a_text },
  test { name = "a file", run = a_file },
  test { name = "a pipe", run = octets },
  test { name = "a child", run = a_child },
  test { name = "another's memory", run = anothers },
  test { name = "the end of memory", run = the_end },
  test { name = "packed counts", run = packed_counts },
  test { name = "long names", run = long_names },
  test { name = "wrong kinds", run = wrong_kinds },
  test { name = "one handle", run = one_handle },
];

.constant global SEAMS: byte = 3;
.constant global FIRST: byte = 0x400;  // words that are given at first; then as many as there are
.constant global HEAP: byte = 0x1000000;  // where `grow` begins

// Memory of some pieces, others' in between; their pids.
function make_seams(seams: byte, pids: byte[]): byte {
  var start = os::grow(FIRST << seams);
  *at(start) = 0;
  for (var i = 0; i < seams; i = i + 1) {
    pids[i] = os::spawn("/test/edges", "@sleep", null);
    *at(start + (FIRST << i)) = 0;
  }
  return start;
}

function main(text: string): byte {
  var words = os::arguments(text);
  if (len words == 2) { return os::number_of(words[1]); }  // @exit
  var pids: byte[SEAMS];
  if (len words == 1 && std::str::equal(words[0], "@keys")) { return keys(); }
  if (len words == 1 && std::str::equal(words[0], "@seam")) {
    make_seams(1, pids);
    return os::stop(os::own_pid());
  }
  if (len words == 1) { return os::sleep(100000); }        // @sleep
  var start = make_seams(SEAMS, pids);
  var failed = 0;
  for (var i = 0; i < len tests; i = i + 1) {
    var good = true;
    for (var n = 0; n < SEAMS; n = n + 1) { good = tests[i].run(start + (FIRST << n)) && good; }
    if (good) {
      os::say("ok ");
    } else {
      os::say("FAILED ");
      failed = failed + 1;
    }
    os::say_line(tests[i].name);
  }
  for (var i = 0; i < SEAMS; i = i + 1) {
    os::kill(pids[i]);
    os::wait(pids[i], null);
  }
  os::say_number(failed);
  os::say_line(" failed");
  return failed;
}
