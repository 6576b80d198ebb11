// greedy [text]: calls that ask for as much as can be asked for, for a measurement of how long they take;
// or a long text that is written to the console by one call.

.constant global WORDS: byte = 0x100000;

function slice_call(number: byte, handle: byte, at: byte, words: byte): byte {
  var s: byte[3] = [at, words, words];
  return lib::support::syscall2(number, handle, <unsafe byte>&s);
}

// A read, a write and the packed ones, of 1 MiW of memory that was never touched.
function write_text(): byte {
  var text = new byte[20000];
  for (var i = 0; i < len text; i = i + 1) { text[i] = 'x'; }
  return os::write(os::OUTPUT, text) == len text ? 0 : 1;
}

function main(text: string): byte {
  if (len text != 0) { return write_text(); }
  var pair: byte[2];
  var at = os::grow(WORDS);
  if (at == os::FAILED) { return os::complain("greedy", "no memory", ""); }
  var handle = os::open("/bin/sh", os::READING);
  slice_call(1, handle, at, WORDS);
  os::seek(handle, 0, 0);
  lib::support::syscall3(51, handle, at, WORDS);
  os::close(handle);
  handle = os::open("/tmp/greedy", os::WRITING);
  slice_call(2, handle, at, 100000);
  lib::support::syscall3(52, handle, at, 400000);
  os::close(handle);
  os::destroy("/tmp/greedy");
  os::pipe(&pair[0]);
  slice_call(1, pair[0], at, 0);
  slice_call(2, 1, at, 0);
  // A touch at the end of memory that has none.
  at = os::grow(WORDS);
  *(<unsafe * byte>(at + WORDS - 1)) = 1;
  // And an end, with all of it.
  return 0;
}
