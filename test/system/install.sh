#!/bin/bash
# Installs what the system tests talk to, from Debian's packages and npm. Run as root; safe to run again.
set -euo pipefail
here=$(cd "$(dirname "$0")/../.." && pwd)
export DEBIAN_FRONTEND=noninteractive

missing=()
want() { command -v "$1" >/dev/null 2>&1 || [ -e "$1" ] || missing+=("$2"); }
want ffmpeg ffmpeg
want ffprobe ffmpeg
want rclone rclone
want curl curl
want fusermount3 fuse3
want chromium chromium
want openssl openssl
want 7zz 7zip
want unar unar
want bsdtar libarchive-tools
want unzip unzip
want par2 par2
want zip zip
want xorriso xorriso
want genisoimage genisoimage
want /usr/lib/news/bin/innd inn2
want fio fio
want mpv mpv
want rsync rsync
want getfattr attr
want python3 python3

if [ ${#missing[@]} -gt 0 ]; then
  apt-get -qq update || true
  if [[ " ${missing[*]} " == *" inn2 "* ]]; then
    # The package's set-up script refuses a host without a domain name, so it must find a configuration first; and its
    # own service must not start: the tests run their own private one.
    mkdir -p /etc/news
    if [ ! -f /etc/news/inn.conf ]; then
      printf '%s\n' 'domain: example.test' 'fromhost: news.example.test' 'pathhost: news.example.test' 'mta: "/bin/true"' \
        'hismethod: hisv6' 'ovmethod: tradindexed' 'pathnews: /usr/lib/news' 'pathdb: /var/lib/news' 'pathetc: /etc/news' \
        'pathspool: /var/spool/news' 'pathlog: /var/log/news' 'pathrun: /run/news' > /etc/news/inn.conf
    fi
    policy=/usr/sbin/policy-rc.d
    made_policy=0
    if [ ! -e $policy ]; then
      printf '#!/bin/sh\nexit 101\n' > $policy
      chmod +x $policy
      made_policy=1
    fi
    # A tiny mail agent, or the package brings a whole mail server along.
    apt-get install -y -qq --no-install-recommends -o Dpkg::Options::=--force-confold msmtp-mta >/dev/null
    apt-get install -y -qq --no-install-recommends -o Dpkg::Options::=--force-confold inn2 openssl >/dev/null || dpkg --configure -a --force-confold
    if [ $made_policy = 1 ]; then rm -f $policy; fi
  fi
  apt-get install -y -qq --no-install-recommends -o Dpkg::Options::=--force-confold "${missing[@]}" >/dev/null
fi

# nyuu posts, yencode is the second oracle of the decoder. Both compile, so they stay out of the project's own tree.
tools="$here/.cache/tools"
mkdir -p "$tools"
[ -f "$tools/package.json" ] || echo '{ "private": true }' > "$tools/package.json"
if [ ! -d "$tools/node_modules/nyuu" ] || [ ! -d "$tools/node_modules/yencode" ]; then
  npm install --prefix "$tools" --silent --no-fund --no-audit nyuu@0.4.0 yencode@1.2.4
fi
if [ ! -d "$tools/node_modules/playwright-core" ]; then
  npm install --prefix "$tools" --silent --no-fund --no-audit --ignore-scripts playwright-core@1.65.1
fi

# Archives that nobody here made: the test files of libarchive, from Debian's source package. They stay out of the checkout.
fixtures=${NEWSREEL_FIXTURES:-$HOME/.cache/newsreel-fixtures}
if [ ! -d "$fixtures/libarchive" ]; then
  apt="$fixtures/apt"
  mkdir -p "$apt/lists/partial"
  codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
  keys=/usr/share/keyrings/debian-archive-keyring.gpg
  echo "deb-src [signed-by=$keys] http://deb.debian.org/debian $codename main" > "$apt/sources.list"
  source_options=(-qq -o "Dir::Etc::SourceList=$apt/sources.list" -o Dir::Etc::SourceParts=- -o "Dir::State::Lists=$apt/lists" -o APT::Sandbox::User=root)
  apt-get "${source_options[@]}" update
  (cd "$apt" && apt-get "${source_options[@]}" source --download-only libarchive >/dev/null)
  mkdir -p "$fixtures/unpacked"
  tar -xf "$(find "$apt" -name '*.orig.tar.*' ! -name '*.asc')" --strip-components=3 -C "$fixtures/unpacked" --wildcards '*/libarchive/test/*.uu'
  mv "$fixtures/unpacked" "$fixtures/libarchive"
  rm -r "$apt"
fi
