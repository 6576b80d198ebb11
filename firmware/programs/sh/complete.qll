// complete.qll: the tab key: what the word before the cursor may become.
//
// At the beginning of a command it is one of the shell's own commands, a function or a program; elsewhere,
// and with a `/`, the name of a file; behind `$` a variable.

namespace complete {
  .constant global MOST: byte = 200;       // that are listed

  global found: string[] = null;           // what it may become, in order
  global is_again: bool = false;           // the key before was a tab, too, and showed nothing

  // Where the word before the cursor begins. A quoted blank is in it.
  function begin_of_word(text: string): byte {
    var at = 0;
    var begin = 0;
    while (at < len text) {
      var c = text[at];
      if (os::is_blank(c) || std::str::index_of(";<>|&(){}=", c) != os::FAILED) {
        at = at + 1;
        begin = at;
      } else {
        quotes::skip_one(text, &at);
      }
    }
    return begin;
  }

  // Whether a command is what stands at a position: behind nothing, an operator or a word like `then`.
  function is_command(text: string): bool {
    var end = len text;
    while (end != 0 && os::is_blank(text[end - 1])) { end = end - 1; }
    if (end == 0 || std::str::index_of(";|&({", text[end - 1]) != os::FAILED) { return true; }
    var begin = begin_of_word(text[:end]);
    var before: string[9] = ["then", "do", "else", "elif", "if", "while", "until", "!", "time"];
    for (var i = 0; i < len before; i = i + 1) {
      if (std::str::equal(text[begin:end], before[i])) { return true; }
    }
    return false;
  }

  // A word without its quotes: what it stands for.
  function plain(word: string): string {
    var made = texts::make();
    var i = 0;
    while (i < len word) {
      if (word[i] == '\\' && i + 1 < len word) { i = i + 1; }
      if (word[i] != '\'' && word[i] != '"') { texts::add(&made, word[i]); }
      i = i + 1;
    }
    return made;
  }

  function add(name: string, rest: string, begin: string): void {
    if (!std::str::starts_with(name, begin) || len found == MOST) { return; }
    var whole = texts::copy(name);
    texts::append(&whole, rest);
    for (var i = 0; i < len found; i = i + 1) {
      if (std::str::equal(found[i], whole)) {
        texts::drop(whole);
        return;
      }
    }
    std::vector::add(&found, whole);
  }

  // What a directory has; behind a name comes a `/` if it is one itself, else a blank.
  function add_files(directory: string, begin: string, only_programs: bool): void {
    var handle = os::open(directory, os::READING);
    if (handle == os::FAILED) { return; }
    var each: os::listed;
    while (os::read_directory(handle, &each.flags) == 1) {
      var name = os::name_of(each.name);
      var rest: string = " ";
      if ((each.flags & os::DIRECTORY) != 0) { rest = "/"; }
      if ((name[0] != '.' || len begin != 0) && (!only_programs || (each.flags & os::DIRECTORY) == 0)) {
        add(name, rest, begin);
      }
    }
    os::close(handle);
  }

  function add_commands(begin: string): void {
    for (var i = 0; i < len built_in::all; i = i + 1) { add(built_in::all[i].name, " ", begin); }
    for (var i = 0; i < len variables::functions; i = i + 1) {
      add(variables::functions[i].name, " ", begin);
    }
    add_files("/bin", begin, true);
  }

  // Fill `found` for the text before the cursor: how many octets of it they take the place of.
  function search(text: string): byte {
    found = std::vector::create<string>(16);
    var begin = begin_of_word(text);
    var word = plain(text[begin:len text]);
    var part = os::last_part(word);
    if (len word != 0 && word[0] == '$') {
      for (var i = 0; i < len variables::all; i = i + 1) {
        add(variables::all[i].name, "", word[1:len word]);
      }
      part = word[1:len word];
    } else if (len part != len word) {
      add_files(word[:len word - len part], part, false);
    } else if (is_command(text[:begin])) {
      add_commands(part);
    } else {
      add_files(".", part, false);
    }
    texts::sort(found);
    var taken = len part;
    texts::drop(word);
    return taken;
  }

  // How many octets all that was found begin with.
  function common(): byte {
    var count = len found[0];
    for (var i = 1; i < len found; i = i + 1) {
      var same = 0;
      while (same < count && same < len found[i] && found[0][same] == found[i][same]) { same = same + 1; }
      count = same;
    }
    while (count != 0 && count < len found[0] && std::utf8::continues(found[0][count])) {
      count = count - 1;
    }
    return count;
  }

  // A character of a name as it can be typed.
  function type_in(name: string): void {
    var i = 0;
    while (i < len name) {
      var size = std::utf8::whole(name, i);
      var is_last_blank = i + 1 == len name && name[i] == ' ';
      if (!is_last_blank && (os::is_blank(name[i])
                             || std::str::index_of("'\"\\$;<>|&(){}*?[#", name[i]) != os::FAILED)) {
        edit::insert("\\");
      }
      edit::insert(name[i:i + size]);
      i = i + size;
    }
  }

  function list(): void {
    edit::add("\n");
    var width = 0;
    for (var i = 0; i < len found; i = i + 1) {
      width = std::math::max(width, std::utf8::columns(found[i]) + 2);
    }
    var columns = std::math::max(1, terminal::columns / width);
    for (var i = 0; i < len found; i = i + 1) {
      edit::add(found[i]);
      if ((i + 1) % columns == 0 || i + 1 == len found) {
        edit::add("\n");
      } else {
        for (var k = std::utf8::columns(found[i]); k < width; k = k + 1) { edit::add(" "); }
      }
    }
    edit::show();
    edit::draw_anew();
  }

  // The tab key. What all have in common is typed; if that is nothing, a second tab lists them.
  function press(): void {
    var taken = search(edit::line[:edit::at]);
    var was_again = is_again;
    is_again = false;
    if (len found == 0) {
      edit::bell();
    } else {
      var count = common();
      if (count > taken) {
        type_in(found[0][taken:count]);
      } else if (was_again) {
        list();
      } else {
        edit::bell();
        is_again = true;
      }
    }
    texts::drop_all(found);
  }
}
