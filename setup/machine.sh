#!/usr/bin/env bash
# Brings a Debian 12 machine to where the lab can run. Says nothing and does nothing where all is there.
set -euo pipefail

packages=(
  podman runc netavark aardvark-dns conmon catatonit # hosts are containers run by podman with runc
  mmdebstrap                                         # the root file system of the host image
  iptables nftables iproute2                         # the lab's networks
  openssh-client netcat-openbsd                      # the way to its hosts
  git python3-venv ca-certificates
  chromium    # only tests need it: they look at the reports as a reader would
  libfaketime # only tests need it: they give services of a host another clock
  prometheus  # only tests need it: its promtool reads the alerts and figures of the board
  postgresql  # only tests need it: they start a server of their own, with a shared ledger
  stress-ng   # only make prove needs it: it keeps a core busy beside what is measured
)

missing=()
for package in "${packages[@]}"; do
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
  if [ "$(id -u)" != 0 ]; then
    echo "setup: these packages are missing: ${missing[*]}; run as root: apt-get install ${missing[*]}" >&2
    exit 2
  fi
  export DEBIAN_FRONTEND=noninteractive
  # The server's package would make a database of its own and start it; tests make theirs.
  if [[ " ${missing[*]} " == *" postgresql "* ]]; then
    install -d /etc/postgresql-common/createcluster.d
    echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.d/stagegate.conf
  fi
  # Prometheus' package would start a server; tests need its promtool alone. A unit that exists stays as it is.
  unit=/etc/systemd/system/prometheus.service
  if [[ " ${missing[*]} " == *" prometheus "* && ! -e "$unit" ]]; then
    install -d /etc/systemd/system
    ln -s /dev/null "$unit"
  fi
  apt-get update -qq
  apt-get install -qq -y --no-install-recommends "${missing[@]}" >/dev/null
fi

# A host with systemd takes six or seven inotify instances; the default of 128 serves some eighteen hosts.
wanted=8192
limit=/proc/sys/fs/inotify/max_user_instances
if [ -w "$limit" ] && [ "$(cat "$limit")" -lt "$wanted" ]; then
  echo "$wanted" >"$limit"
fi
