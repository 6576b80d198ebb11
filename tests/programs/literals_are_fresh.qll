// Result: 2242
// A literal is written anew on each evaluation, and has one storage area for each occurrence.
global kept: byte[] = null;
function bump(): byte { var s: byte[] = [1, 2]; s[0] = s[0] + 1; return s[0]; }
function main(): byte {
  bump();
  var last = 0;
  for (var i = 0; i < 3; i = i + 1) {
    var s: byte[] = [i, i + 2];
    if (i == 0) { kept = s; }
    last = kept[1];
  }
  return bump() * 1000 + kept[0] * 100 + last * 10 + len kept;
}
