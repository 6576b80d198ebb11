// echo [-n] [WORD...]: say the words; -n without a newline behind them. Only a first -n and a `--help` by
// itself are options; all other words are said.

function main(text: string): byte {
  var words = os::arguments(text);
  if (len words == 1 && std::str::equal(words[0], "--help")) {
    os::say("usage: echo [-n] [WORD...]\n");
    return 0;
  }
  var begin = len words != 0 && std::str::equal(words[0], "-n") ? 1 : 0;
  for (var i = begin; i < len words; i = i + 1) {
    if (i != begin) { os::say(" "); }
    os::say(words[i]);
  }
  if (begin == 0) { os::say("\n"); }
  return 0;
}
