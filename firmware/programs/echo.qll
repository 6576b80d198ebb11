// echo [WORD...]: say the words. Only a `--help` by itself is an option; all other words are said.

function main(text: string): byte {
  var words = os::arguments(text);
  if (len words == 1 && std::str::equal(words[0], "--help")) {
    os::say("usage: echo [WORD...]\n");
    return 0;
  }
  for (var i = 0; i < len words; i = i + 1) {
    if (i != 0) { os::say(" "); }
    os::say(words[i]);
  }
  os::say("\n");
  return 0;
}
