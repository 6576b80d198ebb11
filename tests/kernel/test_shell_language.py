"""The shell as a language: what it makes of lines and scripts, and what it says of mistakes."""

from array import array

import pytest

from tests.support.live import PROMPT, Live
from tests.support.system import boot, system
from toolchain.qfs import Image


@pytest.fixture(scope="module")
def live():
    """One machine for all short cases: each leaves it at a prompt."""
    machine = Live.wide()
    machine.command("cd /tmp; mkdir d; touch a.c b.c c.h .hidden d/x.c 'odd *'; cd /")
    return machine


@pytest.mark.parametrize("line, said", [
    # variables and quotes
    ("x=5; echo $x \"<$x>\" '$x' \\$x ${x}y", "5 <5> $x $x 5y"),
    ("x='a  b'; echo $x \"$x\" $x$x", "a b a  b a ba b"),
    ("x=; echo a $x \"$x\" b $none c", "a  b c"),
    ("x=a=b; echo $x; x=$x$x; echo $x", "a=b\na=ba=b"),
    ("x='*'; echo \"$x\" '*' \\*", "* * *"),
    ("x=ü日; echo ${#x} ${x#ü} ${x%?}", "2 日 ü"),
    ("x=; echo ${x:-a} ${x:+b} ${x:=c} $x ${x:+d}", "a c c d"),
    ("x=/bin/a.b.c; echo ${x%.*} ${x%%.*} ${x#*/} ${x##*/}", "/bin/a.b /bin/a bin/a.b.c a.b.c"),
    ("x=\"a 'b' \\\"c\\\" \\\\ \\x\"; echo \"$x\"", "a 'b' \"c\" \\ \\x"),
    ("echo a\"b c\"'d e'f # not this", "ab cd ef"),
    ("echo $ $% a$", "$ $% a$"),
    ("unset x; echo \"<$x>\"", "<>"),
    # $(…) and numbers
    ("echo $(echo a; echo b) \"$(echo 'c  d')\" $(true)e", "a b c  d e"),
    ("echo $(echo $(echo \"in) side\"))", "in) side"),
    ("x=$(false); echo $?; x=$(echo hi | cat); echo $x$?", "1\nhi0"),
    ("x=1; echo $(x=2; echo $x) $x", "2 1"),
    ("cd /bin; echo $(cd /tmp; pwd); pwd; cd /", "/tmp\n/bin"),
    ("x=7; echo $((x * 2 + $x)) $((-7 / 2)) $((7 % -4)) $((1 << 4 | 3 & 2))", "21 -3 3 18"),
    ("echo $((2 + 3 * (4 - 1))) $((1 < 2 && 3 != 3 || 5 >= 5)) $((!0)) $((~5)) $((0x1F ^ 1))",
     "11 1 1 -6 30"),
    # names of files
    ("cd /tmp; echo *.c *.[ch] [!a]*.c ?.h; cd /", "a.c b.c a.c b.c c.h b.c c.h"),
    ("echo /tmp/*/x.* /t*p/[a-b].c /tmp/.h* /none/*",
     "/tmp/d/x.c /tmp/a.c /tmp/b.c /tmp/.hidden /none/*"),
    ("cd /tmp; for i in o*; do echo \"<$i>\"; done; echo '*'.c \"a\"*; cd /", "<odd *>\n*.c a.c"),
    ("echo /tmp/*/ //tmp//d//*", "/tmp/d/ //tmp//d//x.c"),
    # lists
    ("true && false || echo or; ! true; echo $?; ! false; echo $?", "or\n1\n0"),
    ("{ echo a; echo b; } | cat; (x=9; exit 3); echo $? $x", "a\nb\n3 7"),
    ("{ echo out; nosuch; } > /tmp/f 2>&1; cat /tmp/f", "out\nsh: no such program: nosuch"),
    ("echo one > /tmp/f; while read a; do echo <$a>; done < /tmp/f; echo '<' > /tmp/g", None),
    # if, while, until, for, case
    ("if false; then echo 1; elif true; then echo 2; else echo 3; fi", "2"),
    ("if false; then echo 1; elif false; then echo 2; else echo 3; fi; echo $?", "3\n0"),
    ("if false; then echo; fi; echo $?", "0"),
    ("i=0; while [ $i -lt 3 ]; do echo $i; i=$((i + 1)); done", "0\n1\n2"),
    ("until [ $i -eq 0 ]; do i=$((i - 1)); done; echo $i", "0"),
    ("for i in a b; do for j in 1 2 3; do if [ $j = 2 ]; then continue 2; fi; echo $i$j; "
     "done; done", "a1\nb1"),
    ("for i in 1 2 3; do if [ $i = 2 ]; then break; fi; echo $i; done; echo end$i", "1\nend2"),
    ("for i in; do echo never; done; for i in $none; do echo never; done; echo $?", "0"),
    ("for w in apple 'b*' x; do case $w in a*|x) echo A;; 'b*') echo B;; *) echo other;; "
     "esac; done", "A\nB\nA"),
    ("case x in y) echo never;; esac; echo $?", "0"),
    ("echo 'a b c' | while read x y; do echo \"$y-$x\"; done", "b c-a"),
    # functions and arguments
    ("f() { echo \"$# $1 $*\"; return 4; }; f 'x y' z; echo $?", "2 x y x y z\n4"),
    ("set -- 'a b' c; for i in \"$@\"; do echo \"<$i>\"; done; for i in $@; do echo $i; done",
     "<a b>\n<c>\na\nb\nc"),
    ("shift; echo $1 $#; shift; echo \"<$@>\" $#", "c 1\n<> 0"),
    ("count() { echo $#; }; count \"$@\" \"$*\"; count \"\" '' $none", "1\n2"),
    ("f() { if [ $1 -gt 0 ]; then echo $1; f $(($1 - 1)); fi; }; f 3 | cat", "3\n2\n1"),
    ("f() { f() { echo new; }; echo old; }; f; f; unset f; f", "old\nnew\nsh: no such program: f"),
    # test
    ("[ -d /tmp -a -f /tmp/a.c ] && echo yes; [ -s /tmp/a.c ] || echo empty; test ! -e /no; "
     "echo $?", "yes\nempty\n0"),
    ("[ abc = abc ]; echo $?; [ a != a ]; echo $?; [ '' ]; echo $?; [ -n x -a -z '' ]; echo $?",
     "0\n1\n1\n0"),
    ("[ -5 -le 3 ]; echo $?; [ 10 -gt 9 ]; echo $?; [ ]; echo $?", "0\n0\n1"),
    # mistakes, and the statuses that they leave
    ("[ 1 -eq x ]; echo $?; [ a b c ]; echo $?; [ a", "test: not a number: x\n2\n"
     "test: no such operator: b\n2\n[: ']' is missing"),
    ("echo a; ) echo b", "sh: out of place: )"),
    ("fi", "sh: out of place: fi"),
    ("if ; then", "sh: a command is missing"),
    ("for 1 in a; do b; done", "sh: a variable's name is missing"),
    ("a() b", "sh: behind () comes what the function does, in { }"),
    ("x=1 echo", "sh: put ';' behind an assignment: a program has no variables: x=1"),
    ("echo $((1 / 0)); echo $?; echo $((2 +)); echo $((x y))", "sh: division by zero: 1 / 0\n1\n"
     "sh: a number is missing: 2 +\nsh: a number or an operator is out of place: x y"),
    ("x=abc; echo $((x + 1)) never", "sh: not a number: x + 1"),
    ("echo ${x!} never", "sh: cannot be understood: ${: x!"),
    ("break; return 1; shift 5", "break: no loop runs\nreturn: no function or script runs\n"
     "shift: there are not so many arguments"),
    ("f() { f; }; f; echo $?", "sh: functions are nested too deep"),
    ("(((((((((( echo deep ))))))))))", "deep"),
    ("x=0123456789; while true; do x=$x$x; if [ ${#x} -gt 200000 ]; then break; fi; done",
     "sh: the memory for texts is full"),
    ("echo 'echo from $((40 + 2))' | sh; echo $?; sh < /none",
     "from 42\n0\nsh: cannot open: /none"),
    ("echo alive; unset x", "alive"),
])
def test_lines(live, line, said):
    found = live.command(line, 30_000_000)
    if said is not None:
        assert found == f"{said}\n"


