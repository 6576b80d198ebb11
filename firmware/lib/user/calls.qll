// calls.qll: the system calls. Generated from kernel/syscalls.toml by
// `python -m system library`: do not edit.

namespace lib::support {
  .constant global EXIT_SYSCALL: byte = 0;
  .constant global READ_SYSCALL: byte = 1;
  .constant global WRITE_SYSCALL: byte = 2;
  .constant global OPEN_SYSCALL: byte = 3;
  .constant global CLOSE_SYSCALL: byte = 4;
  .constant global CREATE_SYSCALL: byte = 5;
  .constant global DESTROY_SYSCALL: byte = 6;
  .constant global SPAWN_SYSCALL: byte = 7;
  .constant global YIELD_SYSCALL: byte = 8;
  .constant global DISPLAY_OPEN_SYSCALL: byte = 9;
  .constant global DISPLAY_FLIP_SYSCALL: byte = 10;
  .constant global DISPLAY_CLOSE_SYSCALL: byte = 11;
  .constant global KEY_STATE_SYSCALL: byte = 12;
  .constant global KEY_ASCII_SYSCALL: byte = 13;
  .constant global CLOCK_NOW_SYSCALL: byte = 14;
}

namespace os {
  .constant global FAILED: byte = 0xFFFFFFFF;  // what every call returns that failed
  .constant global OUTPUT: byte = 1;  // handle of the output
  .constant global INPUT: byte = 2;  // handle of the input
  .constant global ERROR_OUTPUT: byte = 3;  // handle of the error output
  .constant global FIRST_HANDLE: byte = 16;  // the first handle of files and pipes
  .constant global TERMINAL: byte = 31;  // handle at which the shell gives the console's input to what has another one, in a pipe in front
  .constant global PROCESSES: byte = 64;  // processes at once, at most
  .constant global NAME: byte = 24;  // characters of a file's name, at most: what an entry on the disk has room for
  .constant global ARGUMENTS: byte = 2048;  // octets of an argument text, at most
  .constant global READING: byte = 0;  // mode of `open`
  .constant global WRITING: byte = 1;  // mode of `open`: from nothing
  .constant global APPENDING: byte = 2;  // mode of `open`: at the end
  .constant global FROM_START: byte = 0;  // whence of `seek`
  .constant global FROM_HERE: byte = 1;  // whence of `seek`
  .constant global FROM_END: byte = 2;  // whence of `seek`
  .constant global DIRECTORY: byte = 2;  // flag of a name
  .constant global EXECUTABLE: byte = 4;  // flag of a name
  .constant global LINE: byte = 0;  // mode of the console: a line without newline
  .constant global RAW: byte = 1;  // mode of the console: octets as typed
  .constant global TEXT: byte = 2;  // mode of the console: a line with newline
  .constant global KEYS: byte = 3;  // mode of the console: octets as typed, of ctrl-C and ctrl-Z too
  .constant global CONTROL_C: byte = 3;  // octet of a key: ends what runs in front
  .constant global CONTROL_D: byte = 4;  // octet of a key: the end of the input
  .constant global BACKSPACE: byte = 8;  // octet of a key: erases a character
  .constant global CONTROL_U: byte = 21;  // octet of a key: erases the line
  .constant global CONTROL_Z: byte = 26;  // octet of a key: stops what runs in front
  .constant global DELETE: byte = 127;  // octet of a key: erases a character
  .constant global DEBUG_SPAWNED: byte = 0;  // request of `debug`: what the caller spawns from now on is stopped before it begins, and traced; address 0 ends that
  .constant global DEBUG_ATTACH: byte = 1;  // request of `debug`: trace a process: a child, or one that is stopped and has the same parent
  .constant global DEBUG_DETACH: byte = 2;  // request of `debug`: trace it no more
  .constant global DEBUG_WAIT: byte = 3;  // request of `debug`: wait until it is stopped; fails when it has ended
  .constant global DEBUG_STOP: byte = 4;  // request of `debug`: it stops
  .constant global DEBUG_GO: byte = 5;  // request of `debug`: it goes on
  .constant global DEBUG_STATE: byte = 6;  // request of `debug`: tell its registers and why it stopped, a `traced`
  .constant global DEBUG_SET: byte = 7;  // request of `debug`: set registers and ip from a `traced`; not in the midst of a call
  .constant global DEBUG_READ: byte = 8;  // request of `debug`: copy words of its memory into a buffer, by a `piece`
  .constant global DEBUG_WRITE: byte = 9;  // request of `debug`: copy words of a buffer into its memory, by a `piece`
  .constant global ANY: byte = 0;  // pid for `wait`: any child
  .constant global ANY_OR_KEY: byte = 0xFFFFFFFE;  // pid for `wait`: any child, until ctrl-C is typed
  .constant global FREE_MEMORY: byte = 0;  // words for processes, of `free_space`
  .constant global FREE_HEAP: byte = 1;  // words of the kernel's heap, of `free_space`
  .constant global FREE_SECTORS: byte = 2;  // sectors of the disk, of `free_space`
  .constant global NEW: byte = 0;  // state of a process: without a program yet
  .constant global READY: byte = 1;  // state of a process
  .constant global RUNNING: byte = 2;  // state of a process
  .constant global BLOCKED: byte = 3;  // state of a process: it waits
  .constant global ZOMBIE: byte = 4;  // state of a process: its parent has yet to wait
  .constant global ENDING: byte = 5;  // state of a process: ended, and it still holds something
  .constant global STOPPED: byte = 6;  // state of a process: it runs no more until `resume`
  .constant global SERIAL_LINE: byte = 0;  // place of the console
  .constant global DISPLAY: byte = 1;  // place of the console: with the keyboard
  .constant global ASK: byte = 2;  // place of the console: where it is
  .constant global MISUSED: byte = 2;  // status: the command line was wrong
  .constant global NO_PROGRAM: byte = 127;  // status: no such program
  .constant global FAULTED: byte = 128;  // status: ended by a fault or an unknown call
  .constant global INTERRUPTED: byte = 130;  // status: ended by ctrl-C
  .constant global KILLED: byte = 143;  // status: ended by `kill`

