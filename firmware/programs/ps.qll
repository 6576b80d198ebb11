// ps: list processes.

function state_name(state: byte): string {
  if (state == os::READY) { return "ready   "; }
  if (state == os::RUNNING) { return "running "; }
  if (state == os::BLOCKED) { return "blocked "; }
  if (state == os::ZOMBIE) { return "zombie  "; }
  if (state == os::ENDING) { return "ending  "; }
  if (state == os::STOPPED) { return "stopped "; }
  return "new     ";
}

function run(text: string): byte {
  if (len os::begin(text, "ps", "") != 0) { return os::misused("ps"); }
  var rows: os::process_status[os::PROCESSES];
  var count = os::list_processes(&rows[0].pid, os::PROCESSES);
  if (count == os::FAILED) { return os::complain("ps", "cannot list processes", ""); }
  os::say("  PID  PARENT STATE     SLICES   WORDS NAME\n");
  for (var i = count; i != 0; i = i - 1) {
    var each = &rows[i - 1];
    os::say_column(each->pid, 5);
    os::say_column(each->parent, 8);
    os::say(" ");
    os::say(state_name(each->state));
    os::say_column(each->ticks, 8);
    os::say_column(each->words, 8);
    os::say(" ");
    os::say_line(os::name_of(each->name));
  }
  return 0;
}

function main(text: string): byte {
  os::gather();
  return os::finish(run(text));
}
