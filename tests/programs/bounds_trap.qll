// Result: 0xE0000001
function at(s: byte[], i: byte): byte { return s[i]; }
function main(): byte { return at("abc", 2) + at("abc", 3); }
