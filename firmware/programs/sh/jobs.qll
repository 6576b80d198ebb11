// jobs.qll: waiting for processes, in front and in the background.
//
// A job is what is left of a pipeline or list in the background, or that ctrl-Z stopped. One that is
// continued in front is none while it runs there.

namespace jobs {
  // `pids` are those that have not ended; the last one gives the status.
  type job = struct { number: byte; pids: byte[]; text: string; is_stopped: bool; };

  .constant global STOPPED: byte = 148;  // the status of what was stopped

  global all: job[] = null;              // in the order of their numbers
  global last_behind: byte = 0;          // $!
  global title: string = null;           // what runs in front, as it was written
  global lines: byte = 1;                // that were typed
  global warned_at: byte = 0;            // in which of them it was said that there are stopped jobs

  // --- the list ----------------------------------------------------------------------------------

  // A job more, with the lowest number that is free.
  function keep(pids: byte[], text: string, is_stopped: bool): byte {
    var at = 0;
    if (!all) { all = std::vector::create<job>(4); }
    while (at < len all && all[at].number == at + 1) { at = at + 1; }
    std::vector::add(&all, job { });
    for (var i = len all - 1; i > at; i = i - 1) { all[i] = all[i - 1]; }
    all[at] = job { number = at + 1, pids = pids, text = texts::copy(text), is_stopped = is_stopped };
    return at;
  }

  function forget(at: byte): void {
    delete all[at].pids;
    texts::drop(all[at].text);
    std::vector::remove(&all, at);
  }

  // The job that has a process, or FAILED.
  function with(pid: byte): byte {
    for (var at = 0; at < len all; at = at + 1) {
      if (std::vector::find(all[at].pids, pid) != os::FAILED) { return at; }
    }
    return os::FAILED;
  }

  // A process has ended.
  function ended(pid: byte): void {
    var at = with(pid);
    if (at == os::FAILED) { return; }
    std::vector::remove(&all[at].pids, std::vector::find(all[at].pids, pid));
    if (len all[at].pids == 0) { forget(at); }
  }

  // The job that is meant without a name: the last one that is stopped, or else the last one.
  function current(): byte {
    for (var at = len all; at != 0; at = at - 1) {
      if (all[at - 1].is_stopped) { return at - 1; }
    }
    return len all - 1;
  }

  // The job that a word names, `%2` or by a process; FAILED after a complaint.
  function named(command: string, word: string): byte {
    var is_number = len word > 1 && word[0] == '%';
    var begin = is_number ? 1 : 0;
    var number = os::number_of(word[begin:]);
    if (std::str::equal(word, "%") && len all != 0) { return current(); }
    var at = number == os::FAILED || is_number ? os::FAILED : with(number);
    for (var i = 0; is_number && i < len all; i = i + 1) {
      if (all[i].number == number) { at = i; }
    }
    if (at == os::FAILED || len all[at].pids == 0) {
      os::complain(command, "no such job of mine", word);
      return os::FAILED;
    }
    return at;
  }

  function is_any(is_stopped: bool): bool {
    for (var at = 0; at < len all; at = at + 1) {
      if (all[at].is_stopped == is_stopped && len all[at].pids != 0) { return true; }
    }
    return false;
  }

  // Whether the shell may end: with stopped jobs only if that was asked for twice.
  function may_leave(command: string): bool {
    if (!is_terminal || !is_any(true) || warned_at + 1 == lines) { return true; }
    warned_at = lines;
    os::complain(command, "there are stopped jobs; once more ends them", "");
    return false;
  }

  // --- in front ----------------------------------------------------------------------------------

  // What is spawned from now on is in front. A shell of no terminal is there itself, or not.
  function begin_front(): void {
    if (is_terminal) { os::set_foreground(0, 1); }
  }

  // A ctrl-C that was typed just before processes were there to be ended by it ends them, too.
  function hear(pids: byte[]): void {
    if (!is_terminal || os::interrupted() != 1) { return; }
    for (var i = 0; i < len pids; i = i + 1) { os::kill(pids[i]); }
    run::flow = run::STOP;
  }

  // Wait for what was started in front, whose list is deleted or becomes a job's. The status: of the last
  // process, or what is known already if that is none.
  function finish(pids: byte[], known: byte): byte {
    var status = known;
    hear(pids);
    while (len pids != 0) {
      var its = 0;
      var pid = is_terminal ? os::wait_or_stop(pids[0], &its) : os::wait(pids[0], &its);
      if (pid == 0) {
        tell_stopped(keep(pids, title, true));
        run::flow = run::STOP;
        last_status = STOPPED;
        return STOPPED;
      }
      if (len pids == 1 && known == os::FAILED && pid == pids[0]) { status = its; }
      if (its == os::INTERRUPTED && is_terminal) { run::flow = run::STOP; }
      std::vector::remove(&pids, 0);
    }
    delete pids;
    if (run::flow == run::STOP) { last_status = os::INTERRUPTED; }
    return run::flow == run::STOP ? os::INTERRUPTED : status;
  }

  // --- in the background -------------------------------------------------------------------------

  // What was started in the background.
  function add(pids: byte[], text: string): void {
    for (var i = 0; i < len pids; i = i + 1) {
      last_behind = pids[i];
      if (is_terminal) { tell_pid(pids[i], "\n"); }
    }
    if (len pids == 0) { delete pids; } else { keep(pids, text, false); }
  }

