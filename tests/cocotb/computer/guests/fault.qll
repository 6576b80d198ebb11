// fault REASON: do what a process must not.

global code: byte[4] = [0; 4];

// Run one instruction, given as a word: a flat image is writable and executable.
function execute(word: byte): void {
  code[0] = word;
  code[1] = 0x14000000;  // jmp r0: return
  var call = <unsafe () => void>(<unsafe byte>&code);
  call();
}

function main(text: string): byte {
  if (std::str::equal(text, "memory")) {
    *(<unsafe * byte>0x45) = 1;  // the interrupt table
  } else if (std::str::equal(text, "instruction")) {
    execute(0xFF000000);
  } else if (std::str::equal(text, "halt")) {
    execute(0);                  // halt
  } else if (std::str::equal(text, "interrupt")) {
    execute(0x01000000);         // int r0, where r0 is an address: no such number
  } else {
    lib::support::syscall(99);   // no call has this number
  }
  os::say("it went on\n");
  return 0;
}
