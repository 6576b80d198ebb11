; calls.qasm: the system calls by number. Generated from kernel/syscalls.toml by
; `python -m system assembly`: do not edit.

define machine::SYSCALL 0x80
define machine::DEBUG_INTERRUPT 3

define os::exit 0
define os::read 1
define os::write 2
define os::open 3
define os::close 4
define os::create 5
define os::destroy 6
define os::spawn 7
define os::yield 8
define os::display_open 9
define os::display_flip 10
define os::display_close 11
define os::key_state 12
define os::key_held 13
define os::clock 14
define os::wait 32
define os::own_pid 33
define os::kill 34
define os::sleep 35
define os::seek 36
define os::stat 37
define os::read_directory 38
define os::make_directory 39
define os::rename 40
define os::pipe 41
define os::duplicate 42
define os::change_directory 43
define os::get_directory 44
define os::grow 45
define os::sync 46
define os::list_processes 47
define os::console_mode 48
define os::set_foreground 49
define os::free_space 50
define os::read_packed 51
define os::write_packed 52
define os::interrupted 53
define os::is_console 54
define os::stop 55
define os::resume 56
define os::wait_or_stop 57