  function tell_pid(pid: byte, rest: string): void {
    os::say("[");
    os::say_number(pid);
    os::say("]");
    os::say(rest);
  }

  function tell_ended(pid: byte, status: byte): void {
    tell_pid(pid, " ended with ");
    os::say_number(status);
    os::say("\n");
  }

  function tell_stopped(at: byte): void {
    all[at].is_stopped = true;
    os::say("%");
    os::say_number(all[at].number);
    os::say(" stopped: ");
    os::say_line(all[at].text);
  }

  // Say which background processes have ended, and let the kernel forget them, and which have stopped.
  function reap(): void {
    var rows: os::process_status[os::PROCESSES];
    var own = os::own_pid();
    var count = os::list_processes(&rows[0].pid, os::PROCESSES);
    for (var i = 0; i < count && count != os::FAILED; i = i + 1) {
      if (rows[i].parent == own && rows[i].state == os::ZOMBIE) {
        var its: byte = 0;
        os::wait(rows[i].pid, &its);
        ended(rows[i].pid);
        tell_ended(rows[i].pid, its);
      }
      if (rows[i].parent == own && rows[i].state == os::STOPPED) {
        var at = with(rows[i].pid);
        if (at != os::FAILED && !all[at].is_stopped) { tell_stopped(at); }
      }
    }
  }

  // Wait for one process, or, if `pid` is 0, until no job runs any more. The status of the last that
  // ended. Ctrl-C ends that, and one that is stopped is not waited for.
  function wait(pid: byte): byte {
    var status = 0;
    while (pid != 0 || is_any(false)) {
      var its = 0;
      var found = pid;
      if (is_terminal) {
        found = os::wait(os::ANY_OR_KEY, &its);
      } else {
        found = os::wait(pid == 0 ? os::ANY : pid, &its);
      }
      if (found == os::FAILED) { return status; }
      if (found == 0) {
        run::interrupt();
        return os::INTERRUPTED;
      }
      ended(found);
      status = its;
      if (found == pid) { return status; }
      if (pid != 0) { tell_ended(found, its); }
    }
    return status;
  }

  // --- commands ----------------------------------------------------------------------------------

  function list(names: string[]): byte {
    if (is_terminal) { reap(); }
    for (var at = 0; at < len all; at = at + 1) {
      os::say("%");
      os::say_number(all[at].number);
      os::say(all[at].is_stopped ? " stopped  " : " running  ");
      os::say_line(all[at].text);
    }
    return 0;
  }

  // The job that a command is for, which may stand without a name; FAILED after a complaint.
  function chosen(command: string, names: string[]): byte {
    var word: string = "%";
    if (len names != 0) { word = names[0]; }
    return named(command, word);
  }

  // Continue a job in front, and wait for it.
  function to_front(names: string[]): byte {
    var at = chosen("fg", names);
    if (at == os::FAILED) { return 1; }
    var pids = all[at].pids;
    var text = all[at].text;
    std::vector::remove(&all, at);
    os::say_line(text);
    title = text;
    for (var i = 0; i < len pids; i = i + 1) { os::resume(pids[i], is_terminal ? 1 : 0); }
    var status = finish(pids, os::FAILED);
    texts::drop(text);
    title = null;
    return status;
  }

  // Let a stopped job go on in the background.
  function to_background(names: string[]): byte {
    var at = chosen("bg", names);
    if (at == os::FAILED) { return 1; }
    for (var i = 0; i < len all[at].pids; i = i + 1) { os::resume(all[at].pids[i], 0); }
    all[at].is_stopped = false;
    os::say("%");
    os::say_number(all[at].number);
    os::say(" ");
    os::say(all[at].text);
    os::say(" &\n");
    return 0;
  }

  // Do something to all processes of the jobs that are named, or to the processes.
  function for_each(command: string, names: string[], act: (byte) => byte): byte {
    var status = 0;
    for (var i = 0; i < len names; i = i + 1) {
      if (len names[i] != 0 && names[i][0] == '%') {
        var at = named(command, names[i]);
        if (at == os::FAILED) { status = 1; }
        for (var k = 0; at != os::FAILED && k < len all[at].pids; k = k + 1) { act(all[at].pids[k]); }
      } else {
        var pid = os::number_of(names[i]);
        if (pid == os::FAILED || act(pid) != 0) {
          status = os::complain(command, "no such process of mine", names[i]);
        }
      }
    }
    return status;
  }

  function kill(names: string[]): byte { return for_each("kill", names, os::kill); }

  // What is stopped is told by `reap`, before the next prompt.
  function stop(names: string[]): byte { return for_each("stop", names, os::stop); }

  function wait_for(names: string[]): byte {
    if (len names == 0) { return wait(0); }
    var word = names[0];
    var pid = os::number_of(word);
    if (len word != 0 && word[0] == '%') {
      var at = named("wait", word);
      if (at == os::FAILED) { return 1; }
      pid = all[at].pids[len all[at].pids - 1];
    }
    if (pid == os::FAILED || pid == 0) {
      os::complain("wait", "not a number", word);
      return os::MISUSED;
    }
    var job = with(pid);
    if (job == os::FAILED) { return os::complain("wait", "no such process of mine", word); }
    if (all[job].is_stopped) { return os::complain("wait", "this job is stopped", word); }
    return wait(pid);
  }
}
