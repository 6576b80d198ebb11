// history.qll: changes of the text, and how they are undone.
//
// Owns:        `changes`, of which the first `done` are in the text and the others were undone, and
//              `kept`, the octets of all of them, one behind the other.
// Invariants:  all changes of one press of a key have the same `step`.
// Memory:      where it is short, the history is forgotten rather than the change refused.

namespace history {
  .constant global MOST: byte = 4000;        // changes; half of them are forgotten when there are more

  type change = struct { at: byte; count: byte; is_insertion: bool; kept: byte; step: byte; };

  global changes: change[] = null;
  global kept: pieces::text = pieces::text { };
  global done: byte = 0;
  global step: byte = 0;
  global is_apart: bool = true;              // the next change does not go on with the last one

  function begin(): void {
    changes = std::vector::create<change>(64);
    kept = pieces::make();
  }

  // --- changes of the text -----------------------------------------------------------------------

  // False, and nothing changed, if memory is short; the same below.
  function insert(at: byte, octets: byte[]): bool {
    forget_undone();
    var start = where_kept(at, len octets, true);
    if (!pieces::insert(&text, at, octets)) { return false; }
    if (pieces::insert(&kept, start, octets)) {
      note(at, len octets, true, start);
    } else {
      forget_all();
    }
    return true;
  }

  function insert_text(at: byte, from: * pieces::text): bool {
    forget_undone();
    var start = kept.length;
    if (!pieces::copy(&text, at, from, 0, from->length)) { return false; }
    is_apart = true;
    if (pieces::copy(&kept, start, from, 0, from->length)) {
      note(at, from->length, true, start);
    } else {
      forget_all();
    }
    is_apart = true;
    return true;
  }

  function remove(at: byte, count: byte): void {
    forget_undone();
    var start = where_kept(at, count, false);
    if (pieces::copy(&kept, start, &text, at, count)) {
      note(at, count, false, start);
    } else {
      forget_all();
    }
    pieces::remove(&text, at, count);
  }

  // --- what happened -----------------------------------------------------------------------------

  // Whether a change goes on with the last one, so that both are undone together.
  function goes_on(at: byte, count: byte, is_insertion: bool): bool {
    if (is_apart || done == 0 || done != len changes) { return false; }
    var last = &changes[done - 1];
    if (last->is_insertion != is_insertion) { return false; }
    if (is_insertion) { return last->at + last->count == at; }
    return last->at == at || last->at == at + count;
  }

  // Where in `kept` its octets belong: what is erased backwards goes in front of what was before.
  function where_kept(at: byte, count: byte, is_insertion: bool): byte {
    if (!is_insertion && goes_on(at, count, false) && changes[done - 1].at != at) {
      return changes[done - 1].kept;
    }
    return kept.length;
  }

  function note(at: byte, count: byte, is_insertion: bool, start: byte): void {
    if (goes_on(at, count, is_insertion)) {
      var last = &changes[done - 1];
      last->count = last->count + count;
      last->step = step;
      if (!is_insertion) { last->at = at; }
      return;
    }
    if (done == MOST) { forget(MOST / 2); }
    std::vector::add(&changes, change {
      at = at, count = count, is_insertion = is_insertion, kept = start, step = step
    });
    done = done + 1;
    is_apart = false;
  }

  // What was undone cannot be done again after another change.
  function forget_undone(): void {
    if (done == len changes) { return; }
    pieces::remove(&kept, changes[done].kept, kept.length - changes[done].kept);
    len changes = done;
    is_apart = true;
  }

  // Forget the oldest.
  function forget(count: byte): void {
    var octets = count == len changes ? kept.length : changes[count].kept;
    pieces::remove(&kept, 0, octets);
    for (var i = count; i < len changes; i = i + 1) {
      changes[i - count] = changes[i];
      changes[i - count].kept = changes[i].kept - octets;
    }
    len changes = len changes - count;
    done = done - std::math::min(done, count);
  }

  function forget_all(): void {
    forget(len changes);
    is_apart = true;
    say_short();
  }

  // --- back and forth ----------------------------------------------------------------------------

  // Take back the changes of the last step, or do them again; false if there are none.
  function undo(): bool {
    is_apart = true;
    if (done == 0) { return false; }
    var last = changes[done - 1].step;
    while (done != 0 && changes[done - 1].step == last) {
      if (!turn(done - 1, !changes[done - 1].is_insertion)) { return true; }
      done = done - 1;
    }
    return true;
  }

  function redo(): bool {
    is_apart = true;
    if (done == len changes) { return false; }
    var next = changes[done].step;
    while (done != len changes && changes[done].step == next) {
      if (!turn(done, changes[done].is_insertion)) { return true; }
      done = done + 1;
    }
    return true;
  }

  // Put the octets of a change into the text or take them out; the cursor goes there. False if memory
  // is short.
  function turn(index: byte, inserting: bool): bool {
    var c = &changes[index];
    if (!inserting) {
      cursor::before_removal(c->at, c->count);
      pieces::remove(&text, c->at, c->count);
      return true;
    }
    cursor::go_to(c->at);
    if (!pieces::copy(&text, c->at, &kept, c->kept, c->count)) {
      say_short();
      return false;
    }
    cursor::after_insertion(c->count);
    return true;
  }

  function say_short(): void {
    screen::say("memory is short: what was done before cannot be undone");
  }
}
