// fileops: carry out operations on files, a line each, for two helpers and itself.
//
// Reads lines "WHO OPERATION WORDS..." from the console, WHO being 0 for this process and 1 or 2 for
// one of its helpers, and answers each with "= RESULT"; handles are kept in slots 0 to 7.
//
//   o SLOT PATH MODE    open             c SLOT              close
//   w SLOT OCTETS SEED  write            p SLOT OCTETS SEED  write packed
//   r SLOT OCTETS       read: the count, and a sum of what came
//   k SLOT OFFSET       seek             u SLOT SLOT         duplicate the first into the second
//   t PATH              create           d PATH              destroy
//   m PATH              make directory   n PATH PATH         rename
//   l PATH              list: count of entries, and a sum of their names
//   s PATH              stat: flags and size
//   y                   sync             f                   free sectors
//   h COUNT             take so many handles, for good
//   x COUNT             let the so-manieth request for memory fail (debug kernel only); 0: none
//   e                   a helper ends as it is, and another takes its place
//
// What is written is octets of a sequence that SEED begins. The tests start it in place of the shell.

.constant global SLOTS: byte = 8;
.constant global HELPERS: byte = 2;
.constant global HEAP: byte = 0x4000;    // that it uses at most while requests fail
.constant global INJECT: byte = 0x7FFF;  // number of the debug kernel's call

global handles: byte[8] = [os::FAILED; 8];
global to_helper: byte[2] = [0; 2];
global from_helper: byte[2] = [0; 2];
global pids: byte[2] = [0; 2];

function octet(seed: byte, i: byte): byte {
  return seed * 7 + i * 31 + i / 256 & 0xFF;
}

function sum_up(sum: byte, word: byte): byte {
  return sum * 31 + word & 0xFFFFFF;
}

function answer(words: byte[]): void {
  os::write(1, "=");
  for (var i = 0; i < len words; i = i + 1) {
    os::write(1, " ");
    if (words[i] == os::FAILED) { os::write(1, "-1"); } else { os::say_number(words[i]); }
  }
  os::write(1, "\n");
}

function answer_one(word: byte): void {
  var words: byte[1] = [word];
  answer(words);
}

function answer_two(one: byte, two: byte): void {
  var words: byte[2] = [one, two];
  answer(words);
}

// --- operations -------------------------------------------------------------------------------------

function write_octets(handle: byte, octets: byte, seed: byte): byte {
  var text = new byte[octets + 1];
  for (var i = 0; i < octets; i = i + 1) { text[i] = octet(seed, i); }
  len text = octets;
  var done = os::write(handle, text);
  delete text;
  return done;
}

function write_words(handle: byte, octets: byte, seed: byte): byte {
  var words = new byte[octets / 4 + 1];
  for (var i = 0; i < len words; i = i + 1) {
    words[i] = octet(seed, i * 4) | octet(seed, i * 4 + 1) << 8 | octet(seed, i * 4 + 2) << 16
               | octet(seed, i * 4 + 3) << 24;
  }
  var done = os::write_packed(handle, &words[0], octets);
  delete words;
  return done;
}

function read_octets(handle: byte, octets: byte): void {
  var text = new byte[octets + 1];
  len text = octets;
  var count = os::read(handle, text);
  var sum = 0;
  for (var i = 0; count != os::FAILED && i < count; i = i + 1) { sum = sum_up(sum, text[i]); }
  delete text;
  answer_two(count, sum);
}

// The sum does not depend on the order of the entries.
function list(path: string): void {
  var handle = os::open(path, os::READING);
  var each: os::listed;
  var count = 0;
  var total = 0;
  while (handle != os::FAILED && os::read_directory(handle, &each.flags) == 1) {
    var sum = 0;
    for (var i = 0; i < os::NAME; i = i + 1) { sum = sum_up(sum, each.name[i]); }
    total = total + sum & 0xFFFFFF;
    count = count + 1;
  }
  if (handle != os::FAILED) { os::close(handle); } else { count = os::FAILED; }
  answer_two(count, total);
}

function stat(path: string): void {
  var told: os::status;
  if (os::stat(path, &told.flags) == os::FAILED) {
    answer_two(os::FAILED, 0);
  } else {
    answer_two(told.flags, told.flags & os::DIRECTORY ? 0 : told.size);
  }
}

function close(slot: byte): byte {
  var result = os::close(handles[slot]);
  handles[slot] = os::FAILED;
  return result;
}

