// jobs.qll: waiting for processes, in front and in the background.

namespace jobs {
  global last_behind: byte = 0;          // $!

  // A ctrl-C that was typed just before processes were there to be ended by it ends them, too.
  function hear(pids: byte[]): void {
    if (!is_terminal || os::interrupted() != 1) { return; }
    for (var i = 0; i < len pids; i = i + 1) { os::kill(pids[i]); }
    run::flow = run::STOP;
  }

  // Wait for what was started in front, whose list is deleted. The status: of the last process, or what
  // is known already if that is none.
  function finish(pids: byte[], known: byte): byte {
    var status = known;
    hear(pids);
    for (var i = 0; i < len pids; i = i + 1) {
      var ended = 0;
      if (os::wait(pids[i], &ended) == pids[i]) {
        if (i + 1 == len pids && known == os::FAILED) { status = ended; }
        if (ended == os::INTERRUPTED && is_terminal) { run::flow = run::STOP; }
      }
    }
    delete pids;
    return run::flow == run::STOP ? os::INTERRUPTED : status;
  }

  // What was started in the background.
  function add(pids: byte[], text: string): void {
    for (var i = 0; i < len pids; i = i + 1) {
      last_behind = pids[i];
      if (is_terminal) {
        os::say("[");
        os::say_number(pids[i]);
        os::say("]\n");
      }
    }
    delete pids;
  }

  // Say which background processes have ended, and let the kernel forget them.
  function reap(): void {
    var rows: os::process_status[os::PROCESSES];
    var own = os::own_pid();
    var count = os::list_processes(&rows[0].pid, os::PROCESSES);
    for (var i = 0; i < count && count != os::FAILED; i = i + 1) {
      if (rows[i].parent == own && rows[i].state == os::ZOMBIE) {
        var ended: byte = 0;
        os::wait(rows[i].pid, &ended);
        os::say("[");
        os::say_number(rows[i].pid);
        os::say("] ended with ");
        os::say_number(ended);
        os::say("\n");
      }
    }
  }
}