  // What `stat` tells; `free` counts the sectors of the disk.
  type status = struct {
    flags: byte; size: byte; sectors: byte; free: byte;
  };
  // What `read_directory` tells.
  type listed = struct {
    flags: byte; size: byte; name: byte[NAME];
  };
  // What `list_processes` tells of each.
  type process_status = struct {
    pid: byte; parent: byte; state: byte; ticks: byte; words: byte; name: byte[NAME];
  };
  // What DEBUG_STATE tells: the reason is 0 unless it did something wrong, and `why` says it in words.
  type traced = struct {
    registers: byte[64]; ip: byte; reason: byte; why: byte[32];
  };
  // What DEBUG_READ and DEBUG_WRITE copy: at most 256 words of a process from an address, and the caller's buffer.
  type piece = struct {
    at: byte; words: byte; buffer: byte;
  };

  // Does not return.
  function exit(status: byte): byte {
    return lib::support::syscall1(0, status);
  }

  // Count, 0 at the end; -1 on failure.
  function read(handle: byte, buffer: string): byte {
    return lib::support::syscall2(1, handle, <unsafe byte>&buffer);
  }

  // Count; -1 on failure.
  function write(handle: byte, text: string): byte {
    return lib::support::syscall2(2, handle, <unsafe byte>&text);
  }

  // Handle; modes: 0 read, 1 write from nothing, 2 append; -1 on failure.
  function open(name: string, mode: byte): byte {
    var name_text = terminated(name);
    var result = lib::support::syscall2(3, <unsafe byte>name_text, mode);
    delete name_text;
    return result;
  }

  // 0; -1 on failure.
  function close(handle: byte): byte {
    return lib::support::syscall1(4, handle);
  }

  // 0; -1 on failure.
  function create(name: string): byte {
    var name_text = terminated(name);
    var result = lib::support::syscall1(5, <unsafe byte>name_text);
    delete name_text;
    return result;
  }

