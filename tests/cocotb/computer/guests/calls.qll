// calls: every system call once as it should be used and, if it can fail, once as it should not.
//
// Says "ok NAME" or "FAILED NAME" for each call.

.constant global NOWHERE: byte = 0x30000000;  // an address that no process has

function told(name: string, good: bool): void {
  if (good) { os::say("ok "); } else { os::say("FAILED "); }
  os::say_line(name);
}

function fails(result: byte): bool {
  return result == os::FAILED;
}

function files(): void {
  told("create", os::create("/tmp/c") == 0 && fails(os::create("/none/c")));
  var out = os::open("/tmp/c", os::WRITING);
  told("open", !fails(out) && fails(os::open("/none/c", os::READING)));
  told("write", os::write(out, "quince") == 6 && fails(os::write(99, "quince")));
  told("close", os::close(out) == 0 && fails(os::close(out)));
  var from = os::open("/tmp/c", os::READING);
  var room: byte[8] = [0; 8];
  told("read", os::read(from, room) == 6 && room[0] == 'q' && fails(os::read(99, room)));
  told("seek", os::seek(from, 0, 0) == 0 && fails(os::seek(99, 0, 0)));
  var packed: byte[2] = [0; 2];
  told("read_packed", os::read_packed(from, &packed[0], 2) == 6 && packed[0] == 0x6E697571
       && fails(os::read_packed(99, &packed[0], 2)));
  var copy = os::duplicate(from);
  told("duplicate", !fails(copy) && fails(os::duplicate(99)));
  os::close(copy);
  os::close(from);
  var packs = os::open("/tmp/p", os::WRITING);
  told("write_packed", os::write_packed(packs, &packed[0], 6) == 6
       && fails(os::write_packed(99, &packed[0], 6)));
  os::close(packs);
  var status: os::status;
  told("stat", os::stat("/tmp/p", &status.flags) == 0 && status.size == 6
       && fails(os::stat("/none", &status.flags)));
  told("rename", os::rename("/tmp/p", "/tmp/r") == 0 && fails(os::rename("/tmp/p", "/tmp/r")));
  told("destroy", os::destroy("/tmp/r") == 0 && fails(os::destroy("/tmp/r")));
  os::destroy("/tmp/c");
  told("make_directory", os::make_directory("/tmp/d") == 0 && fails(os::make_directory("/tmp/d")));
  told("change_directory", os::change_directory("/tmp/d") == 0
       && fails(os::change_directory("/none")));
  told("get_directory", os::get_directory(room) == 6
       && fails(lib::support::syscall1(44, NOWHERE)));
  os::change_directory("/");
  var folder = os::open("/tmp", os::READING);
  var listed: os::listed;
  told("read_directory", os::read_directory(folder, &listed.flags) == 1
       && fails(os::read_directory(99, &listed.flags)));
  os::close(folder);
  os::destroy("/tmp/d");
  told("sync", os::sync() == 0);
}

function processes(): void {
  told("own_pid", os::own_pid() != 0);
  told("yield", os::yield() == 0);
  var began = os::clock();
  told("sleep", os::sleep(2) == 0);
  told("clock", os::clock() >= began + 2);
  var child = os::spawn("/bench/calls", "child", null);
  told("spawn", !fails(child) && fails(os::spawn("/none", "", null)));
  told("set_foreground", os::set_foreground(child, 1) == 0 && fails(os::set_foreground(1, 1)));
  os::set_foreground(child, 0);
  told("debug", os::debug(child, os::DEBUG_ATTACH, 0) == 0
       && fails(os::debug(1, os::DEBUG_ATTACH, 0)));
  os::debug(child, os::DEBUG_DETACH, 0);
  told("stop", os::stop(child) == 0 && fails(os::stop(1)));
  told("wait_or_stop", os::wait_or_stop(child, null) == 0 && fails(os::wait_or_stop(1, null)));
  told("resume", os::resume(child, 0) == 0 && fails(os::resume(1, 0)));
  told("kill", os::kill(child) == 0 && fails(os::kill(1)));
  var status = 0;
  told("wait", os::wait(child, &status) == child && status == 143 && fails(os::wait(0, &status)));
  var rows: byte[29] = [0; 29];
  told("list_processes", os::list_processes(&rows[0], 1) == 1
       && fails(lib::support::syscall2(47, NOWHERE, 1)));
  told("grow", !fails(os::grow(16)) && fails(os::grow(-1)));
  told("free_space", !fails(os::free_space(0)) && fails(os::free_space(9)));
  var ends: byte[2] = [0; 2];
  told("pipe", os::pipe(&ends[0]) == 0 && fails(lib::support::syscall1(41, NOWHERE)));
}

function devices(): void {
  var mode = os::console_mode(os::RAW);
  told("console_mode", !fails(mode));
  os::console_mode(mode);
  told("is_console", os::is_console(1) == 1 && fails(os::is_console(99)));
  told("interrupted", os::interrupted() == 0);
  told("typed", os::typed(os::INPUT) == 0 && fails(os::typed(99)));
  told("counters", fails(lib::support::syscall1(58, NOWHERE)));
  told("restart", fails(os::restart()));
  told("screen", os::screen(os::ASK) == os::SERIAL_LINE && fails(os::screen(3)));
  told("key_state", os::key_state() == 0);
  told("key_held", os::key_held('x') == 0);
  var picture: byte[3] = [0; 3];
  told("display_open", os::display_open(&picture[0], 0, 0) == 0
       && fails(lib::support::syscall3(9, NOWHERE, 0, 0)));
  told("display_flip", os::display_flip() == 0);
  told("display_close", os::display_close() == 0 && fails(os::display_flip()));
}

function main(text: string): byte {
  if (len text != 0) { os::sleep(1000000); }
  files();
  processes();
  devices();
  os::say_line("ok exit");
  return 0;
}
