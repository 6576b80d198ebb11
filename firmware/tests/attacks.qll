// attacks [NUMBER...]: programs that try to harm, each run as a child of this one.
//
// After each the kernel must still answer, a witness process must have its memory as it was, and
// nothing may be lost. Says "ok NUMBER NAME" or "FAILED NUMBER NAME: WHY".

type attack = struct { name: string; run: () => void; };

.constant global KERNEL: byte = 0x1000;

function load(at: byte): byte {
  return *(<unsafe * byte>at);
}

function store(at: byte, value: byte): void {
  *(<unsafe * byte>at) = value;
}

// Run words as code: the image of a flat program is executable.
global code: byte[8] = [0; 8];

function execute(first: byte, second: byte, third: byte): void {
  code[0] = first;
  code[1] = second;
  code[2] = third;
  code[3] = 0x14000000;  // jmp r0: return
  var call = <unsafe () => void>(<unsafe byte>&code);
  call();
}

function call3(number: byte, a: byte, b: byte, c: byte): byte {
  return lib::support::syscall3(number, a, b, c);
}

// --- memory that is not theirs ----------------------------------------------------------------------
// Addresses below 0x1000 and above the mapped areas are mapped for nobody.

function read_interrupt_table(): void { load(0x45); }
function write_interrupt_table(): void { store(0x46, 0x1000); }
function unmask(): void { store(0, 1); }
function mask(): void { store(0, 0); }
function write_frame(): void { store(0x42, 0x1000); }
function read_kernel_heap(): void { load(0x2B000 + 0x4000); }
function write_kernel_heap(): void { store(0x2FFFF, 0); }
function write_kernel_stack(): void { store(0x9800, 0); }
function write_low_handler(): void { store(0x100, 0); }
function read_peripheral_table(): void { load(0x200); }
function stop_timer(): void { store(0x300, 0); }
function drive_disk(): void { store(0x60C, 2); }
function talk_to_serial(): void { store(0x614, 'X'); }
function switch_mmu_off(): void { store(0x617, 0); }
function write_framebuffer(): void { store(0x40000, 0); }
function write_others(): void { store(0x100000, 0); }
function write_top(): void { store(0x3FFFFF, 0); }
function write_past_ram(): void { store(0x400000, 0); }
function write_last(): void { store(0xFFFFFFFF, 0); }
function walk_off_heap(): void {
  for (var at = 0xA000; at < 0x100000; at = at + 1) { store(at, at); }
}
function jump_to_kernel(): void {
  var entry = <unsafe () => void>0x200;
  entry();
}
function run_stack(): void {
  var words: byte[2] = [0x14000000, 0x14000000];
  var call = <unsafe () => void>(<unsafe byte>&words);
  call();
}

// --- instructions -----------------------------------------------------------------------------------

function do_halt(): void { execute(0x00000000, 0x17000000, 0x17000000); }
function bad_opcode(): void { execute(0xFF000000, 0x17000000, 0x17000000); }
function bad_register(): void { execute(0x06FF0000, 0x17000000, 0x17000000); }
function fake_return(): void {
  code[0] = 0x05010000;  // constant r1 0
  execute(0x05010000, 0, 0x01000100);
}
function every_interrupt(): void {
  for (var n = 1; n < 0x80; n = n + 1) {
    if (n != 3) { execute(0x05010000, n, 0x01000100); }
  }
  for (var n = 0x81; n < 0x200; n = n + 1) { execute(0x05010000, n, 0x01000100); }
}
function raise_fault(): void { execute(0x05010000, 1, 0x01000100); }
function raise_timer(): void {
  for (var i = 0; i < 1000; i = i + 1) { execute(0x05010000, 2, 0x01000100); }
}
function raise_serial(): void {
  for (var i = 0; i < 1000; i = i + 1) { execute(0x05010000, 4, 0x01000100); }
}
function raise_switch(): void { execute(0x05010000, 5, 0x01000100); }
function wait_for_ever(): void { execute(0x18000000, 0x18000000, 0x18000000); }
function lose_constants(): void {
  // r62 = 0 and r63 = 5, then a system call: the kernel must not depend on either.
  code[0] = 0x053E0000;
  code[1] = 0;
  code[2] = 0x053F0000;
  code[3] = 5;
  code[4] = 0x05000000;
  code[5] = 8;
  code[6] = 0x05010000;
  code[7] = 0x80;
  more[0] = 0x01000100;  // int r1
  more[1] = 0xFF000000;
  var call = <unsafe () => void>(<unsafe byte>&code);
  call();
}
global more: byte[2] = [0; 2];  // stands right behind `code`