function take_handles(count: byte): byte {
  for (var i = 0; i < count; i = i + 1) {
    if (os::open("/", os::READING) == os::FAILED) { return i; }
  }
  return count;
}

function number(words: string[], at: byte): byte {
  return at < len words ? os::number_of(words[at]) : 0;
}

function carry_out(words: string[]): void {
  var slot = number(words, 2) % SLOTS;
  var third = number(words, 3);
  var what = words[1][0];
  if (what == 'o') {
    if (handles[slot] != os::FAILED) { close(slot); }
    handles[slot] = os::open(words[3], number(words, 4));
    answer_one(handles[slot] == os::FAILED ? os::FAILED : 0);
  } else if (what == 'c') {
    answer_one(close(slot));
  } else if (what == 'w') {
    answer_one(write_octets(handles[slot], third, number(words, 4)));
  } else if (what == 'p') {
    answer_one(write_words(handles[slot], third, number(words, 4)));
  } else if (what == 'r') {
    read_octets(handles[slot], third);
  } else if (what == 'k') {
    answer_one(os::seek(handles[slot], third, os::FROM_START));
  } else if (what == 'u') {
    var to = third % SLOTS;
    if (handles[to] != os::FAILED) { close(to); }
    handles[to] = os::duplicate(handles[slot]);
    answer_one(handles[to] == os::FAILED ? os::FAILED : 0);
  } else if (what == 't') {
    answer_one(os::create(words[2]));
  } else if (what == 'd') {
    answer_one(os::destroy(words[2]));
  } else if (what == 'm') {
    answer_one(os::make_directory(words[2]));
  } else if (what == 'n') {
    answer_one(os::rename(words[2], words[3]));
  } else if (what == 'l') {
    list(words[2]);
  } else if (what == 's') {
    stat(words[2]);
  } else if (what == 'y') {
    answer_one(os::sync());
  } else if (what == 'f') {
    answer_one(os::free_space(os::FREE_SECTORS));
  } else if (what == 'h') {
    answer_one(take_handles(number(words, 2)));
  } else if (what == 'x') {
    lib::support::syscall1(INJECT, number(words, 2));
    answer_one(0);
  } else {
    answer_one(os::FAILED);
  }
}

// --- helpers ----------------------------------------------------------------------------------------

function work(): byte {
  var lines = os::make_reader(2);
  while (true) {
    var line = os::next_line(&lines);
    if (!line) { return 0; }
    var words = os::arguments(line);
    if (words[1][0] == 'e') { return 0; }
    carry_out(words);
    delete words;
    delete line;
  }
  return 0;
}

function start(helper: byte): void {
  var down: byte[2];
  var up: byte[2];
  os::pipe(&down[0]);
  os::pipe(&up[0]);
  var map: byte[5] = [2, 1, up[1], 2, down[0]];
  pids[helper] = os::spawn("/bin/sh", "@helper", &map[0]);
  os::close(down[0]);
  os::close(up[1]);
  to_helper[helper] = down[1];
  from_helper[helper] = up[0];
}

function end(helper: byte): void {
  os::wait(pids[helper], null);
  os::close(to_helper[helper]);
  os::close(from_helper[helper]);
  start(helper);
  answer_one(0);
}

// Let a helper carry out a line, and pass its answer on.
function ask(helper: byte, line: string, what: byte): void {
  os::write(to_helper[helper], line);
  os::write(to_helper[helper], "\n");
  if (what == 'e') {
    end(helper);
    return;
  }
  var one: byte[1];
  while (os::read(from_helper[helper], one) == 1) {
    os::write(1, one);
    if (one[0] == '\n') { return; }
  }
}

// The heap gets its memory now: what then asks the kernel for some is a call.
function touch_heap(): void {
  var room = new byte[HEAP];
  for (var at = 0; at < len room; at = at + 0x100) { room[at] = 0; }
  delete room;
}

function main(text: string): byte {
  if (len text != 0 && text[0] == '@') { return work(); }
  touch_heap();
  os::console_mode(os::TEXT);
  var lines = os::make_reader(2);
  var started = false;
  while (true) {
    os::say(" $ ");
    var line = os::next_line(&lines);
    if (!line) { return 0; }
    var words = os::arguments(line);
    var who = number(words, 0);
    if (who == 0) {
      carry_out(words);
    } else {
      if (!started) {
        for (var helper = 0; helper < HELPERS; helper = helper + 1) { start(helper); }
        started = true;
      }
      ask((who - 1) % HELPERS, line, words[1][0]);
    }
    delete words;
    delete line;
  }
  return 0;
}