def script(live, text):
    """What a script says, which is put together on the machine."""
    name = "/tmp/s"
    live.command(f"echo > {name}")
    for row in text.split("\n"):
        live.command("echo '" + row.replace("'", "'\\''") + f"' >> {name}")
    return live.command(f"{name} one 'two words'; echo $?")


def test_a_script_has_arguments_and_a_name(live):
    said = script(live, 'echo $0 $# "$2"\nx=$1\nexit 7')
    assert said == "/tmp/s 2 two words\n7\n"
    assert live.command("echo $x$# | wc").split() == ["1", "1", "2"]


def test_mistakes_in_a_script_have_a_place(live):
    said = script(live, "true &&\\\n  nosuch\nf() {\n  cat < /none\n}\nf\n(nosuch)\n"
                        "echo $(nosuch)\nif true\nthen\n  echo )")
    assert said == ("/tmp/s:3: no such program: nosuch\n/tmp/s:5: cannot open: /none\n"
                    "/tmp/s:8: no such program: nosuch\n/tmp/s:9: no such program: nosuch\n\n"
                    "/tmp/s:12: out of place: )\n2\n")


def test_a_script_that_is_taken_in_leaves_what_it_sets(live):
    script(live, "seen=$1\nfound=here\nreturn 5\nfound=not")
    assert live.command(". /tmp/s; echo $? $found $seen; . /none; echo $?") == (
        "5 here\nsh: cannot open: /none\n1\n")