// --- system calls -----------------------------------------------------------------------------------

function every_call_with_nonsense(): void {
  var values: byte[9] = [0, 1, 0x45, 0x1000, 0x1FFFF, 0x20000, 0x2AFFF, 0x7FFFFFFF, -1];
  for (var number = 1; number < 51; number = number + 1) {
    // Not: exit, spawn of nothing, wait, sleep, kill, and the numbers that are none.
    if (number < 15 || number > 35) {
      for (var i = 0; i < 9; i = i + 1) {
        for (var j = 0; j < 9; j = j + 1) { call3(number, values[i], values[j], values[8 - i]); }
      }
    }
  }
}
function read_into_kernel(): void {
  var s: byte[3] = [0x20000, 100, 100];
  var handle = os::open("/bin/ls", os::READING);
  call3(1, handle, <unsafe byte>&s, 0);
}
function write_from_kernel(): void {
  var s: byte[3] = [0x1000, 0x40000, 0x40000];
  var handle = os::open("/tmp/stolen", os::WRITING);
  call3(2, handle, <unsafe byte>&s, 0);
  os::close(handle);
  os::destroy("/tmp/stolen");
}
function wrapped_slices(): void {
  var handle = os::open("/bin/ls", os::READING);
  var s: byte[3] = [0xFFFFFFF0, 0x2000, 0x2000];
  call3(1, handle, <unsafe byte>&s, 0);
  s[0] = <unsafe byte>&s;
  s[1] = 0 - s[0] + 0x1100;
  call3(1, handle, <unsafe byte>&s, 0);
  call3(1, handle, 0xFFFFFFFE, 0);
}
function unknown_call(): void { call3(1000, 0, 0, 0); }
function huge_call(): void { call3(0xFFFFFFFF, 0, 0, 0); }
function kill_everybody(): void {
  for (var pid = 0; pid < 2000; pid = pid + 1) {
    if (pid != os::own_pid()) { os::kill(pid); }
  }
}
function claim_foreground(): void {
  for (var pid = 0; pid < 200; pid = pid + 1) { os::set_foreground(pid, 1); }
}
function steal_statuses(): void {
  for (var pid = 0; pid < 20; pid = pid + 1) {
    if (os::wait(pid, null) != os::FAILED) { os::exit(1); }
  }
}
function stop_everybody(): void {
  for (var pid = 0; pid < 200; pid = pid + 1) {
    if (pid != os::own_pid()) { os::stop(pid); }
    os::resume(pid, 1);
    os::wait_or_stop(pid, null);
  }
  os::stop(os::own_pid());
}
function debug_everybody(): void {
  var addresses: byte[4] = [0, 0x1000, 0x40, 0xFFFFFFF0];
  for (var pid = 0; pid < 100; pid = pid + 1) {
    for (var request = 0; request < 12; request = request + 1) {
      if (pid != 0 && request != os::DEBUG_WAIT) {
        for (var i = 0; i < 4; i = i + 1) { os::debug(pid, request, addresses[i]); }
      }
    }
  }
  os::debug(0, os::DEBUG_SPAWNED, 1);
  var child = os::spawn("/test/attacks", "@bomb", null);
  var state: os::traced;
  for (var i = 0; i < 64; i = i + 1) { state.registers[i] = 0xFFFFFFFF; }
  state.ip = 0x200;
  os::debug(child, os::DEBUG_SET, <unsafe byte>&state);
  var asked = os::piece { at = 0x1000, words = 256, buffer = 0x1000 };
  for (var at = 0; at < 0x200; at = at + 1) {
    asked.at = at * 0x1000;
    os::debug(child, os::DEBUG_WRITE, <unsafe byte>&asked);
  }
  os::debug(child, os::DEBUG_GO, 0);
}
function endless_name(): void {
  var at = os::grow(100000);
  for (var i = 0; i < 90000; i = i + 1) { store(at + i, 'x'); }
  call3(3, at, 0, 0);
  call3(39, at, 0, 0);
}

