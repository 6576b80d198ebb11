// Result: 10807
// Initialisers run in order and read zeros from globals that are set later.
global first: byte = second + 1;
global second: byte = seven() + 1;
global text: string = "abcdefg";
global table: (() => byte)[2] = [seven, seven];
global total: byte = table[1]() + len text - 7;
global early: byte = constant;
global constant: byte = 8;
function seven(): byte { return 7; }
function main(): byte { return first * 10000 + early * 100 + total + second - 8; }
