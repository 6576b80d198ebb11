// touch NAME...: make empty files where there are none.

function main(text: string): byte {
  var names = os::begin(text, "touch NAME...", "");
  var status = 0;
  if (len names == 0) { return os::misused("touch NAME..."); }
  for (var i = 0; i < len names; i = i + 1) {
    if (os::create(names[i]) != 0) { status = os::complain("touch", "cannot make", names[i]); }
  }
  return status;
}
