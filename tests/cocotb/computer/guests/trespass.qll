// trespass HOW ADDRESS: touch one word of memory and say what came of it.
//
// HOW is `store`, `load`, or `read`, which lets the kernel write there: a read of a file into a
// buffer at the address.

type raw = struct { pointer: byte; length: byte; capacity: byte; };

// What a hexadecimal text stands for.
function number(text: string): byte {
  var value = 0;
  for (var i = 0; i < len text; i = i + 1) {
    var c = text[i];
    value = value * 16 + (c >= 'a' ? c - 'a' + 10 : c - '0');
  }
  return value;
}

function main(text: string): byte {
  var words = os::arguments(text);
  var at = number(words[1]);
  var before = <unsafe * byte>(at - 1);  // a null pointer would be caught before the machine sees it
  if (std::str::equal(words[0], "store")) {
    before[unsafe 1] = 0xBAD;
    os::say("stored\n");
  } else if (std::str::equal(words[0], "load")) {
    var word = before[unsafe 1];
    os::say_number(word);
    os::say("\n");
  } else {
    var handle = os::open("/readme", os::READING);
    var slice = raw { pointer = at, length = 4, capacity = 4 };
    var count = lib::support::syscall2(1, handle, <unsafe byte>&slice);
    if (count == os::FAILED) { os::say("refused\n"); } else { os::say("read\n"); }
    os::close(handle);
  }
  return 0;
}
