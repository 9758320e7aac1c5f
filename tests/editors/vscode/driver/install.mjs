// install.mjs VERSION HOME FOLDER PACKAGE...: installs extensions into a folder.
import { installExtensions } from "./code.mjs";

const [version, home, folder, ...packages] = process.argv.slice(2);
installExtensions(version, home, folder, packages);
