// echo WORD...: say the words.

function main(text: string): byte {
  var words = os::arguments(text);
  for (var i = 0; i < len words; i = i + 1) {
    if (i != 0) { os::say(" "); }
    os::say(words[i]);
  }
  os::say("\n");
  return 0;
}
