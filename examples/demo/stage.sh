#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What script/demo stands on: words, processes, servers, captures. Sourced from the project's root.

# ---- Words -----------------------------------------------------------------------------------------

bold='' green='' red='' plain=''
if [[ -t 1 ]]; then
    bold=$'\e[1m' green=$'\e[32m' red=$'\e[31m' plain=$'\e[0m'
fi
failures=0
title() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }
say() { printf '  %s\n' "$*"; }
verdict() { # status text
    if (($1 == 0)); then
        printf '  %sok%s  %s\n' "$green" "$plain" "$2"
    else
        printf '  %sFAILED%s  %s\n' "$red" "$plain" "$2"
        failures=$((failures + 1))
    fi
}
expect() { # text got wanted
    local status=0
    [[ $2 == "$3" ]] || status=1
    verdict $status "$1: $2$( ((status == 0)) || printf ', wanted %s' "$3")"
}
end_story() { ((failures == 0)) || die "$failures checks failed"; }
die() { printf 'demo: %s\n' "$*" >&2; exit 1; }

# ---- Processes: each is ended by its own id ----------------------------------------------------------

pids=()
dir=''
clean_up() {
    local pid
    set +e
    for pid in "${pids[@]}"; do
        kill "$pid" 2>/dev/null
        wait "$pid" 2>/dev/null
    done
    [[ ! $dir ]] || rm -rf "$dir"
}
trap clean_up EXIT

# What goes on in the background is started without a function, whose shell would be what $! names.
python=(/usr/bin/python3 -B)
lab() { "${python[@]}" examples/demo/lab.py "$@"; }
evidence() { "${python[@]}" examples/demo/evidence.py "$@"; }

capturer='' # tcpdump, if it may
server='' # the program to start: script/demo finds it
port=''   # set by start_server and start_capture
start_server() { # name kind
    port=$(lab config "$dir" "$1" "$2")
    "$server" "$dir/$1.conf" &
    pids+=($!)
    lab wait "$port" || { tail -n 5 "$dir/$1.log" >&2; die "$server did not start"; }
}

# Waits until the file has a line that matches, as long as the process lives. False: it does not.
wait_for_line() { # file pattern pid
    until grep -q "$2" "$1"; do
        kill -0 "$3" 2>/dev/null || return 1
        sleep 0.05
    done
}

start_monitor() { # name role port
    : >"$dir/$1.monitored"
    "${python[@]}" examples/demo/evidence.py monitor "$dir" "$2" "$3" "$dir/$1.monitor" >"$dir/$1.monitored" &
    pids+=($!)
    wait_for_line "$dir/$1.monitored" . $! || die "MONITOR did not start"
}

# Captures what goes to and from a port of loopback, but for the monitor's own connection. Where that is not
# permitted, through a relay that clients are to use in place of the port: the same bytes, seen from elsewhere.
start_capture() { # name port; sets $port to the one to use
    : >"$dir/$1.tcpdump"
    tcpdump -i lo -B 65536 -U -w - "tcp port $2 and not tcp port $(<"$dir/$1.monitored")" \
        >"$dir/$1.pcap" 2>"$dir/$1.tcpdump" &
    capturer=$!
    pids+=("$capturer")
    if wait_for_line "$dir/$1.tcpdump" 'listening on' "$capturer"; then
        port=$2
        return
    fi
    capturer=''
    say "packet capture is not permitted here: $(head -n 1 "$dir/$1.tcpdump")"
    say "a relay in front of the server records the same bytes instead"
    : >"$dir/$1.relay"
    "${python[@]}" examples/demo/evidence.py relay "$2" "$dir/$1.streams" >"$dir/$1.relay" &
    pids+=($!)
    wait_for_line "$dir/$1.relay" . $! || die "the relay did not start"
    port=$(<"$dir/$1.relay")
}

# tcpdump hands on what it has once a second: once that is no more, it has everything.
finish_capture() { # name
    local size=-1
    if [[ ! $capturer ]]; then
        sleep 0.5 # the relay writes a connection's bytes when it ends
        return
    fi
    until [[ $size == "$(stat -c %s "$dir/$1.pcap")" ]]; do
        size=$(stat -c %s "$dir/$1.pcap")
        sleep 1.2
    done
    kill -INT "$capturer"
    wait "$capturer"
    grep -q '^0 packets dropped by kernel' "$dir/$1.tcpdump" ||
        die "the capture is not complete: $(grep dropped "$dir/$1.tcpdump" | paste -sd ,)"
    evidence streams "$dir/$1.pcap" "$dir/$1.streams"
}

# Runs a program as one of the roles: the URI holds a password, so it goes through the environment.
as() { # role program argument...
    local role=$1
    shift
    TASKSEAL_URI=$(<"$dir/uri.$role") TASKSEAL_KEYRING=${keyring:-$dir/keyring} "$@"
}
