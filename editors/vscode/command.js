// Which `quince` to start: the one of the settings, of the folder that is open, or of the PATH.

const fs = require("fs");
const path = require("path");

function quince(configured, folders) {
  if (configured) return configured;
  for (const folder of folders) {
    const own = path.join(folder, ".venv", "bin", "quince");
    if (fs.existsSync(own)) return own;
  }
  return "quince";
}

module.exports = { quince };
