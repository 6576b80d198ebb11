// man [NAME]: show what the manual has about a program or a subject; without a name, what it has.

.constant global FOLDER: byte[5] = "/man/";

// Run a program with one argument; its status.
function run(program: string, word: string): byte {
  var text = std::vector::create<byte>(32);
  os::append_quoted(&text, word);
  var pid = os::spawn(program, text, null);
  var status = 0;
  if (pid == os::FAILED || os::wait(pid, &status) != pid) {
    return os::complain("man", "cannot start", program);
  }
  return status;
}

function main(text: string): byte {
  var usage = "man [NAME]";
  var names = os::begin(text, usage, "");
  if (len names > 1) { return os::misused(usage); }
  if (len names == 0) {
    os::say_line("Show one of these with `man NAME`:");
    return run("/bin/ls", FOLDER);
  }
  var page = std::str::concat(FOLDER, names[0]);
  var told: os::status;
  if (os::stat(page, &told.flags) != 0 || (told.flags & os::DIRECTORY) != 0) {
    return os::complain("man", "the manual has nothing about", names[0]);
  }
  return run("/bin/more", page);
}
