#!/bin/sh
# Makes .venv with the pinned requirements. Only Python 3.11 or newer is assumed.
set -eu
python="$1"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
  echo "Railbelt needs Python 3.11 or newer; '$python' is $("$python" --version 2>&1). Try: make PYTHON=python3.12 book" >&2
  exit 1
}
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Python's venv module is missing: installing python3-venv"
    apt-get update -qq && apt-get install -y -qq python3-venv >/dev/null
  elif "$python" -m pip --version >/dev/null 2>&1; then
    without_pip=--without-pip
  else
    echo "Python's venv module is missing. Install it (Debian: apt install python3-venv) and run make again." >&2
    exit 1
  fi
fi
echo "Setting up .venv (once; a few minutes)"
[ -x .venv/bin/python ] || "$python" -m venv ${without_pip:-} .venv
[ -z "${without_pip:-}" ] || "$python" -m pip --quiet --python .venv/bin/python install pip
.venv/bin/python -m pip install --quiet --disable-pip-version-check --progress-bar on -r requirements.txt
touch .venv/.ready
