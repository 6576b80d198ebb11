// cat [FILE...]: pour files, or the input, to the output.

function main(text: string): byte {
  var names = os::begin(text, "cat [FILE...]", "");
  if (len names == 0) {
    os::console_mode(os::TEXT);
    return os::pour(os::INPUT, os::OUTPUT) ? 0 : os::complain("cat", "cannot copy the input", "");
  }
  var status = 0;
  for (var i = 0; i < len names; i = i + 1) {
    var from = os::open_to_read("cat", names[i]);
    if (from == os::FAILED) {
      status = 1;
    } else {
      if (!os::pour(from, os::OUTPUT)) { status = os::complain("cat", "cannot copy", names[i]); }
      os::close(from);
    }
  }
  return status;
}
