// mandel: the Mandelbrot set in 4.12 fixed point, 32 by 16 points, at most 32 rounds each.
//
// Expect: 0x000015ca

.export function kernel(): byte {
  var sum = 0;
  for (var row: int = 0; row < 16; row = row + 1) {
    for (var column: int = 0; column < 32; column = column + 1) {
      var cx: int = -8192 + column * 384;
      var cy: int = -4915 + row * 614;
      var x: int = 0;
      var y: int = 0;
      var left = 32;
      while (left) {
        var xx = x * x >> 12;
        var yy = y * y >> 12;
        var xy = x * y >> 11;
        if (xx + yy > 16384) { break; }
        y = xy + cy;
        x = xx - yy + cx;
        left = left - 1;
      }
      sum = sum + 32 - left;
    }
  }
  return sum;
}

function main(): byte {
  kernel();
  return kernel();
}
