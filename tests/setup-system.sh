#!/bin/sh
# Programs of the system that some tests want, each with its Debian package. `make test` runs this first: it installs
# what is missing where it may (Debian, root), and otherwise says what will be skipped and why. It never fails by itself:
# tests/conftest.py decides whether a missing program is a skip or, with CI=true, a failure.
set -u

# program-or-folder:package
WANTED="go:golang-go /usr/share/gocode/src/golang.org/x/mod:golang-golang-x-mod-dev strace:strace \
/usr/share/fonts/opentype/noto:fonts-noto-cjk pdfsig:poppler-utils zbarimg:zbar-tools /usr/lib/postgresql:postgresql \
faketime:faketime nginx:nginx-light ip:iproute2 openssl:openssl ${ALSO:-}"

missing="" packages=""
for pair in $WANTED; do
    wanted=${pair%%:*}
    if ! command -v "$wanted" >/dev/null 2>&1 && ! [ -d "$wanted" ]; then
        missing="$missing $wanted"
        packages="$packages ${pair#*:}"
    fi
done

# The browser that draws no windows takes a quarter less; where it is not to be had, the whole one does.
BROWSER=chromium-headless-shell
can_install() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; }
if ! command -v $BROWSER >/dev/null 2>&1; then
    if ! command -v chromium >/dev/null 2>&1; then
        missing="$missing $BROWSER"
        packages="$packages $BROWSER"
    elif can_install; then
        timeout 120 apt-get install -y --no-install-recommends $BROWSER </dev/null >/dev/null 2>&1
    fi
fi
[ -z "$missing" ] && exit 0

# RUNLEVEL=1: what is installed is not started; the tests start their own on loopback.

# The tests make a server of their own. Debian's package would make another on port 5432, start it, and start it again at
# every boot of a machine on which somebody only wanted to run tests.
NO_CLUSTER=/etc/postgresql-common/createcluster.d/no-main-cluster-for-tests.conf
trap 'rm -f "$NO_CLUSTER"' EXIT

install() {
    mkdir -p "${NO_CLUSTER%/*}" && echo "create_main_cluster = false" > "$NO_CLUSTER"
    RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@" </dev/null >/dev/null 2>&1
}

if can_install; then
    echo "tests want$missing: installing$packages"
    install $packages || { apt-get update </dev/null >/dev/null 2>&1 && install $packages; } && exit 0
    install $(echo "$packages" | sed "s/$BROWSER/chromium/") && exit 0
    echo "apt-get could not install$packages; the tests that need$missing cannot run."
else
    echo "The tests that need$missing will be skipped. To run them: sudo apt-get install -y$packages"
fi
exit 0
