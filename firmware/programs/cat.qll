// cat [FILE...]: pour files, or the input, to the output.

function main(text: string): byte {
  var names = os::arguments(text);
  if (len names == 0) {
    os::console_mode(os::TEXT);
    return os::pour(2, 1) ? 0 : 1;
  }
  var status = 0;
  for (var i = 0; i < len names; i = i + 1) {
    var from = os::open(names[i], os::READING);
    if (from == os::FAILED) {
      status = os::complain("cat", "cannot open", names[i]);
    } else {
      if (!os::pour(from, 1)) { status = os::complain("cat", "cannot copy", names[i]); }
      os::close(from);
    }
  }
  return status;
}
