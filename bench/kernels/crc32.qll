// crc32: bitwise CRC-32 of 1,024 octets, one octet a word.
//
// Expect: 0xc35519de

global buffer: byte[1024] = [0; 1024];
global seed: byte = 0;

function random(): byte {
  seed = seed * 1664525 + 1013904223;
  return seed;
}

// The machine has no exclusive or.
function xor(a: byte, b: byte): byte { return (a | b) - (a & b); }

.export function kernel(): byte {
  seed = 12345;
  for (var i = 0; i < 1024; i = i + 1) { buffer[i] = random() >> 24; }
  var crc: byte = 0xffffffff;
  for (var i = 0; i < 1024; i = i + 1) {
    crc = xor(crc, buffer[i]);
    for (var bit = 0; bit < 8; bit = bit + 1) {
      // The polynomial if the lowest bit is set, else 0.
      crc = xor(crc >> 1, (crc & 1) * 0xEDB88320);
    }
  }
  return -1 - crc;
}

function main(): byte {
  kernel();
  return kernel();
}