def test_a_line_goes_on_until_it_is_whole(live):
    live.type("for i in 1 2\rdo echo \\\r$i'\r'$i\rdone\r")
    assert live.until("2\n2\n").endswith("> done\n1\n1\n2\n2\n")
    live.until(PROMPT)
    live.type("if true\rthen\r\x03echo free\r")
    live.until("\nfree\n")
    live.until(PROMPT)


@pytest.mark.parametrize("line", [
    "while true; do :; done", "while true; do x=$x; done", "for i in 1 2 3; do sleep 1000; done",
    "f() { sleep 1000; f; }; f", "x=$(sleep 1000)", "while true; do echo x; done > /tmp/f",
    "while true; do true | cat; done", "(while true; do :; done)", "read x",
    "sleep 1000; sleep 1000",
    "while true; do x=$(echo /bin/*); done", "while true; do :; done | cat", ". /tmp/loop",
])
def test_control_c_ends_a_whole_line(live, line):
    live.command("echo 'while true; do :; done' > /tmp/loop")
    for delay in (10_000, 100_000, 400_000, 2_000_000):
        live.type(f"{line}\r")
        live.run(200_000 + delay)
        live.type("\x03")
        live.until(PROMPT, 30_000_000)
    assert live.command("echo $?") == "130\n"
    assert live.command("echo alive") == "alive\n"


def test_a_loop_that_is_ended_leaves_nothing_behind(live):
    rows = live.command("/bin/ps").split("\n")
    assert [row.split()[-1] for row in rows[1:-1]] == ["sh", "ps"]


def test_the_profile_is_carried_out_first():
    image = Image(array("I", system().disk.read_bytes()))
    image.write("/.profile", b"cd /tmp\nhi() { echo hello $1; }\nnosuch\n")
    session = boot("hi you; pwd", disk=image.words.tobytes())
    assert "/.profile:3: no such program: nosuch\n" in session.text
    assert "hello you\n/tmp\n" in session.text


def test_what_is_no_script_is_refused():
    session = boot("sh /none; echo $?", "sh -s; echo $?", "sh -Z; echo $?", "sh -c; echo $?")
    lines = session.lines()
    assert "sh: cannot open: /none" in lines and "sh: no shell sent anything to do" in lines
    assert lines.count("usage: sh [-c COMMANDS [NAME]] [FILE] [WORD...]") == 2
    assert [line for line in lines if line in ("127", "2")] == ["127", "2", "2", "2"]
