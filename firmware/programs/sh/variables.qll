// variables.qll: what `$` knows: variables, a script's arguments, and functions.

namespace variables {
  .constant global MOST: byte = 200;     // variables, and functions

  type variable = struct { name: string; value: string; };

  // A function's text is kept: it outlives the line that defined it, and other shells are sent it.
  type named = struct {
    name: string;
    text: string;
    line: byte;                          // in its script
  };

  global all: variable[] = null;
  global functions: named[] = null;
  global arguments: string[] = null;     // $1 and so on
  global script: string = "sh";          // $0, and what complaints begin with
  global shell: byte = 0;                // $$

  function begin(): void {
    all = std::vector::create<variable>(8);
    functions = std::vector::create<named>(8);
    arguments = std::vector::create<string>(1);
  }

  function is_name(text: string): bool {
    if (len text == 0 || (text[0] >= '0' && text[0] <= '9')) { return false; }
    return name_length(text) == len text;
  }

  // Characters at the beginning of a text that a name may have.
  function name_length(text: string): byte {
    var i = 0;
    while (i < len text && (text[i] == '_' || (text[i] >= '0' && text[i] <= '9')
                            || (text[i] >= 'a' && text[i] <= 'z')
                            || (text[i] >= 'A' && text[i] <= 'Z'))) {
      i = i + 1;
    }
    return i;
  }

  function find(name: string): byte {
    for (var i = 0; i < len all; i = i + 1) {
      if (std::str::equal(all[i].name, name)) { return i; }
    }
    return os::FAILED;
  }

  // The value, "" of one that is not set. Not to be dropped.
  function get(name: string): string {
    var at = find(name);
    var none: string = null;
    return at == os::FAILED ? none : all[at].value;
  }

  // Takes a copy of the value. False if there are too many.
  function set(name: string, value: string): bool {
    var kept = texts::copy(value);
    var at = find(name);
    if (at != os::FAILED) {
      texts::drop(all[at].value);
      all[at].value = kept;
      return true;
    }
    if (len all == MOST) {
      texts::drop(kept);
      return false;
    }
    std::vector::add(&all, variable { name = texts::copy(name), value = kept });
    return true;
  }

  function unset(name: string): void {
    var at = find(name);
    if (at != os::FAILED) {
      texts::drop(all[at].name);
      texts::drop(all[at].value);
      std::vector::remove(&all, at);
      return;
    }
    at = find_function(name);
    if (at != os::FAILED) {
      forget(&functions[at]);
      std::vector::remove(&functions, at);
    }
  }

  // Other arguments: takes the list, and what is in it.
  function set_arguments(list: string[]): void {
    texts::drop_all(arguments);
    arguments = list;
  }

  // --- functions ---------------------------------------------------------------------------------

  function find_function(name: string): byte {
    for (var i = 0; i < len functions; i = i + 1) {
      if (std::str::equal(functions[i].name, name)) { return i; }
    }
    return os::FAILED;
  }

  function forget(f: * named): void {
    texts::drop(f->name);
    texts::drop(f->text);
  }

  // Define a function by the text of what it does, which is parsed each time it is called: so it may
  // define itself anew while it runs. False if there are too many.
  function define(name: string, text: string, line: byte): bool {
    var made = named { name = texts::copy(name), text = texts::copy(text), line = line };
    var at = find_function(name);
    if (at != os::FAILED) {
      forget(&functions[at]);
      functions[at] = made;
      return true;
    }
    if (len functions == MOST) {
      forget(&made);
      return false;
    }
    std::vector::add(&functions, made);
    return true;
  }
}
