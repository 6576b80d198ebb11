// stride [ROUNDS]: touch all areas of a process in turn, more of them than the TLB holds, and say
// how often a word was not as it was left; then the number of rounds.

global here: byte[64] = [0; 64];

function main(text: string): byte {
  var rounds = len text != 0 ? os::number_of(text) : -1;
  var stack: byte[64] = [0; 64];
  var heap = new byte[64];
  var grown = <unsafe * byte>os::grow(256);
  var wrong = 0;
  for (var n = 0; n != rounds; n = n + 1) {
    var i = n & 63;
    here[i] = n;
    stack[i] = n + 1;
    heap[i] = n + 2;
    grown[unsafe i] = n + 3;
    if (here[i] != n || stack[i] != n + 1 || heap[i] != n + 2 || grown[unsafe i] != n + 3) {
      wrong = wrong + 1;
    }
    if (wrong != 0) { os::say("a word has changed\n"); }
  }
  os::say_number(wrong);
  os::say(" wrong\n");
  return 0;
}
