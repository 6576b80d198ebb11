// view [-i] FILE...: show pictures in the formats of netpbm (PBM, PGM, PPM) or QOI, made larger or
// smaller by a whole number. Right arrow, blank or n shows the next one, left arrow or p the one
// before, escape or q ends it. -i only says what the files are.

.constant global USAGE: byte[17] = "view [-i] FILE...";

// What came of a picture.
.constant global SHOWN: byte = 0;              // all of it, or until a key was pressed
.constant global BAD: byte = 1;                // and there was a complaint
.constant global NO_DISPLAY: byte = 2;         // likewise

// Read what a file says of its picture; a sentence if it has none.
function read_header(handle: byte, name: string, p: * picture): string {
  var told: os::status;
  if (os::stat(name, &told.flags) == os::FAILED) { return cannot_read(); }
  octets::begin(handle, told.size);
  var first = octets::next();
  if (first == 'q') { return qoi::read_header(p); }
  if (first == 'P') { return netpbm::read_header(p); }
  return octets::failed ? cannot_read() : no_picture();
}

// 0, or 1 after a complaint.
function tell(name: string): byte {
  var p = picture { };
  var handle = os::open_to_read("view", name);
  if (handle == os::FAILED) { return 1; }
  var complaint = read_header(handle, name, &p);
  os::close(handle);
  if (complaint) { return os::complain("view", complaint, name); }
  os::say(name);
  os::say(": ");
  os::say(p.format);
  os::say(", ");
  os::say_number(p.width);
  os::say(" x ");
  os::say_number(p.height);
  if (p.most != 1) {
    os::say(", 0 to ");
    os::say_number(p.most);
  }
  os::say("\n");
  return 0;
}

function show(name: string): byte {
  var p = picture { };
  var handle = os::open_to_read("view", name);
  if (handle == os::FAILED) { return BAD; }
  var complaint = read_header(handle, name, &p);
  if (!complaint && !canvas::open()) {
    os::complain("view", canvas::lack(), "");
    return NO_DISPLAY;
  }
  if (!complaint) { complaint = canvas::begin(p.width, p.height); }
  if (!complaint) { complaint = p.is_qoi ? qoi::draw(&p) : netpbm::draw(&p); }
  os::close(handle);
  if (complaint) {
    os::complain("view", octets::failed ? cannot_read() : complaint, name);
    return BAD;
  }
  if (canvas::end()) { return SHOWN; }
  os::complain("view", "the display is gone", "");
  return NO_DISPLAY;
}

// Show pictures until the person ends it; a file that cannot be shown is left out from then on.
function browse(names: string[]): byte {
  var status = 0;
  var at = 0;
  while (len names != 0) {
    keys::has_next = at + 1 < len names;
    keys::has_previous = at != 0;
    var result = show(names[at]);
    if (result == NO_DISPLAY) { return 1; }
    if (result == BAD) {
      status = 1;
      std::vector::remove<string>(&names, at);
      if (at == len names && at != 0) { at = at - 1; }
    } else {
      var key = keys::take();
      if (key == keys::QUIT) { return status; }
      at = key == keys::NEXT ? at + 1 : at - 1;
    }
  }
  return status;
}

function main(text: string): byte {
  var names = os::begin(text, USAGE, "i");
  if (len names == 0) { return os::misused(USAGE); }
  if (!os::given('i')) { return browse(names); }
  var status = 0;
  for (var i = 0; i < len names; i = i + 1) { status = tell(names[i]) | status; }
  return status;
}