  // 0; a file or an empty directory; -1 on failure.
  function destroy(name: string): byte {
    var name_text = terminated(name);
    var result = lib::support::syscall1(6, <unsafe byte>name_text);
    delete name_text;
    return result;
  }

  // Pid; handles: null to share 1 to 3, or a count and pairs of child's and own handle; 3 is shared if no pair names it; -1 on failure.
  function spawn(name: string, arguments: string, handles: * byte): byte {
    var name_text = terminated(name);
    var result = lib::support::syscall3(7, <unsafe byte>name_text, <unsafe byte>&arguments, <unsafe byte>handles);
    delete name_text;
    return result;
  }

  // 0; -1 on failure.
  function yield(): byte {
    return lib::support::syscall(8);
  }

  // 0; the answer is framebuffer, width, height; sizes 0 for the device's own; -1 on failure.
  function display_open(answer: * byte, width: byte, height: byte): byte {
    return lib::support::syscall3(9, <unsafe byte>answer, width, height);
  }

  // 0; -1 on failure.
  function display_flip(): byte {
    return lib::support::syscall(10);
  }

  // 0; -1 on failure.
  function display_close(): byte {
    return lib::support::syscall(11);
  }

  // Bits of the keys held; -1 on failure.
  function key_state(): byte {
    return lib::support::syscall(12);
  }

  // 1 or 0; -1 on failure.
  function key_held(code: byte): byte {
    return lib::support::syscall1(13, code);
  }

  // Milliseconds; -1 on failure.
  function clock(): byte {
    return lib::support::syscall(14);
  }

  // Pid of the child that ended; pid ANY waits for any, ANY_OR_KEY too but gives 0 for ctrl-C; a null address drops the status; -1 on failure.
  function wait(pid: byte, status: * byte): byte {
    return lib::support::syscall2(32, pid, <unsafe byte>status);
  }

  // Pid; -1 on failure.
  function own_pid(): byte {
    return lib::support::syscall(33);
  }

  // 0; itself or a descendant only; -1 on failure.
  function kill(pid: byte): byte {
    return lib::support::syscall1(34, pid);
  }

  // 0; -1 on failure.
  function sleep(ms: byte): byte {
    return lib::support::syscall1(35, ms);
  }

  // Position in octets; whence: 0 from the start, 1 from here, 2 from the end; reading only; -1 on failure.
  function seek(handle: byte, offset: byte, whence: byte): byte {
    return lib::support::syscall3(36, handle, offset, whence);
  }

  // 0; the answer is flags (2 directory, 4 executable), size, sectors, free sectors; -1 on failure.
  function stat(name: string, answer: * byte): byte {
    var name_text = terminated(name);
    var result = lib::support::syscall2(37, <unsafe byte>name_text, <unsafe byte>answer);
    delete name_text;
    return result;
  }

  // 1, or 0 at the end; the answer is flags, size, name of 24 words; -1 on failure.
  function read_directory(handle: byte, answer: * byte): byte {
    return lib::support::syscall2(38, handle, <unsafe byte>answer);
  }

  // 0; -1 on failure.
  function make_directory(name: string): byte {
    var name_text = terminated(name);
    var result = lib::support::syscall1(39, <unsafe byte>name_text);
    delete name_text;
    return result;
  }

  // 0; replaces a file; -1 on failure.
  function rename(old: string, changed: string): byte {
    var old_text = terminated(old);
    var changed_text = terminated(changed);
    var result = lib::support::syscall2(40, <unsafe byte>old_text, <unsafe byte>changed_text);
    delete old_text;
    delete changed_text;
    return result;
  }

  // 0; the answer is the handle to read from and the one to write to; -1 on failure.
  function pipe(answer: * byte): byte {
    return lib::support::syscall1(41, <unsafe byte>answer);
  }

  // Another handle for the same; -1 on failure.
  function duplicate(handle: byte): byte {
    return lib::support::syscall1(42, handle);
  }

  // 0; -1 on failure.
  function change_directory(name: string): byte {
    var name_text = terminated(name);
    var result = lib::support::syscall1(43, <unsafe byte>name_text);
    delete name_text;
    return result;
  }

