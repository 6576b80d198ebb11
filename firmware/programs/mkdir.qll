// mkdir NAME...: make directories.

function main(text: string): byte {
  var names = os::begin(text, "mkdir NAME...", "");
  var status = 0;
  if (len names == 0) { return os::misused("mkdir NAME..."); }
  for (var i = 0; i < len names; i = i + 1) {
    if (os::make_directory(names[i]) != 0) {
      status = os::complain("mkdir", "cannot make", names[i]);
    }
  }
  return status;
}
