// kill PID...: end processes that descend from this one's caller. The shell has a `kill` of its own,
// which can end what it started; this program is for others.

function main(text: string): byte {
  var words = os::begin(text, "kill PID...", "");
  var status = 0;
  if (len words == 0) { return os::misused("kill PID..."); }
  for (var i = 0; i < len words; i = i + 1) {
    var pid = os::number_of(words[i]);
    if (pid == os::FAILED || os::kill(pid) != 0) {
      status = os::complain("kill", "cannot end process", words[i]);
    }
  }
  return status;
}
