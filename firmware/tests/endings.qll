// endings: processes that end while they wait for something that nobody else holds.
//
// For each way to wait and each way to end, a child ends three times. After each, memory and kernel
// heap must be as before, and new processes must run. Says "ok WAIT, END" or "FAILED WAIT, END: WHY".

type wait = struct { name: string; run: () => void; };
type end = struct { name: string; role: string; };

function child(role: string, number: byte): byte {
  var digits: byte[12];
  var text = std::str::concat(role, std::str::utoa(number, digits, 10));
  var pid = os::spawn("/test/endings", text, null);
  delete text;
  return pid;
}

// --- ways to wait -----------------------------------------------------------------------------------

function read_own_pipe(): void {
  var pair: byte[2];
  var room: byte[1];
  os::pipe(&pair[0]);
  os::read(pair[0], room);
}

function write_own_pipe(): void {
  var pair: byte[2];
  var room = new byte[2000];
  os::pipe(&pair[0]);
  os::write(pair[1], room);
}

function read_second_pipe(): void {
  var first: byte[2];
  os::pipe(&first[0]);
  read_own_pipe();
}

function sleep(): void { os::sleep(100000); }

function wait_for_child(): void {
  child("@wait ", 0);
  os::wait(0, null);
}

// The child has the pipe, too, and both wait for it.
function share_pipe(): void {
  var pair: byte[2];
  var room: byte[1];
  os::pipe(&pair[0]);
  var handles: byte[5] = [2, 0x10, pair[0], 0x11, pair[1]];
  os::spawn("/test/endings", "@drain", &handles[0]);
  os::read(pair[0], room);
}

function drain(): void {
  var room: byte[1];
  os::read(0x10, room);
}

function write_file(): void {
  var handle = os::open("/tmp/ending", os::WRITING);
  os::write(handle, "some text");
  read_own_pipe();
}

function flip(): void {
  var answer: byte[3];
  os::display_open(&answer[0], 0, 0);
  while (os::display_flip() == 0) { }
  read_own_pipe();
}

function grow(): void {
  var at = os::grow(100000);
  for (var i = 0; i < 100000; i = i + 256) { *(<unsafe * byte>(at + i)) = i; }
  read_own_pipe();
}

global waits: wait[] = [
  wait { name = "reading its own pipe", run = read_own_pipe },
  wait { name = "writing its own pipe", run = write_own_pipe },
  wait { name = "with two pipes", run = read_second_pipe },
  wait { name = "asleep", run = sleep },
  wait { name = "waiting for a child", run = wait_for_child },
  wait { name = "sharing a pipe with a child", run = share_pipe },
  wait { name = "with a file to be closed", run = write_file },
  wait { name = "with the display", run = flip },
  wait { name = "with much memory", run = grow },
];

// --- ways to end ------------------------------------------------------------------------------------

global ends: end[] = [
  end { name = "by a kill", role = "@wait " },
  end { name = "with its parent, which exits", role = "@exit " },
  end { name = "with its parent, which faults", role = "@fault " },
  end { name = "with its parent, which makes an unknown call", role = "@unknown " },
  end { name = "with its parent, which is killed", role = "@parent " },
  end { name = "with its parent's parent, which exits", role = "@grand " },
];

// What a role that is not the waiting one itself does.
function lead(role: string, number: byte): void {
  if (std::str::equal(role, "@grand")) { child("@parent ", number); } else { child("@wait ", number); }
  os::sleep(20);
  if (std::str::equal(role, "@fault")) { *(<unsafe * byte>0) = 1; }
  if (std::str::equal(role, "@unknown")) { lib::support::syscall1(1000, 0); }
  if (std::str::equal(role, "@parent")) { os::sleep(100000); }
}

// --- running them -----------------------------------------------------------------------------------

function lives(): bool {
  var status: byte = 9;
  var pid = os::spawn("/bin/true", "", null);
  return pid != os::FAILED && os::wait(pid, &status) == pid && status == 0;
}

// Take kernel memory of several kinds: what was freed in error is used again.
function use_memory(): bool {
  var pair: byte[2];
  if (os::pipe(&pair[0]) != 0) { return false; }
  var handle = os::open("/test/endings", os::READING);
  os::close(pair[0]);
  os::close(pair[1]);
  return handle != os::FAILED && os::close(handle) == 0 && lives();
}

function try(w: byte, e: byte): string {
  lives();
  var words = os::free_space(0);
  var heap = os::free_space(1);
  for (var i = 0; i < 3; i = i + 1) {
    var pid = child(ends[e].role, w);
    if (pid == os::FAILED) { return "no child"; }
    os::sleep(50);
    os::kill(pid);
    if (os::wait(pid, null) != pid) { return "no child to wait for"; }
    if (!use_memory()) { return "what was to be free is in use"; }
  }
  os::destroy("/tmp/ending");
  if (os::free_space(0) != words) { return "memory was lost"; }
  if (os::free_space(1) != heap) { return "kernel heap was lost"; }
  return "";
}

function main(text: string): byte {
  var words = os::arguments(text);
  if (len words == 1) {
    drain();
    return 0;
  }
  if (len words == 2) {
    var number = os::number_of(words[1]);
    if (std::str::equal(words[0], "@wait")) { waits[number].run(); } else { lead(words[0], number); }
    return 0;
  }
  var failures = 0;
  for (var w = 0; w < len waits; w = w + 1) {
    for (var e = 0; e < len ends; e = e + 1) {
      var why = try(w, e);
      os::say(len why == 0 ? "ok     " : "FAILED ");
      os::say(waits[w].name);
      os::say(", ");
      os::say(ends[e].name);
      if (len why != 0) {
        os::say(": ");
        os::say(why);
      }
      os::say("\n");
      if (len why != 0) { failures = failures + 1; }
    }
  }
  os::say_number(failures);
  os::say_line(" failed");
  return failures;
}
