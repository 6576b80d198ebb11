"""The library on the golden model: small programs, with what they must print."""

import pytest

from tests.support.qll import build, run

SHOW = """
function show(n: byte): void { std::fmt::print([std::fmt::fu(n), std::fmt::fs(" ")]); }
function text(s: string): void {
  std::fmt::print([std::fmt::fs("["), std::fmt::fs(s), std::fmt::fs("]")]);
}
"""

CASES = {
    # --- heap ---------------------------------------------------------------------------------
    "first_allocation_is_behind_its_header": ("""
        function main(): byte {
          show(<unsafe byte>std::heap);
          var p = system::alloc(10);
          show(<unsafe byte>p);
          show(<unsafe byte>system::alloc(10) - <unsafe byte>p);
          show(<unsafe byte>system::alloc(0) - <unsafe byte>p);
          show(<unsafe byte>system::alloc(0) - <unsafe byte>p);
          return 0;
        }""", "0 32771 13 26 29 "),
    "sixty_five_allocations_of_a_thousand_words_succeed": ("""
        function main(): byte {
          var n = 0;
          while (system::alloc(1000)) { n = n + 1; }
          return n;
        }""", 65),
    "first_block_that_fits_is_taken": ("""
        function main(): byte {
          var a = system::alloc(100); var b = system::alloc(50); var c = system::alloc(100);
          system::dealloc(a);
          system::dealloc(c);
          show(system::alloc(101) == c ? 1 : 0);
          show(system::alloc(100) == a ? 1 : 0);
          system::dealloc(b);
          show(system::alloc(1) == b ? 1 : 0);
          return 0;
        }""", "1 1 1 "),
    "small_rest_stays_with_its_block": ("""
        function rest(kept: byte): byte {    // words between the next two allocations
          var a = system::alloc(1000); var b = system::alloc(1);
          system::dealloc(a);
          var c = system::alloc(1000 - kept);
          var d = system::alloc(1);
          var distance = <unsafe byte>d - <unsafe byte>c;
          system::dealloc(c); system::dealloc(b); system::dealloc(d);
          return distance;
        }
        function main(): byte { show(rest(259)); show(rest(260)); return 0; }
        """, "1007 743 "),
    "freed_neighbours_become_one": ("""
        function main(): byte {
          var a = system::alloc(300); var b = system::alloc(300); var c = system::alloc(300);
          system::alloc(1);
          system::dealloc(b); system::dealloc(a); system::dealloc(c);
          system::dealloc(null);
          return system::alloc(906) == a ? 1 : 0;
        }""", 1),
    "everything_freed_is_one_block_again": ("""
        function main(): byte {
          var a = system::alloc(300); var b = system::alloc(300);
          system::dealloc(a); system::dealloc(b);
          return std::blocks->size == std::HEAP_SIZE - 3 && !std::blocks->next ? 1 : 0;
        }""", 1),
    # --- std ----------------------------------------------------------------------------------
    "copy_goes_by_capacity_and_length": ("""
        function main(): byte {
          var a: byte[6] = [1, 2, 3, 4, 5, 6]; var b: byte[4];
          var d: byte[] = b;
          std::copy<byte>(d, a[2:]);
          show(b[0]); show(b[3]); show(len d);
          std::copy<byte>(d, a[:2]);
          show(b[0]); show(b[1]); show(b[2]);
          return 0;
        }""", "3 6 4 1 2 5 "),
    "copy_checks_the_length_of_the_destination": ("""
        function main(): byte {
          var b: byte[4]; var d: byte[] = b;
          len d = 1;
          std::copy<byte>(d, "xy");
          return 0;
        }""", 0xE0000001),
    "unsafe_copy_copies": ("""
        type pair = struct { a: byte; b: byte; };
        function main(): byte {
          var from: pair[2] = [pair { a = 1, b = 2 }, pair { a = 3, b = 4 }]; var to: pair[2];
          std::unsafe_copy<pair>(&to[0], &from[0], 2);
          return to[0].a * 1000 + to[0].b * 100 + to[1].a * 10 + to[1].b;
        }""", 1234),
    "slice_type_has_the_shape_of_a_slice": ("""
        function main(): byte {
          var a: string = "abc";
          var s: std::slice<byte> = a;
          s.length = 2;
          var t: string = s;
          return len t * 100 + cap t * 10 + (s.pointer == &t[0] ? 1 : 0);
        }""", 231),
    "min_and_max_are_unsigned": ("""
        function main(): byte {
          show(std::math::min(-1, 2)); show(std::math::max(3, 2)); show(std::math::min(5, 5));
          return std::math::max(-1, 2);
        }""", 0xFFFFFFFF, "2 3 5 "),
    # --- lists --------------------------------------------------------------------------------
    "lists_grow_shrink_and_wrap": ("""
        type node = struct { v: byte; next: * node; };
        global seen: byte = 0;
        function see(n: * node): void { seen = seen * 10 + n->v; n->next = null; }
        function main(): byte {
          var a = node { v = 1 }; var b = node { v = 2 }; var c = node { v = 3 };
          var list: * node = null;
          var none: * (* node) = null;
          show(std::ilist::add(none, &a));
          show(std::ilist::length(list));
          show(std::ilist::add(&list, &a));
          std::ilist::add(&list, &b); std::ilist::add(&list, &c);
          show(std::ilist::next(list, &a)->v);
          show(std::ilist::next(list, &c)->v);
          std::ilist::remove(&list, &b);
          show(std::ilist::length(list));
          show(b.next == &c);
          show(std::ilist::next(list, &b) == null ? 1 : 0);
          std::ilist::remove(&list, &b);
          std::ilist::remove(&list, &a);
          show(list == &c);
          c.next = &a; a.next = null;
          std::ilist::foreach(list, see);
          return seen;
        }""", 3, "0 0 1 2 1 2 1 1 1 "),
    # --- vectors ------------------------------------------------------------------------------
    "vectors_grow_and_forget": ("""
        type point = struct { x: byte; y: byte; };
        global sum: byte = 0;
        function tally(p: point): void { sum = sum * 100 + p.x * 10 + p.y; }
        function right_of(p: point, x: byte): bool { return p.x > x; }
        function main(): byte {
          var v = std::vector::create<point>(1);
          show(len v); show(cap v);
          for (var i = 1; i < 6; i = i + 1) { std::vector::add(&v, point { x = i, y = i + 1 }); }
          show(len v); show(cap v);
          std::vector::remove(&v, 0);
          std::vector::remove(&v, 3);
          std::vector::foreach(v, tally);
          show(sum);
          show(std::vector::find_by(v, right_of, 3));
          show(std::vector::find_by(v, right_of, 4) == -1 ? 1 : 0);
          std::vector::remove_by(&v, right_of, 2);
          std::vector::remove_by(&v, right_of, 20);
          show(len v); show(v[1].x);
          std::vector::destroy(v);
          return 0;
        }""", "0 1 5 8 233445 2 1 2 4 "),
    "vectors_find_equal_elements": ("""
        function main(): byte {
          var v = std::vector::from_array<byte>([4, 5, 6, 5]);
          show(len v); show(cap v); show(std::vector::find(v, 5));
          return std::vector::find(v, 7);
        }""", 0xFFFFFFFF, "4 4 1 "),
    "from_array_shares_the_data": ("""
        function main(): byte {
          var a: byte[2] = [1, 2];
          var v = std::vector::from_array<byte>(a);
          v[1] = 9;
          return a[1];
        }""", 9),
    "vector_without_capacity_traps_on_add": ("""
        function main(): byte {
          var v = std::vector::create<byte>(0);
          std::vector::add(&v, 1);
          return 1;
        }""", 0xE0000002),
    "removing_beyond_the_end_traps": ("""
        function main(): byte {
          var v = std::vector::create<byte>(3);
          std::vector::add(&v, 1);
          std::vector::remove(&v, 1);
          return 1;
        }""", 0xE0000001),
    "growing_frees_the_old_memory": ("""
        function main(): byte {
          var v = std::vector::create<byte>(300);
          len v = 300;
          var old = v;
          std::vector::add(&v, 7);
          return &(new byte[300])[0] == &old[0] && cap v == 600 && v[300] == 7 ? 1 : 0;
        }""", 1),
    # --- strings ------------------------------------------------------------------------------
    "strings_are_copied_and_joined": ("""
        function main(): byte {
          var s = "abc";
          var t = std::str::from_string(s);
          t[0] = 'x';
          text(s); text(t); text(std::str::concat(t, "")); text(std::str::concat("", s));
          text(std::str::concat("de", "fgh")); text(std::str::from_string(""));
          return 0;
        }""", "[abc][xbc][xbc][abc][defgh][]"),
    "strings_are_changed_in_place": ("""
        function main(): byte {
          var a = "aZ09[`{@z"; var b = "abcd"; var c = "abcde"; var d: string = "";
          std::str::to_upper(a); text(a);
          std::str::to_lower(a); text(a);
          std::str::reverse(b); text(b);
          std::str::reverse(c); text(c);
          std::str::reverse(d); text(d);
          return 0;
        }""", "[AZ09[`{@Z][az09[`{@z][dcba][edcba][]"),
    "strings_are_compared": ("""
        function main(): byte {
          show(std::str::equal("abc", "abc")); show(std::str::equal("abc", "abd"));
          show(std::str::equal("abc", "ab")); show(std::str::equal("", ""));
          show(std::str::starts_with("abc", "ab")); show(std::str::starts_with("abc", "abcd"));
          show(std::str::starts_with("abc", "b")); show(std::str::starts_with("abc", ""));
          show(std::str::ends_with("abc", "bc")); show(std::str::ends_with("abc", "xabc"));
          show(std::str::ends_with("abc", "b")); show(std::str::ends_with("", ""));
          show(std::str::index_of("abcb", 'b'));
          return std::str::index_of("abc", 'x');
        }""", 0xFFFFFFFF, "1 0 0 1 1 0 0 1 1 0 0 1 1 "),
    "numbers_need_a_spare_element": ("""
        function main(): byte {
          var b3: byte[3]; var b4: byte[4]; var b1: byte[1]; var b2: byte[2]; var b0: byte[];
          text(std::str::utoa(123, b3, 10)); text(std::str::utoa(123, b4, 10));
          text(std::str::utoa(0, b1, 10)); text(std::str::utoa(0, b2, 10));
          text(std::str::utoa(0, b0, 10));
          text(std::str::itoa(-12, b3, 10)); text(std::str::itoa(-123, b3, 10));
          text(std::str::itoa(12, b2, 10)); text(std::str::itoa(-123, b4, 10));
          return 0;
        }""", "[][123][][0][][-12][][][-123]"),
    "numbers_use_the_capacity_and_keep_the_length": ("""
        function main(): byte {
          var b: byte[12]; var s: string = b;
          len s = 1;
          text(std::str::ntoa(987654, s, 10)); show(len s); text(b[:7]);
          return b[6];
        }""", 0, "[987654]1 [987654\0]"),
    "numbers_in_any_base": ("""
        function main(): byte {
          var b: byte[33]; var c: byte[34];
          text(std::str::utoa(-1, b, 2)); text(std::str::utoa(-1, b, 16));
          text(std::str::utoa(0xbeef, b, 36)); text(std::str::utoa(9, b, 8));
          var least: int = 0x80000000;
          text(std::str::itoa(least, b, 10)); text(std::str::itoa(least, c, 2));
          text(std::str::itoa(-255, b, 16)); text(std::str::itoa(0, b, 10));
          text(std::str::utoa(5, b, 1)); text(std::str::utoa(5, b, 0));
          return 0;
        }""", "[" + "1" * 32 + "][ffffffff][11pr][11][-2147483648][-1" + "0" * 31
              + "][-ff][0][][0]"),
    # --- fmt ----------------------------------------------------------------------------------
    "items_are_structs_of_eight_words": ("""
        function main(): byte {
          var item = std::fmt::fs("abc");
          show(sizeof std::fmt); show(item.fmt_type); show(len item.s);
          show(std::fmt::fu(7).n); show(std::fmt::fu(7).fmt_type);
          show(<unsafe byte>std::fmt::fi(-7).i); show(std::fmt::fi(-7).fmt_type);
          show(<unsafe byte>std::fmt::fp(<unsafe * byte>5).p);
          show(std::fmt::fp(null).fmt_type);
          show(std::fmt::nl.s[0]); show(len std::fmt::nl.s);
          var p = &item;
          var words = <unsafe * byte>p;
          return words[unsafe 0] * 100 + words[unsafe 5] * 10 + words[unsafe 6];
        }""", 133, "8 1 3 7 2 4294967289 3 5 4 10 1 "),
    "base_can_be_set": ("""
        function main(): byte {
          var u = std::fmt::fu(255); var i = std::fmt::fi(-255); var p = std::fmt::fp(null);
          u.base = 16; i.base = 2; p.base = 10;
          return std::fmt::print([u, std::fmt::nl, i, std::fmt::nl, p, std::fmt::fs("")]);
        }""", 1, "ff\n-11111111\n0"),
    "printing_stops_at_what_does_not_fit_or_is_unknown": ("""
        function main(): byte {
          var u = std::fmt::fu(-1); u.base = 2;
          show(std::fmt::print([u]));
          u.base = 1;
          show(std::fmt::print([std::fmt::fs("a"), u, std::fmt::fs("b")]));
          u.fmt_type = 5;
          return std::fmt::print([std::fmt::fs("c"), u, std::fmt::fs("d")]);
        }""", 0, "1" * 32 + "1 a0 c"),
    # --- devices ------------------------------------------------------------------------------
    "clock_counts": ("""
        function main(): byte {
          var start = clock::now();
          std::wait_while(<unsafe * byte>clock::_CLOCK_BASE, start);
          return clock::now() - start;
        }""", 1),
    "input_gives_lines_and_then_an_error": ("""
        function main(): byte {
          var b: byte[8];
          show(std::console::input(b)); text(b[:5]); show(len b);
          show(std::console::input(b[2:]));  text(b);
          return std::console::input(b);
        }""", 0xFFFFFFFF, "5 [hello]8 2 [heyoo\0\0\0]", ["hello", "yo"]),
    "input_must_fit_the_length_but_is_cut_at_the_capacity": ("""
        function main(): byte {
          var b: byte[4];
          show(std::console::input(b)); text(b);
          var s: string = b;
          len s = 2;
          return std::console::input(s);
        }""", 0xE0000001, "4 [long]", ["longer", "xyz"]),
    "colours_are_packed": ("""
        function main(): byte {
          show(graphics::rgb(1, 2, 3) == 0xff010203);
          show(graphics::rgba(255, 0, 0, 128) == 0x80ff0000);
          show(graphics::color::GRAY == 0xff808080);
          show(graphics::color::MAGENTA == 0xffff00ff);
          return 0;
        }""", "1 1 1 1 "),
}


@pytest.mark.parametrize("name", CASES)
def test_library(name):
    source, *expected = CASES[name]
    stdin = expected.pop() if isinstance(expected[-1], list) else []
    r0 = expected.pop(0) if isinstance(expected[0], int) else 0
    outcome = run(build([SHOW + source], "bare"), stdin)
    assert outcome.output == (expected[0] if expected else "")
    assert outcome.r0 == r0
