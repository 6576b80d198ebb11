// rm [-fr] NAME...: remove files and empty directories; -r full directories too, -f without a word
// about what is not there.

// Remove a directory's contents. Names are collected first: removing moves nothing, but a reader
// should not depend on it.
function empty(name: string): bool {
  var handle = os::open(name, os::READING);
  if (handle == os::FAILED) { return false; }
  var names = std::vector::create<string>(8);
  var each: os::listed;
  while (os::read_directory(handle, &each.flags) == 1) {
    std::vector::add(&names, os::joined(name, os::name_of(each.name)));
  }
  os::close(handle);
  var good = true;
  for (var i = 0; i < len names; i = i + 1) {
    good = remove(names[i]) && good;
    delete names[i];
  }
  delete names;
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
