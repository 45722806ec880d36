#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# script/demo asynq: the leak table of bindings/go/asynqseal, measured now. The test TestLeakTable does the work.
# shellcheck disable=SC2154,SC2317 # stage.sh has the colours, and calls clean_up
set -euo pipefail
cd "$(dirname "$0")/../.."

# shellcheck source=/dev/null
source examples/demo/stage.sh

title 'Setting up'
[[ ${DEMO_READY-} ]] || script/bootstrap # tests/go/run has done that
# shellcheck disable=SC2034 # bootstrap-go's
deps=$PWD/.deps keyring='' strict_apt=()
# shellcheck source=script/bootstrap-go
. script/bootstrap-go
folder=$(go_folder) || die "there is no Go >= $go_minimum"
export PATH="$folder:$PATH" GOTOOLCHAIN=local GOFLAGS=-buildvcs=false

# The servers are in the group of the process that starts them, and end with it.
dir=$(mktemp -d)
group=''
clean_up() { # stage.sh has it called
    set +e
    [[ ! $group ]] || { kill -KILL -- "-$group" && wait "$group"; } 2>/dev/null
    rm -rf "$dir"
}
trap 'exit 130' INT TERM
cd bindings/go/asynqseal
go test -c -o "$dir/leaks" .
say "$(go version | cut -d ' ' -f 3), Asynq $(go list -m -f '{{.Version}}' github.com/hibiken/asynq), each run on a Valkey or Redis of its own with"
say 'the ACL users of doc/asynq.md; by hand without TLS, so that the wire can be read too. Tasks succeed, fail, panic, last, are scheduled and grouped.'

title 'The same tasks, with payloads that are sealed by hand and with asynqseal'
: >"$dir/said"
set -m
TMPDIR=$dir TASKSEAL_TABLE="$red|$green|$plain" "$dir/leaks" -test.run '^TestLeakTable$' -test.parallel 3 >"$dir/said" &
group=$!
set +m
tail -n +1 -f --pid=$group "$dir/said" | sed -u '/^PASS$/d' &
status=0
wait "$group" || status=$?
wait
group=''
((status == 0)) || die 'the table is not as it should be'
