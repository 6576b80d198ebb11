// Which `quince` to start: the one of the settings, of the checkout that one of the places lies in (a
// folder or a file that is open), or of the PATH.

const fs = require("fs");
const path = require("path");

function quince(configured, places) {
  if (configured) return configured;
  for (const place of places) {
    for (let folder = place, above; folder !== above; above = folder, folder = path.dirname(folder)) {
      const own = path.join(folder, ".venv", "bin", "quince");
      if (fs.existsSync(own)) return own;
    }
  }
  return "quince";
}

module.exports = { quince };
