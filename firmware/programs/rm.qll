// rm [-fr] NAME...: remove files and empty directories; -r full directories too, -f without a word
// about what is not there.

// Remove a directory's contents. Names are collected first: removing moves nothing, but a reader
// should not depend on it.
function empty(name: string): bool {
  var mark = whole::mark();
  var names = whole::list(name);
  var good = names.is_whole;
  for (var i = 0; i < names.count; i = i + 1) {
    var inner = os::joined(name, os::name_of(names.first[unsafe i].name));
    good = remove(inner) && good;
    delete inner;
  }
  whole::release(mark);
  return good;
}

function remove(name: string): bool {
  if (os::is_directory(name) && !empty(name)) { return false; }
  return os::destroy(name) == 0;
}

function main(text: string): byte {
  var names = os::begin(text, "rm [-fr] NAME...", "fr");
  var status = 0;
  if (len names == 0) { return os::misused("rm [-fr] NAME..."); }
  for (var i = 0; i < len names; i = i + 1) {
    var good = os::given('r') ? remove(names[i]) : os::destroy(names[i]) == 0;
    var told: os::status;
    if (!good && os::given('f')) { good = os::stat(names[i], &told.flags) != 0; }
    if (!good) { status = os::complain("rm", "cannot remove", names[i]); }
  }
  return status;
}
