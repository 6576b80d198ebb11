// lifetimes COUNT: start so many processes, one after another, and see whether memory, kernel heap
// and disk are as before.

function main(text: string): byte {
  var words = os::arguments(text);
  var count = len words == 0 ? 100 : os::number_of(words[0]);
  os::wait(os::spawn("/bin/true", "", null), null);
  var memory = os::free_space(0);
  var heap = os::free_space(1);
  var sectors = os::free_space(2);
  for (var i = 0; i < count; i = i + 1) {
    var status: byte = 9;
    var pid = os::spawn("/bin/true", "some words", null);
    if (pid == os::FAILED || os::wait(pid, &status) != pid || status != 0) {
      return os::complain("lifetimes", "a process failed", "");
    }
  }
  os::say_number(count);
  os::say(" processes, ");
  if (os::free_space(0) != memory || os::free_space(1) != heap
      || os::free_space(2) != sectors) {
    os::say("something was lost\n");
    return 1;
  }
  os::say("nothing was lost\n");
  return 0;
}