// --- greed ------------------------------------------------------------------------------------------

function fork_bomb(): void {
  while (true) {
    if (os::spawn("/test/attacks", "@bomb", null) == os::FAILED) { os::sleep(10); }
    if (os::clock() > deadline) { return; }
  }
}
global deadline: byte = 0;
function bomb(): void {
  for (var i = 0; i < 4; i = i + 1) { os::spawn("/test/attacks", "@bomb", null); }
  os::sleep(5000);
}
function eat_memory(): void {
  var at = os::grow(0);
  while (os::grow(0x1000) != os::FAILED) {
    store(at, 1);
    at = at + 0x1000;
  }
}
function eat_stack(): void { recurse(0); }
function recurse(n: byte): byte {
  var room: byte[100];
  room[n % 100] = n;
  return recurse(n + 1) + room[n % 7];
}
function eat_handles(): void {
  var pair: byte[2];
  while (os::pipe(&pair[0]) == 0) { }
  while (os::open("/bin/ls", os::READING) != os::FAILED) { }
}
function eat_disk(): void {
  var block = new byte[4096];
  var handle = os::open("/tmp/greed", os::WRITING);
  while (os::write(handle, block) == 4096) { }
}
function spin(): void { while (true) { } }
function spin_calling(): void { while (true) { os::own_pid(); } }
function spin_yielding(): void { while (true) { os::yield(); } }
function flood_console(): void {
  for (var i = 0; i < 200; i = i + 1) { os::say("\x1b[s\x1b[u"); }
}
function block_for_ever(): void {
  var pair: byte[2];
  os::pipe(&pair[0]);
  var room: byte[1];
  os::read(pair[0], room);
}
function take_the_display(): void {
  var answer: byte[3];
  os::display_open(&answer[0], 64, 64);
  os::display_open(&answer[0], 0xFFFFFFFF, 0xFFFFFFFF);
  store(answer[0] + 64 * 64, 1);
}
function raw_console(): void {
  os::console_mode(os::RAW);
  load(0);
}

// --- running them -----------------------------------------------------------------------------------

global attacks: attack[] = [
  attack { name = "read the interrupt table", run = read_interrupt_table },
  attack { name = "write the interrupt table", run = write_interrupt_table },
  attack { name = "unmask interrupts", run = unmask },
  attack { name = "mask interrupts", run = mask },
  attack { name = "write the frame", run = write_frame },
  attack { name = "read the kernel's heap", run = read_kernel_heap },
  attack { name = "write the kernel's heap", run = write_kernel_heap },
  attack { name = "write the kernel's stack", run = write_kernel_stack },
  attack { name = "write a handler", run = write_low_handler },
  attack { name = "read the peripheral table", run = read_peripheral_table },
  attack { name = "stop the timer", run = stop_timer },
  attack { name = "drive the disk", run = drive_disk },
  attack { name = "talk to the serial line", run = talk_to_serial },
  attack { name = "switch the MMU off", run = switch_mmu_off },
  attack { name = "write a framebuffer not opened", run = write_framebuffer },
  attack { name = "write other processes", run = write_others },
  attack { name = "write the top of RAM", run = write_top },
  attack { name = "write past RAM", run = write_past_ram },
  attack { name = "write the last word", run = write_last },
  attack { name = "walk off the heap", run = walk_off_heap },
  attack { name = "jump into the kernel", run = jump_to_kernel },
  attack { name = "execute the stack", run = run_stack },
  attack { name = "halt", run = do_halt },
  attack { name = "a bad opcode", run = bad_opcode },
  attack { name = "a bad register", run = bad_register },
  attack { name = "a fake return from interrupt", run = fake_return },
  attack { name = "every interrupt", run = every_interrupt },
  attack { name = "raise the fault interrupt", run = raise_fault },
  attack { name = "raise the timer interrupt", run = raise_timer },
  attack { name = "raise the serial interrupt", run = raise_serial },
  attack { name = "raise the kernel's own interrupt", run = raise_switch },
  attack { name = "wait instructions", run = wait_for_ever },
  attack { name = "a call without stack or r62", run = lose_constants },
  attack { name = "every call with nonsense", run = every_call_with_nonsense },
  attack { name = "read a file into the kernel", run = read_into_kernel },
  attack { name = "write the kernel to a file", run = write_from_kernel },
  attack { name = "slices that wrap around", run = wrapped_slices },
  attack { name = "an unknown call", run = unknown_call },
  attack { name = "a huge call number", run = huge_call },
  attack { name = "kill everybody", run = kill_everybody },
  attack { name = "claim the foreground", run = claim_foreground },
  attack { name = "steal statuses", run = steal_statuses },
  attack { name = "an endless name", run = endless_name },
  attack { name = "a fork bomb", run = fork_bomb },
  attack { name = "eat memory", run = eat_memory },
  attack { name = "eat the stack", run = eat_stack },
  attack { name = "eat handles", run = eat_handles },
  attack { name = "eat the disk", run = eat_disk },
  attack { name = "spin", run = spin },
  attack { name = "spin in calls", run = spin_calling },
  attack { name = "spin yielding", run = spin_yielding },
  attack { name = "flood the console", run = flood_console },
  attack { name = "block for ever", run = block_for_ever },
  attack { name = "take the display", run = take_the_display },
  attack { name = "a raw console", run = raw_console },
  attack { name = "stop everybody", run = stop_everybody },
  attack { name = "debug everybody", run = debug_everybody },
];

