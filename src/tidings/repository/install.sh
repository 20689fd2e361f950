#!/bin/sh
# Installs Tidings where a change is checked: the wheel that lies in this folder, such as
# ci/tidings-1.0-py3-none-any.whl, else what the variable PACKAGE_OF_TIDINGS names. That is anything
# that pip can install: the address of a wheel, or git+ and the address of a repository of Tidings.
set -eu
set -- "$(dirname "$0")"/tidings-*.whl
if [ $# -gt 1 ]; then
    echo "there are several wheels in ci/: leave the one that is to be used" >&2
    exit 1
fi
[ -e "$1" ] || set -- "${PACKAGE_OF_TIDINGS:-}"
if [ -z "$1" ]; then
    echo "nothing says where Tidings comes from: put its wheel into ci/, or set the variable" >&2
    echo "PACKAGE_OF_TIDINGS in the settings of this repository to what pip is to install" >&2
    exit 1
fi
python -m pip install --quiet --disable-pip-version-check "$1"
