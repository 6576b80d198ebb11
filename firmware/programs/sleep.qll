// sleep SECONDS: wait; a part of a second may follow a point.

function not_a_number(word: string): byte {
  os::complain("sleep", "not a number of seconds", word);
  return os::MISUSED;
}

function main(text: string): byte {
  var words = os::begin(text, "sleep SECONDS", "");
  if (len words != 1) { return os::misused("sleep SECONDS"); }
  var point = std::str::index_of(words[0], '.');
  var ms = 0;
  var seconds = words[0];
  if (point != os::FAILED) {
    var scale = 100;
    for (var i = point + 1; i < len words[0] && scale != 0; i = i + 1) {
      var digit = os::number_of(words[0][i:i + 1]);
      if (digit == os::FAILED) { return not_a_number(words[0]); }
      ms = ms + digit * scale;
      scale = scale / 10;
    }
    seconds = words[0][:point];
  }
  var whole = len seconds == 0 && point != os::FAILED ? 0 : os::number_of(seconds);
  if (whole == os::FAILED || whole > 4000000) {
    return not_a_number(words[0]);
  }
  os::sleep(whole * 1000 + ms);
  return 0;
}