// Keeps a pattern in its memory, and says through its status whether it survived.
function witness(): byte {
  var words = new byte[2000];
  for (var i = 0; i < 2000; i = i + 1) { words[i] = i * 77 + 5; }
  os::sleep(300);
  for (var i = 0; i < 2000; i = i + 1) {
    if (words[i] != i * 77 + 5) { return 1; }
  }
  return 42;
}

function report(number: byte, why: string): void {
  os::say(len why == 0 ? "ok     " : "FAILED ");
  os::say_number(number);
  os::say(" ");
  os::say(attacks[number].name);
  if (len why != 0) {
    os::say(": ");
    os::say(why);
  }
  os::say("\n");
}

function numbered(word: string, number: byte): string {
  var digits: byte[12];
  return std::str::concat(word, std::str::utoa(number, digits, 10));
}

// Run one; true if nobody was harmed.
function try(number: byte): bool {
  var words = os::free_space(0);
  var heap = os::free_space(1);
  var sectors = os::free_space(2);
  var watching = os::spawn("/test/attacks", "@witness", null);
  var attacking = os::spawn("/test/attacks", numbered("@attack ", number), null);
  var status: byte = 0;
  os::sleep(200);
  os::kill(attacking);
  os::wait(attacking, null);
  os::wait(watching, &status);
  os::destroy("/tmp/greed");
  call3(6, 0x1000, 0, 0);  // nonsense can be a name: the first words of this program
  if (status != 42) {
    report(number, "the witness was harmed");
  } else if (os::free_space(0) + 0x4000 < words) {
    report(number, "memory was lost");
  } else if (os::free_space(1) + 0x100 < heap) {
    report(number, "kernel heap was lost");
  } else if (os::free_space(2) != sectors) {
    report(number, "sectors were lost");
  } else {
    report(number, "");
    return true;
  }
  return false;
}

function main(text: string): byte {
  var words = os::arguments(text);
  var failures = 0;
  if (len words == 2 && std::str::equal(words[0], "@attack")) {
    deadline = os::clock() + 150;
    attacks[os::number_of(words[1])].run();
    return 0;
  }
  if (len words == 1 && std::str::equal(words[0], "@witness")) { return witness(); }
  if (len words == 1 && std::str::equal(words[0], "@bomb")) {
    bomb();
    return 0;
  }
  for (var i = 0; i < len attacks; i = i + 1) {
    if (len words == 0 || os::number_of(words[0]) == i) {
      if (!try(i)) { failures = failures + 1; }
    }
  }
  os::say_number(failures);
  os::say_line(" failed");
  return failures;
}
