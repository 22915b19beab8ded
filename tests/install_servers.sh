#!/usr/bin/env bash
# Installs what the tests start themselves: PostgreSQL's server programs, PgBouncer and Chromium.
# Never fails a run for want of them: the tests that need one then skip and say why (in CI they fail).
set -euo pipefail

wanted=()
compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || wanted+=(postgresql-15)
command -v pgbouncer >/dev/null || [ -x /usr/sbin/pgbouncer ] || wanted+=(pgbouncer)
command -v chromium >/dev/null || command -v chromium-browser >/dev/null \
    || command -v google-chrome >/dev/null || wanted+=(chromium)

if [ ${#wanted[@]} -eq 0 ]; then
    exit 0
fi
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    echo "Some tests will be skipped; to run them too, install: ${wanted[*]} (on Debian: sudo apt-get install ${wanted[*]})."
    exit 0
fi

# Debian would otherwise make and start a cluster of its own on port 5432, and a pooler on 6432; the tests want only
# the programs.
mkdir -p /etc/postgresql-common/createcluster.d
echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.d/triage-tests.conf
case " ${wanted[*]} " in *' pgbouncer '*) mkdir -p /etc/systemd/system && ln -sf /dev/null /etc/systemd/system/pgbouncer.service ;; esac

export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
echo "Installing ${wanted[*]} ..."
if apt-get update >"$log" 2>&1 \
    && apt-get install --yes --no-install-recommends "${wanted[@]}" >>"$log" 2>&1; then
    rm -f "$log"
else
    tail -n 20 "$log"
    echo "Could not install ${wanted[*]}; the whole output is in $log."
fi
