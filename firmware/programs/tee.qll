// tee [-a] FILE...: pour the input to the output and to files; -a at their end.

function main(text: string): byte {
  var usage = "tee [-a] FILE...";
  var names = os::begin(text, usage, "a");
  if (len names == 0) { return os::misused(usage); }
  var handles = std::vector::create<byte>(8);
  var status = 0;
  for (var i = 0; i < len names; i = i + 1) {
    var handle = os::open(names[i], os::given('a') ? os::APPENDING : os::WRITING);
    if (handle == os::FAILED) { status = os::complain("tee", "cannot write", names[i]); }
    std::vector::add(&handles, handle);
  }
  os::console_mode(os::TEXT);
  var block = new byte[1024];
  var count = os::read(os::INPUT, block);
  while (count != 0 && count != os::FAILED) {
    len block = count;
    os::write(os::OUTPUT, block);
    for (var i = 0; i < len handles; i = i + 1) {
      if (handles[i] != os::FAILED && os::write(handles[i], block) != count) {
        status = os::complain("tee", "cannot write", names[i]);
        os::close(handles[i]);
        handles[i] = os::FAILED;
      }
    }
    len block = 1024;
    count = os::read(os::INPUT, block);
  }
  for (var i = 0; i < len handles; i = i + 1) {
    if (handles[i] != os::FAILED && os::close(handles[i]) != 0) {
      status = os::complain("tee", "cannot write", names[i]);
    }
  }
  return count == 0 ? status : os::complain("tee", "cannot read the input", "");
}
