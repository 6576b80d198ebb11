// condition.qll: `test` and `[`.

namespace condition {
  .constant global TRUE: byte = 0;
  .constant global FALSE: byte = 1;

  function bracket(words: string[]): byte {
    if (len words == 0 || !std::str::equal(words[len words - 1], "]")) {
      os::complain("[", "']' is missing", "");
      return os::MISUSED;
    }
    return test(words[:len words - 1]);
  }

  // 0 for true, 1 for false, MISUSED for what cannot be understood.
  function test(words: string[]): byte {
    if (len words == 0) { return FALSE; }
    if (len words > 1 && std::str::equal(words[0], "!") && len words != 3) {
      return opposite(test(words[1:len words]));
    }
    if (len words == 1) { return truth(len words[0] != 0); }
    if (len words == 2) { return about_one(words[0], words[1]); }
    if (len words == 3) {
      if (is_operator(words[1])) { return about_two(words[0], words[1], words[2]); }
      if (std::str::equal(words[0], "!")) { return opposite(test(words[1:len words])); }
      return unknown(words[1]);
    }
    return joined(words);
  }

  function truth(is_so: bool): byte {
    return is_so ? TRUE : FALSE;
  }

  function opposite(status: byte): byte {
    return status > FALSE ? status : FALSE - status;
  }

  function unknown(word: string): byte {
    os::complain("test", "no such operator", word);
    return os::MISUSED;
  }

  // Parts with -o or -a between them: -a binds closer.
  function joined(words: string[]): byte {
    for (var level = 0; level < 2; level = level + 1) {
      var sign = level == 0 ? "-o" : "-a";
      for (var i = 1; i + 1 < len words; i = i + 1) {
        if (std::str::equal(words[i], sign)) {
          var left = test(words[:i]);
          var right = test(words[i + 1:len words]);
          if (left > FALSE || right > FALSE) { return os::MISUSED; }
          return truth(level == 0 ? left == TRUE || right == TRUE : left == TRUE && right == TRUE);
        }
      }
    }
    return unknown(words[1]);
  }

  function about_one(sign: string, word: string): byte {
    var told: os::status;
    var c = len sign == 2 && sign[0] == '-' ? sign[1] : 0;
    if (c == 'n' || c == 'z') { return truth((len word != 0) == (c == 'n')); }
    if (c == 0 || std::str::index_of("efdsx", c) == os::FAILED) { return unknown(sign); }
    if (os::stat(word, &told.flags) != 0) { return FALSE; }
    var is_directory = (told.flags & os::DIRECTORY) != 0;
    if (c == 'f') { return truth(!is_directory); }
    if (c == 'd') { return truth(is_directory); }
    if (c == 'x') { return truth((told.flags & os::EXECUTABLE) != 0); }
    return truth(c == 'e' || told.size != 0);
  }

  global numeric: string[] = ["-eq", "-ne", "-lt", "-ge", "-gt", "-le"];

  function is_operator(sign: string): bool {
    return std::str::equal(sign, "=") || std::str::equal(sign, "!=")
        || std::str::equal(sign, "==") || number_of(sign) != len numeric;
  }

  function number_of(sign: string): byte {
    for (var i = 0; i < len numeric; i = i + 1) {
      if (std::str::equal(numeric[i], sign)) { return i; }
    }
    return len numeric;
  }

  function about_two(a: string, sign: string, b: string): byte {
    if (sign[0] != '-') { return truth(std::str::equal(a, b) == (sign[0] == '=')); }
    var x = arithmetic::number(a);
    var y = arithmetic::number(b);
    if (!x.is_good || !y.is_good) {
      os::complain("test", "not a number", x.is_good ? b : a);
      return os::MISUSED;
    }
    var which = number_of(sign);
    var pair = which / 2;
    var holds = pair == 0 ? x.value == y.value : pair == 1 ? x.value < y.value : x.value > y.value;
    return truth(holds == (which % 2 == 0));
  }
}