  // Length of the whole text; -1 on failure.
  function get_directory(buffer: string): byte {
    return lib::support::syscall1(44, <unsafe byte>&buffer);
  }

  // Old end of the grown heap; -1 on failure.
  function grow(words: byte): byte {
    return lib::support::syscall1(45, words);
  }

  // 0; -1 on failure.
  function sync(): byte {
    return lib::support::syscall(46);
  }

  // Count; for each 29 words: pid, parent, state, time slices, words of memory, name of 24; -1 on failure.
  function list_processes(answer: * byte, most: byte): byte {
    return lib::support::syscall2(47, <unsafe byte>answer, most);
  }

  // Mode before; 0 lines without newline, 1 raw, 2 lines with newline, 3 raw and ctrl-C and ctrl-Z keys like others; -1 on failure.
  function console_mode(mode: byte): byte {
    return lib::support::syscall1(48, mode);
  }

  // 0; ctrl-C ends foreground processes; a child, or 0 for all that are spawned from now on; -1 on failure.
  function set_foreground(pid: byte, on: byte): byte {
    return lib::support::syscall2(49, pid, on);
  }

  // Free words (0: for processes, 1: of the kernel's heap) or sectors (2); -1 on failure.
  function free_space(what: byte): byte {
    return lib::support::syscall1(50, what);
  }

  // Count of octets, which lie four a word; from a pipe, or a file from a position that is a multiple of 4; -1 on failure.
  function read_packed(handle: byte, buffer: * byte, words: byte): byte {
    return lib::support::syscall3(51, handle, <unsafe byte>buffer, words);
  }

  // Count of octets, which lie four a word; to a pipe, or a file at a size that is a multiple of 4; -1 on failure.
  function write_packed(handle: byte, buffer: * byte, octets: byte): byte {
    return lib::support::syscall3(52, handle, <unsafe byte>buffer, octets);
  }

  // 1 if ctrl-C was typed that ended nobody, and with it goes what was typed before; else 0; only with the console as input; -1 on failure.
  function interrupted(): byte {
    return lib::support::syscall(53);
  }

  // 1 if the handle leads to the console, else 0; -1 on failure.
  function is_console(handle: byte): byte {
    return lib::support::syscall1(54, handle);
  }

  // 0; itself or a descendant, and all that descend from it, run no more until `resume`; -1 on failure.
  function stop(pid: byte): byte {
    return lib::support::syscall1(55, pid);
  }

  // 0; a descendant and all of its own go on: in front, or behind, where to read the console stops them; -1 on failure.
  function resume(pid: byte, in_front: byte): byte {
    return lib::support::syscall2(56, pid, in_front);
  }

  // Pid of the child when it has ended, or 0 when it is stopped; ctrl-Z stops what is in front while somebody waits so; -1 on failure.
  function wait_or_stop(pid: byte, status: * byte): byte {
    return lib::support::syscall2(57, pid, <unsafe byte>status);
  }

  // 0; the answer is cycles and instructions of the machine since reset, two words each, the low one first; -1 where no counters are fitted; -1 on failure.
  function counters(answer: * byte): byte {
    return lib::support::syscall1(58, <unsafe byte>answer);
  }

  // Does not return: all ends, and the machine starts again; the first process only; -1 on failure.
  function restart(): byte {
    return lib::support::syscall(59);
  }

  // 0; what a debugger does to a process that it traces: the requests are DEBUG_SPAWNED and the like; -1 on failure.
  function debug(pid: byte, request: byte, address: byte): byte {
    return lib::support::syscall3(60, pid, request, address);
  }

  // How many octets were typed on the serial line and not read yet; -1 if the handle is not the console's input; -1 on failure.
  function typed(handle: byte): byte {
    return lib::support::syscall1(61, handle);
  }

  // Where the console is now: `SERIAL_LINE` or `DISPLAY`; it goes there, or stays for `ASK`; -1 on failure.
  function screen(where: byte): byte {
    return lib::support::syscall1(62, where);
  }
}
