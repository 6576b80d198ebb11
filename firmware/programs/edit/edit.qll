// edit FILE: an editor that fills the screen of a serial terminal; F1 lists its keys.
//
// pieces.qll holds texts, cursor.qll is the person's place in the one that is edited, screen.qll draws,
// history.qll takes changes back, file.qll reads and saves, commands.qll has what keys do.

.constant global PAUSE_MS: byte = 1000;    // behind one the terminal may have another size

global name: string = null;
global text: pieces::text = pieces::text { };
global is_changed: bool = false;

// Take one key; false at the end of the input.
function take_key(): bool {
  var before = os::clock();
  var kind = terminal::read_key();
  var octets = terminal::octets();
  if (kind == terminal::SEQUENCE && terminal::take_size(octets)) {
    if (terminal::rows != screen::rows + 1 || terminal::columns != screen::columns) {
      screen::resize();
    }
    return true;
  }
  if (os::clock() - before > PAUSE_MS) { screen::emit_text(terminal::question()); }
  if (screen::message_length != 0) { screen::say(""); }
  history::step = history::step + 1;
  if (kind == terminal::CHARACTER) {
    commands::is_cutting = false;
    commands::put(octets);
  } else if (kind == terminal::BROKEN) {
    screen::bell();
  } else if (kind == terminal::SEQUENCE) {
    commands::press(terminal::ESCAPE, octets);
  } else if (kind == terminal::CONTROL) {
    commands::press(octets[0], "");
  }
  return kind != terminal::END;
}

function main(arguments: string): byte {
  var usage = "edit FILE";
  var names = os::begin(arguments, usage, "");
  if (len names != 1) { return os::misused(usage); }
  name = names[0];
  text = pieces::make();
  commands::clip = pieces::make();
  history::begin();
  if (!file::load()) { return 1; }
  if (os::console_mode(os::KEYS) == os::FAILED) {
    return os::complain("edit", "it needs a terminal on the serial line", "");
  }
  screen::begin();
  screen::show();
  while (!commands::is_over) {
    if (!take_key()) {
      screen::end();
      return is_changed ? os::complain("edit", "the input ended before this was saved", name) : 0;
    }
    if (!commands::is_over) { screen::show(); }
  }
  screen::end();
  return 0;
}
