// date: how long the machine has been running; it has no calendar.

function two(number: byte): void {
  if (number < 10) { os::say("0"); }
  os::say_number(number);
}

function main(text: string): byte {
  if (len os::begin(text, "date", "") != 0) { return os::misused("date"); }
  var seconds = os::clock() / 1000;
  os::say("up ");
  os::say_number(seconds / 3600);
  os::say(":");
  two(seconds / 60 % 60);
  os::say(":");
  two(seconds % 60);
  os::say("\n");
  return 0;
}
